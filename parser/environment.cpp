#include "parser/environment.h"

#include <sys/stat.h>

#include "parser/dotenv.h"
#include "parser/interpolate.h"

namespace parser {

namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

void set(StringMap& environment, const std::string& name, const std::optional<std::string>& value) {
  if (value) environment[name] = *value;
}

}  // namespace

void resolve_environment(ServiceDraft& draft, const StringMap& tool_environment, Report& report) {
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
    if (!file.required && !exists(file.path)) continue;
    const Source* source = read_source(report, file.path, file.shown, file.mark, file.where);
    if (source == nullptr) continue;
    const DotenvFormat format = file.raw ? DotenvFormat::kRaw : DotenvFormat::kQuoted;
    for (const Variable& variable : parse_dotenv(*source, format, lookup, report))
      set(result, variable.name, variable.value);
  }
  for (const auto& [name, value] : draft.environment) set(result, name, value);
}

void resolve_environment_without_files(ServiceDraft& draft) {
  for (const auto& [name, value] : draft.environment) set(draft.service.environment, name, value);
}

}  // namespace parser
