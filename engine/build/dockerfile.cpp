#include "engine/build/dockerfile.h"

#include <algorithm>
#include <map>

#include "engine/build/flags.h"
#include "engine/error.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

constexpr const char* kBlanks = " \t\r\f\v";

std::string trim(const std::string& text) {
  const size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string::npos) return "";
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

// One instruction being parsed: `rest` is what follows the keyword and the flags.
struct Source {
  std::string keyword;  // upper case
  std::string rest;
  const Place& place;
  char escape;
  std::vector<Heredoc> heredocs;
  std::vector<std::string>& warnings;

  Flags flags(const FlagNames& names = {}) { return {rest, keyword, names, place, escape}; }
  void need_argument(const std::string& what) const {
    if (rest.empty()) fail_at(place, keyword + " needs " + what);
  }
};

Command parse_command(Source& in) {
  Command command;
  if (in.rest.starts_with('[')) {
    if (parse_json_words(in.rest, in.place, command.words)) return command;
    in.warnings.push_back(
        in.place.to_string() + ": " + in.keyword +
        " looks like exec form but is not JSON (use double quotes); it is run by the shell");
  }
  command.shell_form = true;
  command.words = {in.rest};
  return command;
}

// `Pairs` is Env or Label.
template <typename Pairs>
Pairs parse_pairs(Source& in) {
  in.flags();
  in.need_argument("KEY=value");
  const std::vector<std::string> words = raw_words(in.rest, in.escape);
  Pairs out;
  if (words[0].find('=') == std::string::npos) {
    if (words.size() < 2)
      fail_at(in.place, in.keyword + " " + words[0] + " has no value; write " + words[0] + "=value");
    out.pairs.emplace_back(words[0], trim(in.rest.substr(words[0].size())));
    out.legacy = true;
    return out;
  }
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      fail_at(in.place, in.keyword + ": '" + word + "' is not KEY=value; a value with blanks needs quotes");
    }
    if (equals == 0) fail_at(in.place, in.keyword + ": '" + word + "' has an empty name");
    out.pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return out;
}

bool is_stage_name(const std::string& name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

From parse_from(Source& in) {
  const Flags flags = in.flags({.values = {"platform"}});
  const std::vector<std::string> words = blank_separated(in.rest);
  From from;
  from.platform = flags.get("platform");
  if (words.size() == 3 && lower_case(words[1]) == "as") {
    from.as = words[1];
    from.written_stage = words[2];
    from.stage = lower_case(words[2]);
    if (!is_stage_name(from.stage)) {
      fail_at(in.place,
              "'" + words[2] + "' is no valid stage name: a letter, then letters, digits, '-', '_', '.'");
    }
    if (from.stage == "scratch") fail_at(in.place, "'scratch' is reserved and cannot name a stage");
  } else if (words.size() != 1) {
    fail_at(in.place, "FROM takes an image and optionally AS and a stage name: FROM image [AS name]");
  }
  from.image = words[0];
  return from;
}

Run parse_run(Source& in) {
  Run run;
  run.flags = take_run_flags(in.rest, in.place, in.escape);
  in.need_argument("a command");
  run.command = parse_command(in);
  if (run.command.words.empty()) fail_at(in.place, "RUN has an empty command");
  run.heredocs = std::move(in.heredocs);
  return run;
}

Copy copy_or_add(Source& in) {
  return parse_copy(in.keyword, in.rest, std::move(in.heredocs), in.place, in.escape);
}

Arg parse_arg(Source& in) {
  in.flags();
  in.need_argument("a name");
  Arg arg;
  for (const std::string& word : raw_words(in.rest, in.escape)) {
    const size_t equals = word.find('=');
    if (equals == 0) fail_at(in.place, "ARG: '" + word + "' has an empty name");
    if (equals == std::string::npos) {
      arg.names.emplace_back(word, std::nullopt);
    } else {
      arg.names.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return arg;
}

std::string parse_single(Source& in, const std::string& what) {
  in.flags();
  in.need_argument(what);
  return in.rest;
}

std::vector<std::string> parse_list(Source& in, const std::string& what, bool json) {
  in.flags();
  in.need_argument(what);
  std::vector<std::string> words;
  if (json && in.rest.starts_with('[') && parse_json_words(in.rest, in.place, words)) {
    if (words.empty()) fail_at(in.place, in.keyword + " needs " + what);
    return words;
  }
  return blank_separated(in.rest);
}

Shell parse_shell(Source& in) {
  in.flags();
  Shell shell;
  if (!in.rest.starts_with('[') || !parse_json_words(in.rest, in.place, shell.words) || shell.words.empty()) {
    fail_at(in.place, R"(SHELL needs a JSON array, such as SHELL ["/bin/bash", "-c"])");
  }
  return shell;
}

Health parse_health(Source& in) {
  const Flags flags =
      in.flags({.values = {"interval", "timeout", "start-period", "start-interval", "retries"}});
  Health health;
  health.interval_ms = flags.duration_ms("interval");
  health.timeout_ms = flags.duration_ms("timeout");
  health.start_period_ms = flags.duration_ms("start-period");
  health.start_interval_ms = flags.duration_ms("start-interval");
  health.retries = flags.count("retries");
  const size_t end = std::min(in.rest.find_first_of(kBlanks), in.rest.size());
  const std::string kind = lower_case(in.rest.substr(0, end));
  in.rest = trim(in.rest.substr(end));
  if (kind == "none") {
    if (!in.rest.empty()) fail_at(in.place, "HEALTHCHECK NONE takes no arguments");
    health.none = true;
  } else if (kind == "cmd") {
    in.need_argument("a command after CMD");
    health.test = parse_command(in);
    if (health.test.words.empty()) fail_at(in.place, "HEALTHCHECK CMD has an empty command");
  } else {
    fail_at(in.place, "HEALTHCHECK is followed by CMD or NONE, not '" + kind + "'");
  }
  return health;
}

OnBuild parse_onbuild(Source& in) {
  in.flags();
  in.need_argument("an instruction");
  OnBuild on_build{in.rest};
  for (const Heredoc& doc : in.heredocs) on_build.trigger += "\n" + doc.content + doc.name;
  // Refused now rather than in the build that is based on this image.
  const Instruction trigger = parse_trigger(on_build.trigger, in.place, in.escape, in.warnings);
  if (std::holds_alternative<From>(trigger.node) || std::holds_alternative<Maintainer>(trigger.node) ||
      std::holds_alternative<OnBuild>(trigger.node)) {
    fail_at(in.place, "ONBUILD cannot hold FROM, MAINTAINER or another ONBUILD");
  }
  return on_build;
}

using Node = decltype(Instruction::node);

const std::map<std::string, Node (*)(Source&)>& keywords() {
  static const std::map<std::string, Node (*)(Source&)> kKeywords = {
      {"ADD", [](Source& in) -> Node { return copy_or_add(in); }},
      {"ARG", [](Source& in) -> Node { return parse_arg(in); }},
      {"CMD", [](Source& in) -> Node { return in.flags(), Cmd{parse_command(in)}; }},
      {"COPY", [](Source& in) -> Node { return copy_or_add(in); }},
      {"ENTRYPOINT", [](Source& in) -> Node { return in.flags(), Entrypoint{parse_command(in)}; }},
      {"ENV", [](Source& in) -> Node { return parse_pairs<Env>(in); }},
      {"EXPOSE", [](Source& in) -> Node { return Expose{parse_list(in, "a port", false)}; }},
      {"FROM", [](Source& in) -> Node { return parse_from(in); }},
      {"HEALTHCHECK", [](Source& in) -> Node { return parse_health(in); }},
      {"LABEL", [](Source& in) -> Node { return parse_pairs<Label>(in); }},
      {"MAINTAINER", [](Source& in) -> Node { return Maintainer{parse_single(in, "a name")}; }},
      {"ONBUILD", [](Source& in) -> Node { return parse_onbuild(in); }},
      {"RUN", [](Source& in) -> Node { return parse_run(in); }},
      {"SHELL", [](Source& in) -> Node { return parse_shell(in); }},
      {"STOPSIGNAL", [](Source& in) -> Node { return StopSignal{parse_single(in, "a signal")}; }},
      {"USER", [](Source& in) -> Node { return User{parse_single(in, "a user")}; }},
      {"VOLUME", [](Source& in) -> Node { return Volume{parse_list(in, "a path", true)}; }},
      {"WORKDIR", [](Source& in) -> Node { return Workdir{parse_single(in, "a path")}; }},
  };
  return kKeywords;
}

Instruction parse_line(const Line& line, char escape, std::vector<std::string>& warnings) {
  Instruction out;
  out.place = line.place;
  const size_t end = std::min(line.text.find_first_of(kBlanks), line.text.size());
  out.keyword = line.text.substr(0, end);
  const std::string keyword = upper_case(out.keyword);
  const auto it = keywords().find(keyword);
  if (it == keywords().end()) {
    std::vector<std::string> names;
    for (const auto& entry : keywords()) names.push_back(entry.first);
    fail_at(line.place, "unknown instruction '" + out.keyword + "'" + did_you_mean(keyword, names));
  }
  Source in{keyword, trim(line.text.substr(end)), line.place, escape, line.heredocs, warnings};
  out.text = trim(keyword + " " + in.rest);
  for (const Heredoc& doc : line.heredocs) out.text += "\n" + doc.content + doc.name;
  out.node = it->second(in);
  return out;
}

}  // namespace

namespace {

// `lenient`: a FROM may have been among the mistakes before.
void add_instruction(Dockerfile& out, Instruction instruction, bool lenient) {
  if (std::holds_alternative<From>(instruction.node)) {
    out.stages.push_back({std::move(instruction), {}});
  } else if (!out.stages.empty()) {
    out.stages.back().instructions.push_back(std::move(instruction));
  } else if (std::holds_alternative<Arg>(instruction.node)) {
    out.global_args.push_back(std::move(instruction));
  } else if (!lenient) {
    fail_at(instruction.place, "only ARG may stand before the first FROM");
  }
}

// Mistakes of a file, told together.
class Mistakes {
 public:
  void add(const std::string& message) {
    if (++count_ > kShown) return;
    text_ += (text_.empty() ? "" : "\n") + message;
  }
  bool any() const { return count_ > 0; }
  void raise() const {
    if (!any()) return;
    const std::string rest = "\nand " + std::to_string(count_ - kShown) + " more";
    throw Error(Error::Kind::kInvalid, text_ + (count_ > kShown ? rest : ""));
  }

 private:
  static constexpr int kShown = 10;
  int count_ = 0;
  std::string text_;
};

}  // namespace

Dockerfile parse_dockerfile(const std::string& text, const std::string& file) {
  Lines lines = split_lines(text, file);
  Dockerfile out;
  out.escape = lines.escape;
  out.check = std::move(lines.check);
  out.empty_continuations = std::move(lines.empty_continuations);
  Mistakes mistakes;
  for (const Line& line : lines.lines) {
    try {
      add_instruction(out, parse_line(line, out.escape, out.warnings), mistakes.any());
    } catch (const Error& error) {
      mistakes.add(error.what());
    }
  }
  mistakes.raise();
  if (out.stages.empty()) {
    fail_at({file, 1}, "the file has no FROM instruction; it begins with one, such as FROM debian:bookworm");
  }
  return out;
}

Instruction parse_trigger(const std::string& text, const Place& place, char escape,
                          std::vector<std::string>& warnings) {
  const std::vector<Line> lines = split_trigger(text, place, escape);
  if (lines.size() != 1) fail_at(place, "ONBUILD holds exactly one instruction");
  return parse_line(lines[0], escape, warnings);
}

}  // namespace engine::build
