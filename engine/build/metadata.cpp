#include "engine/build/metadata.h"

#include <charconv>

#include "engine/letter_case.h"
#include "sys/signal_name.h"

namespace engine::build {
namespace {

constexpr int kMaxPort = 65535;

bool parse_port(const std::string& text, int& port) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end && port >= 1 && port <= kMaxPort;
}

struct Apply {
  StageState& state;
  const MetadataContext& in;

  std::string word(const std::string& text) const { return in.expand.word(text, in.place); }

  std::string operator()(const Env& env) {
    // All values see the environment before the instruction.
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [key, value] : env.pairs) pairs.emplace_back(word(key), word(value));
    std::string text = "ENV";
    for (const auto& [key, value] : pairs) {
      if (key.empty()) fail_at(in.place, "ENV: a name is empty after expansion");
      env_set(state.config.env, key, value);
      text += " " + key + "=" + value;
    }
    return text;
  }
  std::string operator()(const Label& label) {
    std::string text = "LABEL";
    for (const auto& [key, value] : label.pairs) {
      const std::string name = word(key);
      if (name.empty()) fail_at(in.place, "LABEL: a name is empty after expansion");
      state.config.labels[name] = word(value);
      text += " " + name + "=" + state.config.labels[name];
    }
    return text;
  }
  std::string operator()(const Arg& arg) {
    std::string text = "ARG";
    for (const auto& [raw_name, raw_default] : arg.names) {
      const std::string name = word(raw_name);
      std::optional<std::string> value = in.build_args.get(name);
      if (!value && raw_default) value = word(*raw_default);
      if (!value) {
        const auto global = in.global_args.find(name);
        const auto platform = platform_args().find(name);
        if (global != in.global_args.end()) {
          value = global->second;
        } else if (platform != platform_args().end()) {
          value = platform->second;
        }
      }
      text += " " + name;
      if (!value) continue;
      state.args[name] = *value;
      text += "=" + *value;
    }
    return text;
  }
  std::string operator()(const User& user) {
    state.config.user = word(user.name);
    if (state.config.user.empty()) fail_at(in.place, "USER is empty after expansion");
    return "USER " + state.config.user;
  }
  std::string operator()(const StopSignal& stop) {
    const std::string signal = word(stop.signal);
    if (!sys::signal_number(signal)) fail_at(in.place, "STOPSIGNAL: there is no signal '" + signal + "'");
    state.config.stop_signal = signal;
    return "STOPSIGNAL " + signal;
  }
  std::string operator()(const Maintainer& maintainer) {
    state.config.author = maintainer.name;
    return "MAINTAINER " + maintainer.name;
  }
  std::string operator()(const Expose& expose) {
    std::string text = "EXPOSE";
    for (const std::string& raw : expose.ports) {
      for (const std::string& port : in.expand.words(raw, in.place)) {
        add_port(port);
        text += " " + port;
      }
    }
    if (text == "EXPOSE") fail_at(in.place, "EXPOSE is empty after expansion");
    return text;
  }
  void add_port(const std::string& text) {
    const size_t slash = text.find('/');
    const std::string protocol = slash == std::string::npos ? "tcp" : lower_case(text.substr(slash + 1));
    std::string range = text.substr(0, slash);
    if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
      fail_at(in.place, "EXPOSE " + text + ": the protocol is tcp, udp or sctp");
    }
    const size_t colon = range.rfind(':');
    if (colon != std::string::npos) range.erase(0, colon + 1);  // a host port is none of an image's business
    const size_t dash = range.find('-');
    int first = 0, last = 0;
    const bool valid = parse_port(range.substr(0, dash), first) &&
                       parse_port(dash == std::string::npos ? range : range.substr(dash + 1), last);
    if (!valid || last < first) {
      fail_at(in.place, "EXPOSE " + text + ": not a port (1-65535) or range of ports");
    }
    for (int port = first; port <= last; ++port) {
      state.config.exposed_ports.insert(std::to_string(port) + "/" + protocol);
    }
  }
  std::string operator()(const Volume& volume) {
    std::vector<std::string> paths;
    for (const std::string& raw : volume.paths) {
      const std::string path = word(raw);
      if (path.empty()) fail_at(in.place, "VOLUME: a path is empty after expansion");
      if (path[0] != '/') {
        fail_at(in.place, "VOLUME: '" + path + "' is not an absolute path; write '/" + path + "'");
      }
      paths.push_back(path);
      state.config.volumes.insert(path);
    }
    return "VOLUME " + json_words(paths);
  }
  std::string operator()(const Cmd& cmd) {
    state.config.cmd = state.argv(cmd.command.words, cmd.command.shell_form);
    state.cmd_set = true;
    return "CMD " + json_words(state.config.cmd);
  }
  std::string operator()(const Entrypoint& entrypoint) {
    state.config.entrypoint = state.argv(entrypoint.command.words, entrypoint.command.shell_form);
    // The base image's CMD was meant as arguments for its own entry point.
    if (!state.cmd_set) state.config.cmd.clear();
    return "ENTRYPOINT " + json_words(state.config.entrypoint);
  }
  std::string operator()(const Shell& shell) {
    state.config.shell = shell.words;
    return "SHELL " + json_words(shell.words);
  }
  std::string operator()(const Health& health) {
    ImageHealth out;
    if (health.none) {
      out.test = {"NONE"};
    } else if (health.test.shell_form) {
      out.test = {"CMD-SHELL", health.test.words[0]};
    } else {
      out.test = {"CMD"};
      out.test.insert(out.test.end(), health.test.words.begin(), health.test.words.end());
    }
    out.interval_ms = health.interval_ms;
    out.timeout_ms = health.timeout_ms;
    out.start_period_ms = health.start_period_ms;
    out.start_interval_ms = health.start_interval_ms;
    out.retries = health.retries;
    state.config.healthcheck = out;
    return "HEALTHCHECK " + json_words(out.test);
  }
  std::string operator()(const OnBuild& on_build) {
    state.config.on_build.push_back(on_build.trigger);
    return "ONBUILD " + on_build.trigger;
  }
  std::string operator()(const From&) { return ""; }
  std::string operator()(const Run&) { return ""; }
  std::string operator()(const Copy&) { return ""; }
  std::string operator()(const Workdir&) { return ""; }
};

}  // namespace

std::string apply_metadata(const Instruction& instruction, StageState& state,
                           const MetadataContext& context) {
  return std::visit(Apply{state, context}, instruction.node);
}

}  // namespace engine::build
