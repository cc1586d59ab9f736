// What runs in the container and how it is started, kept running and stopped.
#include <limits>

#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

struct RestartPolicy {
  std::string_view name;
  Restart::Policy policy;
};
constexpr RestartPolicy kRestartPolicies[] = {{"no", Restart::Policy::kNo},
                                              {"always", Restart::Policy::kAlways},
                                              {"on-failure", Restart::Policy::kOnFailure},
                                              {"unless-stopped", Restart::Policy::kUnlessStopped}};

int retries_of(const std::string& word, const RestartPolicy& known, const std::string& number) {
  const auto count = read_integer(number);
  if (known.policy != Restart::Policy::kOnFailure || !count || *count < 0 ||
      *count > std::numeric_limits<int>::max())
    throw ValueError("invalid restart policy '" + word + "'", "a count of retries is written on-failure:5");
  return static_cast<int>(*count);
}

}  // namespace

void read_restart(const At& at) {
  std::string word = at.node.text;
  if (scalar_type(at.node) == ScalarType::kBoolean && !*read_boolean(word)) word = "no";
  const size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  for (const RestartPolicy& known : kRestartPolicies) {
    if (known.name != name) continue;
    at.service.restart.policy = known.policy;
    at.service.restart.given = true;
    if (colon != std::string::npos)
      at.service.restart.max_retries = retries_of(word, known, word.substr(colon + 1));
    return;
  }
  const std::string hint = did_you_mean(name, {"no", "always", "on-failure", "unless-stopped"});
  throw ValueError("unknown restart policy '" + word + "'",
                   hint.empty() ? "known are no, always, on-failure[:count], unless-stopped" : hint);
}

void read_pull_policy(const At& at) {
  const std::string& word = at.node.text;
  static const std::string kEvery = "every_";
  if (word.rfind(kEvery, 0) == 0) {
    const std::string period = word.substr(kEvery.size());
    if (parse_duration(period) <= Duration(0))
      throw ValueError("invalid pull policy '" + word + "'", "write a time: every_12h");
    at.service.pull_policy = word;
    return;
  }
  check_word("pull policy", word,
             {"always", "never", "missing", "if_not_present", "build", "refresh", "daily", "weekly"},
             "known are always, never, missing, build, daily, weekly, every_<time>");
  at.service.pull_policy = word == "if_not_present" ? "missing" : word;
}

void read_pull_refresh_after(const At& at) {
  parse_duration(at.node.text);
  at.service.pull_refresh_after = at.node.text;
}

void read_platform(const At& at) {
  if (at.node.text.empty()) return;  // a variable that is not set: as if it were not given
  check_platform(at.node.text);
  at.service.platform = at.node.text;
}

void read_stop_signal(const At& at) {
  check_signal(at.node.text);
  at.service.stop_signal = at.node.text;
}

void read_working_dir(const At& at) {
  if (!at.node.text.empty() && at.node.text[0] != '/')
    throw ValueError("working directory '" + at.node.text + "' is not an absolute path of the container");
  at.service.working_dir = at.node.text;
}

void read_container_name(const At& at) {
  check_engine_name("container name", at.node.text);
  at.service.container_name = at.node.text;
}

void read_environment(const At& at) {
  for (const Entry& entry : at.node.entries) {
    std::optional<std::string>& value = at.draft.environment[entry.key];
    if (!entry.value.is_null()) value = entry.value.text;
  }
}

namespace {

EnvFile file_at(const At& at, const Node& file, const Path& path) {
  EnvFile result;
  result.path = file.text;
  result.shown = at.reader.shown(file.text);
  result.mark = file.mark();
  result.where = path.to_string();
  return result;
}

}  // namespace

void read_env_files(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Node& item = at.node.items[i];
    const Path path = at.path.index(i);
    const Section section(at.reader, item, path);
    const Node* file = section.find("path");
    if (file == nullptr) {
      section.error("env_file without 'path'");
      continue;
    }
    EnvFile env_file = file_at(at, *file, path);
    section.flag("required", env_file.required);
    std::string format;
    section.choice("format", "format", format, {"raw"});
    env_file.raw = format == "raw";
    at.service.env_files.push_back(std::move(env_file));
  }
}

void read_label_files(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    at.draft.label_files.push_back(file_at(at, at.node.items[i], at.path.index(i)));
    at.service.label_files.push_back(at.draft.label_files.back().path);
  }
}

}  // namespace parser
