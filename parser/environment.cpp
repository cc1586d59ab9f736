#include "parser/environment.h"

#include <sys/stat.h>

#include <cerrno>

#include "parser/dotenv.h"
#include "parser/interpolate.h"

namespace parser {

namespace {

bool is_missing(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

void set(StringMap& environment, const std::string& name, const std::optional<std::string>& value) {
  if (value) environment[name] = *value;
}

// A name without value is taken from outside; when that has none, the container does not get the variable,
// not even from an env file or the image.
void apply_own(ServiceDraft& draft, const Lookup& from_tool) {
  Service& service = draft.service;
  for (const auto& [name, value] : draft.environment) {
    const std::optional<std::string> found = value ? value : from_tool(name);
    if (found) {
      service.environment[name] = *found;
    } else {
      service.environment.erase(name);
      service.unset_environment.insert(name);
    }
  }
}

}  // namespace

void resolve_environment(ServiceDraft& draft, const StringMap& tool_environment, Missing missing,
                         Report& report) {
  StringMap& result = draft.service.environment;
  const Lookup from_tool = lookup_in(tool_environment);
  const Lookup lookup = [&](const std::string& name) -> std::optional<std::string> {
    if (auto value = from_tool(name)) return value;
    if (const auto own = draft.environment.find(name); own != draft.environment.end() && own->second)
      return own->second;
    const auto earlier = result.find(name);
    if (earlier == result.end()) return std::nullopt;
    return earlier->second;
  };
  for (const EnvFile& file : draft.service.env_files) {
    if (is_missing(file.path)) {
      if (file.required && missing == Missing::kError)
        report.error(file.mark, file.where, file.shown + ": no such file",
                     "create it, or write {path: " + file.shown + ", required: false}");
      continue;
    }
    const Source* source = read_source(report, file.path, file.shown, file.mark, file.where);
    if (source == nullptr) continue;
    const DotenvFormat format = file.raw ? DotenvFormat::kRaw : DotenvFormat::kQuoted;
    for (const Variable& variable : parse_dotenv(*source, format, lookup, report))
      set(result, variable.name, variable.value);
  }
  apply_own(draft, from_tool);
}

void resolve_environment_without_files(ServiceDraft& draft, const StringMap& tool_environment) {
  apply_own(draft, lookup_in(tool_environment));
}

void keep_environment(ServiceDraft& draft) {
  apply_own(draft, [](const std::string&) { return std::nullopt; });
}

void resolve_labels(ServiceDraft& draft, Missing missing, Report& report) {
  StringMap labels;
  const Lookup earlier = [&labels](const std::string& name) { return lookup_in(labels)(name); };
  for (const EnvFile& file : draft.label_files) {
    if (missing == Missing::kPassedOver && is_missing(file.path)) continue;
    const Source* source = read_source(report, file.path, file.shown, file.mark, file.where);
    if (source == nullptr) continue;
    for (const Variable& label : parse_dotenv(*source, DotenvFormat::kQuoted, earlier, report))
      set(labels, label.name, label.value);
  }
  draft.service.labels.insert(labels.begin(), labels.end());
}

}  // namespace parser
