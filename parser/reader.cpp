#include "parser/reader.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "parser/node_json.h"
#include "parser/shell_words.h"
#include "parser/units.h"

namespace parser {

Reader::Reader(Report& report, const StringMap& environment, const StringMap& file_variables,
               std::string working_directory)
    : report_(report),
      environment_(environment),
      file_variables_(file_variables),
      working_directory_(std::move(working_directory)) {}

std::optional<std::string> Reader::file_variable(const std::string& object,
                                                 const std::string& variable) const {
  if (const auto found = environment_.find(variable); found != environment_.end()) return found->second;
  const auto own = file_variables_.find(object + '/' + variable);
  return own == file_variables_.end() ? std::nullopt : std::optional(own->second);
}

void Reader::guard(const Node& node, const Path& path, const std::function<void()>& read) {
  try {
    read();
  } catch (const ValueError& error) {
    report_.error(node.mark(), path.to_string(), error.what(), error.hint());
  }
}

bool Reader::flag(const Node& node, const Path& path) {
  if (const auto value = read_boolean(node.text)) return *value;
  report_.error(node.mark(), path.to_string(), "must be true or false, not " + describe(node));
  return false;
}

int64_t Reader::integer(const Node& node, const Path& path, int64_t least, int64_t most) {
  const auto value = read_integer(node.text);
  if (value && *value >= least && *value <= most) return *value;
  std::string range = " (" + std::to_string(least) + " to " + std::to_string(most) + ")";
  if (most == INT32_MAX || most == INT64_MAX) range = ", " + std::to_string(least) + " or more";
  report_.error(node.mark(), path.to_string(), "must be a whole number" + range + ", not " + describe(node));
  return least;
}

double Reader::number(const Node& node, const Path& path) {
  const auto value = read_number(node.text);
  if (value && *value >= 0) return *value;
  report_.error(node.mark(), path.to_string(), "must be a number, 0 or more, not " + describe(node));
  return 0;
}

int64_t Reader::bytes(const Node& node, const Path& path) {
  int64_t value = 0;
  guard(node, path, [&] { value = parse_bytes(node.text); });
  return value;
}

std::optional<Duration> Reader::duration(const Node& node, const Path& path) {
  std::optional<Duration> value;
  guard(node, path, [&] { value = parse_duration(node.text); });
  return value;
}

uint32_t Reader::mode(const Node& node, const Path& path) {
  uint32_t mode = 0;
  guard(node, path, [&] {
    if (scalar_type(node) != ScalarType::kInteger || node.text[0] == '0') {
      mode = parse_octal_mode(node.text);
      return;
    }
    constexpr int64_t kAllBits = 07777;
    const auto decimal = read_integer(node.text);
    if (!decimal || *decimal < 0 || *decimal > kAllBits)
      throw ValueError("invalid mode '" + node.text + "'", "write permissions in octal: \"0444\"");
    mode = static_cast<uint32_t>(*decimal);
    // 440 and the like mean something in octal; 256 and 292 do not and are what JSON has to write.
    if (node.text.size() == 3 && node.text[0] >= '4' && node.text.find_first_of("89") == std::string::npos)
      report_.warning(node.mark(), path.to_string(),
                      fmt::format("{} is decimal, in octal {:04o}", node.text, mode),
                      "did you mean \"0" + node.text + "\"?");
  });
  return mode;
}

std::vector<std::string> Reader::strings(const Node& node) {
  std::vector<std::string> result;
  result.reserve(node.items.size());
  for (const Node& item : node.items) result.push_back(item.text);
  return result;
}

StringMap Reader::string_map(const Node& node) {
  StringMap result;
  for (const Entry& entry : node.entries) result[entry.key] = entry.value.text;
  return result;
}

OptionalMap Reader::optional_map(const Node& node) {
  OptionalMap result;
  for (const Entry& entry : node.entries) {
    std::optional<std::string>& value = result[entry.key];
    if (!entry.value.is_null()) {
      value = entry.value.text;
    } else if (const auto found = environment_.find(entry.key); found != environment_.end()) {
      value = found->second;
    }
  }
  return result;
}

std::vector<std::string> Reader::words(const Node& node, const Path& path) {
  if (node.is_sequence()) return strings(node);
  std::vector<std::string> result;
  guard(node, path, [&] { result = split_shell_words(node.text); });
  return result;
}

std::string Reader::shown(const std::string& path) const {
  const std::string relative = std::filesystem::path(path).lexically_relative(working_directory_).string();
  return relative.empty() || relative.rfind("..", 0) == 0 ? path : relative;
}

StringMap Reader::extensions(const Node& map) {
  StringMap result;
  for (const Entry& entry : map.entries)
    if (entry.key.rfind("x-", 0) == 0) result[entry.key] = json_of(entry.value).dump();
  return result;
}

}  // namespace parser
