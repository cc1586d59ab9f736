#include "compose/cli/build_flags.h"

#include <fmt/format.h>

#include <filesystem>

#include "compose/cli/failure.h"
#include "parser/units.h"

namespace compose::cli {

std::map<std::string, std::optional<std::string>> build_arguments(Context& context,
                                                                  const std::vector<std::string>& texts) {
  std::map<std::string, std::optional<std::string>> all;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty())
      throw UsageError("invalid --build-arg '" + text + "': it must be NAME=VALUE");
    if (equals != std::string::npos) {
      all[text.substr(0, equals)] = text.substr(equals + 1);
    } else if (const auto value = context.find_variable(text)) {
      all[text] = *value;
    }
  }
  return all;
}

void add_ssh_key(std::map<std::string, std::vector<std::string>>& keys, const std::string& text) {
  const size_t equals = text.find('=');
  const std::string id = text.substr(0, equals);
  std::vector<std::string>& paths = keys[id];
  if (equals == std::string::npos) {
    if (id != "default")
      throw UsageError("invalid --ssh '" + text +
                       "': only 'default' stands for the agent, else it is ID=PATH");
    return;
  }
  std::string rest = text.substr(equals + 1);
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    paths.push_back(std::filesystem::absolute(rest.substr(0, comma)).lexically_normal());
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  if (paths.empty() || id.empty()) throw UsageError("invalid --ssh '" + text + "': it must be ID=PATH");
}

int64_t memory_of(const std::string& text, const std::string& flag) {
  if (text.empty()) return 0;
  try {
    return parser::parse_bytes(text);
  } catch (const std::exception&) {
    throw UsageError("invalid " + flag + " '" + text + "': it must be a number of bytes such as 512m");
  }
}

std::string finding_text(const engine::CheckFinding& finding) {
  const std::string rule = "--------------------";
  return fmt::format("WARNING: {}\n{}\n{}:{}\n{}{}\n{}\n", finding.rule, finding.message, finding.file,
                     finding.line, rule, finding.excerpt, rule);
}

std::string finding_count(size_t count) {
  if (count == 0) return "Check complete, no warnings found.\n";
  if (count == 1) return "Check complete, 1 warning has been found!\n";
  return fmt::format("Check complete, {} warnings have been found!\n", count);
}

}  // namespace compose::cli
