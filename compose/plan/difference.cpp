#include "compose/plan/difference.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"

namespace compose {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostDifferences = 4;
constexpr size_t kLongestValue = 60;

std::string shown(const Json& value) {
  std::string text = value.is_string() ? "'" + value.get<std::string>() + "'"
                                       : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongestValue) text = text.substr(0, kLongestValue) + "...";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

bool speaks_of_secrets(const std::string& text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* word : {"pass", "secret", "token", "key", "credential", "pwd", "dsn", "auth"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

// "scheme://user:password@host" anywhere in it.
bool has_login(const std::string& text) {
  for (size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 1)) {
    const std::string authority = text.substr(at + 3, text.find_first_of("/ \"'", at + 3) - at - 3);
    const size_t sign = authority.rfind('@');
    if (sign != std::string::npos && authority.find(':') < sign) return true;
  }
  return false;
}

// A long run of letters and digits mixed, or of letters too long for a word: keys, hashes, tokens.
bool looks_random(const std::string& text) {
  constexpr int kLongestMixed = 11, kLongestWord = 24;
  int length = 0;
  bool digits = false, letters = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    const auto c = static_cast<unsigned char>(i < text.size() ? text[i] : ' ');
    if (std::isalnum(c) != 0 || c == '+' || c == '=') {
      ++length;
      digits = digits || std::isdigit(c) != 0;
      letters = letters || std::isalpha(c) != 0;
      continue;
    }
    if (length > kLongestWord || (length > kLongestMixed && digits && letters)) return true;
    length = 0;
    digits = letters = false;
  }
  return false;
}

// Reasons are printed and end up in logs of build machines; secrets must not.
bool is_sensitive(const std::string& path, const Json& before, const Json& after) {
  if (speaks_of_secrets(path)) return true;
  const bool in_environment = path.rfind("environment", 0) == 0;  // nothing says which of its values is one
  for (const Json* value : {&before, &after}) {
    if (value->is_number() || value->is_boolean()) continue;
    const std::string text = value->is_string() ? value->get<std::string>()
                                                : value->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (speaks_of_secrets(text) || has_login(text) || (in_environment && looks_random(text))) return true;
  }
  return false;
}

bool holds_objects(const Json& array) {
  return std::any_of(array.begin(), array.end(), [](const Json& element) { return element.is_object(); });
}

void compare(const std::string& path, const Json& before, const Json& after,
             std::vector<std::string>& found) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    const std::string prefix = path.empty() ? "" : path + ".";
    Json keys = before;
    keys.update(after);
    for (const auto& item : keys.items()) {
      const auto old_value = before.find(item.key());
      const auto new_value = after.find(item.key());
      compare(prefix + item.key(), old_value == before.end() ? Json() : *old_value,
              new_value == after.end() ? Json() : *new_value, found);
    }
    return;
  }
  // A whole map that came or went is told member by member.
  if (before.is_object() && after.is_null() && !before.empty())
    return compare(path, before, Json::object(), found);
  if (before.is_null() && after.is_object() && !after.empty())
    return compare(path, Json::object(), after, found);
  if (before.is_array() && after.is_array() && before.size() == after.size() && holds_objects(after)) {
    for (size_t i = 0; i < after.size(); ++i) {
      compare(path + "[" + std::to_string(i) + "]", before[i], after[i], found);
    }
    return;
  }
  if (is_sensitive(path, before, after)) {
    found.push_back(path + (before.is_null() ? " added" : after.is_null() ? " removed" : " changed"));
  } else if (before.is_null()) {
    found.push_back(path + " added: " + shown(after));
  } else if (after.is_null()) {
    found.push_back(path + " removed (was " + shown(before) + ")");
  } else {
    found.push_back(path + " " + shown(before) + " -> " + shown(after));
  }
}

}  // namespace

bool differs_in_environment_alone(const std::string& before_json, const std::string& after_json) {
  Json before = Json::parse(before_json, nullptr, false);
  Json after = Json::parse(after_json, nullptr, false);
  if (!before.is_object() || !after.is_object()) return false;
  before.erase("environment");
  after.erase("environment");
  return before == after;
}

std::vector<std::string> differences(const std::string& before_json, const std::string& after_json) {
  const Json before = Json::parse(before_json, nullptr, false);
  const Json after = Json::parse(after_json, nullptr, false);
  std::vector<std::string> found;
  if (before.is_object() && after.is_object()) compare("", before, after, found);
  return found;
}

std::string explain_difference(const std::string& before_json, const std::string& after_json) {
  std::vector<std::string> found = differences(before_json, after_json);
  const size_t rest = found.size() > kMostDifferences ? found.size() - kMostDifferences : 0;
  found.resize(found.size() - rest);
  std::string text = join(found, ", ");
  if (rest != 0) text += " and " + std::to_string(rest) + " more";
  return text;
}

}  // namespace compose
