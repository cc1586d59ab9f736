#include "parser/section.h"

#include <algorithm>

#include "parser/units.h"

namespace parser {

const Node* Section::find(const char* name) const {
  const Node* node = node_.find(name);
  return node == nullptr || node->is_null() ? nullptr : node;
}

void Section::text(const char* name, std::string& into) const {
  if (const Node* node = find(name)) into = node->text;
}

void Section::flag(const char* name, bool& into) const {
  if (const Node* node = find(name)) into = reader_.flag(*node, place(name));
}

void Section::flag(const char* name, std::optional<bool>& into) const {
  if (const Node* node = find(name)) into = reader_.flag(*node, place(name));
}

void Section::bytes(const char* name, int64_t& into) const {
  if (const Node* node = find(name)) into = reader_.bytes(*node, place(name));
}

void Section::number(const char* name, double& into) const {
  if (const Node* node = find(name)) into = reader_.number(*node, place(name));
}

void Section::duration(const char* name, std::optional<Duration>& into) const {
  if (const Node* node = find(name)) into = reader_.duration(*node, place(name));
}

void Section::strings(const char* name, std::vector<std::string>& into) const {
  if (const Node* node = find(name)) into = reader_.strings(*node);
}

void Section::map(const char* name, StringMap& into) const {
  if (const Node* node = find(name)) into = reader_.string_map(*node);
}

void Section::map(const char* name, OptionalMap& into) const {
  if (const Node* node = find(name)) into = reader_.optional_map(*node);
}

void Section::words(const char* name, std::optional<std::vector<std::string>>& into) const {
  if (const Node* node = find(name)) into = reader_.words(*node, place(name));
}

void Section::choice(const char* name, const char* what, std::string& into,
                     std::initializer_list<std::string_view> allowed) const {
  const Node* node = find(name);
  if (node == nullptr) return;
  into = node->text;
  if (std::find(allowed.begin(), allowed.end(), into) != allowed.end()) return;
  std::string known;
  for (const std::string_view word : allowed)
    known += (known.empty() ? "known are " : ", ") + std::string(word);
  const std::string hint = did_you_mean(into, {allowed.begin(), allowed.end()});
  error_at(name, "unknown " + std::string(what) + " '" + into + "'", hint.empty() ? known : hint);
}

void Section::driver(const char* name, std::string& into, const std::vector<std::string>& known) const {
  const Node* node = find(name);
  if (node == nullptr) return;
  into = node->text;
  if (std::find(known.begin(), known.end(), into) != known.end()) return;
  if (const std::string hint = did_you_mean(into, known); !hint.empty())
    error_at(name, "unknown driver '" + into + "'", hint);
}

void Section::error(const std::string& message, const std::string& hint) const {
  reader_.report().error(node_.mark(), path_.to_string(), message, hint);
}

void Section::error_at(const char* name, const std::string& message, const std::string& hint) const {
  reader_.report().error(node_.find(name)->mark(), place(name).to_string(), message, hint);
}

void Section::warning_at(const char* name, const std::string& message, const std::string& hint) const {
  reader_.report().warning(node_.find(name)->mark(), place(name).to_string(), message, hint);
}

void Section::require(const char* name, const std::string& message, const std::string& hint) const {
  if (find(name) == nullptr && !node_.damaged) error(message, hint);
}

}  // namespace parser
