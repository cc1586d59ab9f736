// The build checks that need to know the variables. Stages are walked as the solver does it, without doing
// anything.
#include <algorithm>
#include <map>

#include "engine/build/check_findings.h"
#include "engine/build/expand.h"
#include "engine/build/named_context.h"
#include "engine/build/paths.h"
#include "engine/build/run_flags.h"
#include "engine/build/variables.h"
#include "engine/error.h"
#include "engine/image/reference.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

using Values = std::map<std::string, std::string>;

bool is_image_name(const std::string& name) {
  try {
    parse_reference(name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A stage as far as its instructions were read.
struct StageValues {
  bool known = false;  // what the base image sets is
  Values env, args;    // an ARG without a value is there, and empty
  bool workdir_set = false, shell_set = false;
  std::vector<std::string> triggers;  // ONBUILD, for a stage based on this one
};

class ValueCheck {
 public:
  ValueCheck(const Dockerfile& file, const BuildRequest& request, const IgnoreRules& rules,
             const FindConfig& find_config, CheckFindings& findings)
      : file_(file), request_(request), rules_(rules), find_config_(find_config), findings_(findings) {}

  void run() {
    for (const Instruction& instruction : file_.global_args) declare_globals(instruction);
    for (const Stage& stage : file_.stages) {
      now_ = begin(stage);
      for (const Instruction& instruction : stage.instructions) look_at(instruction, true);
      stages_.push_back(std::move(now_));
    }
  }

 private:
  // ---- before and in FROM
  std::string expand_global(const std::string& text, const Place& place, const Values& values,
                            std::set<std::string>* undefined) const {
    const Expander expand(
        [&](const std::string& name) -> std::optional<std::string> {
          const auto found = values.find(name);
          if (found != values.end()) return found->second;
          const auto platform = platform_args().find(name);
          return platform == platform_args().end() ? std::nullopt : std::optional(platform->second);
        },
        file_.escape,
        [&](const std::string& name) {
          if (undefined != nullptr) undefined->insert(name);
        });
    try {
      return expand.word(text, place);
    } catch (const Error&) {
      return "";  // the build says what is wrong
    }
  }

  void declare_globals(const Instruction& instruction) {
    for (const auto& [name, fallback] : std::get<Arg>(instruction.node).names) {
      const auto given = request_.args.find(name);
      defaults_[name] = fallback ? expand_global(*fallback, instruction.place, defaults_, nullptr) : "";
      globals_[name] = given != request_.args.end() && given->second ? *given->second
                       : fallback ? expand_global(*fallback, instruction.place, globals_, nullptr)
                                  : "";
    }
  }

  StageValues begin(const Stage& stage) {
    const From& from = stage.from();
    const Place& place = stage.head.place;
    std::set<std::string> undefined;
    const std::string name = expand_global(from.image, place, globals_, &undefined);
    if (undefined.empty() && from.image.find('$') != std::string::npos) check_default(from, place);
    expand_global(from.platform, place, globals_, &undefined);
    for (const std::string& arg : undefined) {
      findings_.add("UndefinedArgInFrom", place,
                    "no ARG '" + arg + "' stands before the first FROM" +
                        suggestion(arg, {&globals_, &platform_args()}));
    }
    check_platform(from, place);
    StageValues values = base_values(name);
    const std::vector<std::string> triggers = std::move(values.triggers);
    values.triggers.clear();
    now_ = std::move(values);
    for (const std::string& trigger : triggers) apply_trigger(trigger, place);
    return std::move(now_);
  }

  void check_default(const From& from, const Place& place) {
    const std::string name = expand_global(from.image, place, defaults_, nullptr);
    if (!name.empty() && is_image_name(name)) return;
    findings_.add(
        "InvalidDefaultArgInFrom", place,
        "without build arguments, '" + from.image + "' is no name of an image; give the ARG a default");
  }

  void check_platform(const From& from, const Place& place) {
    if (from.platform == "$TARGETPLATFORM" || from.platform == "${TARGETPLATFORM}") {
      findings_.add("RedundantTargetPlatform", place,
                    "--platform=" + from.platform + " says what is so without it");
    } else if (!from.platform.empty() && from.platform.find('$') == std::string::npos) {
      // Stages for one platform each, which another FROM chooses from, carry it in their names.
      const std::string arch = from.platform.substr(from.platform.find('/') + 1);
      if (from.stage.find(lower_case(arch.substr(0, arch.find('/')))) != std::string::npos) return;
      findings_.add("FromPlatformFlagConstDisallowed", place,
                    "--platform=" + from.platform + " builds for this platform only, whatever is asked for");
    }
  }

  StageValues base_values(const std::string& name) const {
    StageValues out;
    const NamedContext* named = find_context(request_.contexts, name);
    if (named == nullptr) {
      for (size_t i = stages_.size(); i-- > 0;) {
        if (file_.stages[i].from().stage == lower_case(name)) return stages_[i];
      }
      if (name == "scratch") {
        out.known = true;
        return out;
      }
    } else if (named->kind == NamedContext::Kind::kFolder) {
      return out;
    }
    const auto config = find_config_(named == nullptr ? name : named->value);
    if (!config) return out;
    out.known = true;
    out.shell_set = !config->shell.empty();
    out.triggers = config->on_build;
    for (const std::string& entry : config->env) {
      const size_t equals = std::min(entry.find('='), entry.size());
      out.env[entry.substr(0, equals)] = entry.substr(std::min(equals + 1, entry.size()));
    }
    return out;
  }

  // What it declares counts; how it is written is its author's affair.
  void apply_trigger(const std::string& trigger, const Place& place) {
    try {
      std::vector<std::string> ignored;
      look_at(parse_trigger(trigger, place, file_.escape, ignored), false);
    } catch (const Error&) {
      return;  // the build says what is wrong
    }
  }

  // ---- in a stage
  std::string word(const std::string& text, const Place& place, bool contents = false) {
    std::set<std::string> undefined;
    const Expander expand(
        [&](const std::string& name) -> std::optional<std::string> {
          for (const Values* values : {&now_.env, &now_.args}) {
            const auto found = values->find(name);
            if (found != values->end()) return found->second;
          }
          return name == "PATH" ? std::optional<std::string>(kDefaultPath) : std::nullopt;
        },
        file_.escape, [&](const std::string& name) { undefined.insert(name); });
    std::string out;
    try {
      out = contents ? expand.content(text, place) : expand.word(text, place);
    } catch (const Error&) {
      return "";
    }
    if (quiet_ || !now_.known) return out;
    for (const std::string& name : undefined) {
      findings_.add(
          "UndefinedVar", place,
          "the variable '" + name + "' has no value here" + suggestion(name, {&now_.env, &now_.args}));
    }
    return out;
  }

  static std::string suggestion(const std::string& name, const std::vector<const Values*>& known) {
    std::vector<std::string> names;
    for (const Values* values : known) {
      for (const auto& [key, value] : *values) names.push_back(key);
    }
    return did_you_mean(name, names);
  }

  void look_at(const Instruction& instruction, bool loud) {
    quiet_ = !loud;
    place_ = &instruction.place;
    std::visit([this](const auto& node) { visit(node); }, instruction.node);
  }

  void visit(const Env& env) {
    Values made;
    for (const auto& [name, value] : env.pairs) made[word(name, *place_)] = word(value, *place_);
    for (const auto& [name, value] : made) now_.env[name] = value;
  }
  void visit(const Arg& arg) {
    for (const auto& [raw, fallback] : arg.names) {
      const std::string name = word(raw, *place_);
      const std::string own = fallback ? word(*fallback, *place_) : "";
      const auto given = request_.args.find(name);
      const auto global = globals_.find(name);
      const auto platform = platform_args().find(name);
      now_.args[name] = given != request_.args.end() && given->second ? *given->second
                        : fallback                                    ? own
                        : global != globals_.end()                    ? global->second
                        : platform != platform_args().end()           ? platform->second
                                                                      : "";
    }
  }
  void visit(const Label& label) {
    for (const auto& [name, value] : label.pairs) {
      word(name, *place_);
      word(value, *place_);
    }
  }
  void visit(const Workdir& workdir) {
    const std::string path = word(workdir.path, *place_);
    if (path.starts_with('/')) {
      now_.workdir_set = true;
    } else if (!now_.workdir_set && !quiet_ && !path.empty()) {
      findings_.add("WorkdirRelativePath", *place_,
                    "'" + path + "' is relative to what the base image has as its folder, which may change");
    }
  }
  void visit(const User& user) { word(user.name, *place_); }
  void visit(const StopSignal& stop) { word(stop.signal, *place_); }
  void visit(const Volume& volume) {
    for (const std::string& path : volume.paths) word(path, *place_);
  }
  void visit(const Expose& expose) {
    for (const std::string& raw : expose.ports) {
      const std::string port = word(raw, *place_);
      const std::string protocol = port.substr(std::min(port.find('/'), port.size()));
      if (quiet_) continue;
      if (protocol != lower_case(protocol))
        findings_.add("ExposeProtoCasing", *place_, "the protocol of '" + port + "' should be in lower case");
      if (port.find(':') != std::string::npos) {
        findings_.add(
            "ExposeInvalidFormat", *place_,
            "'" + port +
                "': an image cannot choose host addresses or ports; only the container's port counts");
      }
    }
  }
  void visit(const Cmd& cmd) { check_json("CMD", cmd.command); }
  void visit(const Entrypoint& entrypoint) { check_json("ENTRYPOINT", entrypoint.command); }
  void check_json(const std::string& keyword, const Command& command) {
    if (quiet_ || !command.shell_form || now_.shell_set || command.words[0].empty()) return;
    findings_.add("JSONArgsRecommended", *place_,
                  keyword + " should be a JSON array: a shell that stands between gets the signals instead");
  }
  void visit(const Shell& /*shell*/) { now_.shell_set = true; }
  void visit(const OnBuild& on_build) { now_.triggers.push_back(on_build.trigger); }
  void visit(const Run& run) {
    for (const std::string& text : run.flags.mounts) {
      try {
        parse_mount(text, *place_, [&](const std::string& value) { return word(value, *place_); });
      } catch (const Error&) {
        continue;  // the build says what is wrong
      }
    }
  }
  void visit(const Copy& copy) {
    for (const std::string& source : copy.sources) {
      const std::string path = word(source, *place_);
      if (copy.from.empty()) check_ignored(copy, path);
    }
    word(copy.destination, *place_);
    word(copy.chown, *place_);
    word(copy.chmod, *place_);
    for (const Heredoc& file : copy.files) {
      if (file.expand) word(file.content, *place_, true);
    }
  }
  void check_ignored(const Copy& copy, const std::string& path) {
    if (quiet_ || !findings_.experimental("CopyIgnoredFile") ||
        path.find_first_of("*?[") != std::string::npos)
      return;
    if (copy.add && source_kind(path) != SourceKind::kPath) return;
    const std::string relative = clean_path("/" + path).substr(1);
    if (relative.empty() || !rules_.excluded(relative) || rules_.may_hold_included(relative)) return;
    findings_.add("CopyIgnoredFile", *place_,
                  "'" + path + "' is left out of the context by " + rules_.file());
  }
  void visit(const Health& /*health*/) {}
  void visit(const Maintainer& /*maintainer*/) {}
  void visit(const From& /*from*/) {}

  const Dockerfile& file_;
  const BuildRequest& request_;
  const IgnoreRules& rules_;
  const FindConfig& find_config_;
  CheckFindings& findings_;
  Values globals_, defaults_;  // ARGs before the first FROM: as given, and without build arguments
  std::vector<StageValues> stages_;
  StageValues now_;
  bool quiet_ = false;            // in a trigger
  const Place* place_ = nullptr;  // of the instruction that is looked at
};

}  // namespace

void check_values(const Dockerfile& file, const BuildRequest& request, const IgnoreRules& rules,
                  const FindConfig& find_config, CheckFindings& findings) {
  ValueCheck(file, request, rules, find_config, findings).run();
}

}  // namespace engine::build
