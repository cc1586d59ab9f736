#include "parser/node.h"

#include <algorithm>
#include <cctype>

namespace parser {

namespace {

bool all_of(std::string_view text, int (*test)(int)) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [test](unsigned char c) { return test(c) != 0; });
}

bool is_integer(std::string_view text) {
  if (text.substr(0, 2) == "0x") return all_of(text.substr(2), std::isxdigit);
  if (text.substr(0, 2) == "0o") return text.find_first_not_of("01234567", 2) == text.npos && text.size() > 2;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return all_of(text, std::isdigit);
}

bool is_float(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" ||
      text == ".NAN")
    return true;
  size_t i = 0;
  size_t digits = 0;
  const auto eat_digits = [&] {
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i) ++digits;
  };
  eat_digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    eat_digits();
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    digits = 0;
    eat_digits();
    if (digits == 0) return false;
  }
  return i == text.size();
}

bool is_boolean(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
         text == "FALSE";
}

}  // namespace

const Entry* Node::find_entry(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Node* Node::find(std::string_view key) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

void Node::set(const std::string& key, Location key_at, Node value) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&key](const Entry& entry) { return entry.key == key; });
  if (found == entries.end())
    entries.push_back({key, key_at, std::move(value)});
  else
    *found = {key, key_at, std::move(value)};
}

void Node::erase(std::string_view key) {
  entries.erase(
      std::remove_if(entries.begin(), entries.end(), [key](const Entry& e) { return e.key == key; }),
      entries.end());
}

Node Node::null(Location at) {
  Node node;
  node.at = at;
  return node;
}

Node Node::scalar(std::string text, Location at) {
  Node node;
  node.kind = Kind::kScalar;
  node.at = at;
  node.text = std::move(text);
  return node;
}

Node Node::sequence(Location at) {
  Node node;
  node.kind = Kind::kSequence;
  node.at = at;
  return node;
}

Node Node::map(Location at) {
  Node node;
  node.kind = Kind::kMap;
  node.at = at;
  return node;
}

ScalarType scalar_type(const Node& scalar) {
  if (!scalar.plain) return ScalarType::kString;
  if (is_integer(scalar.text)) return ScalarType::kInteger;
  if (is_float(scalar.text)) return ScalarType::kFloat;
  if (is_boolean(scalar.text)) return ScalarType::kBoolean;
  return ScalarType::kString;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
    case Node::Kind::kScalar:
      break;
  }
  switch (scalar_type(node)) {
    case ScalarType::kInteger:
    case ScalarType::kFloat:
      return "the number " + node.text;
    case ScalarType::kBoolean:
      return "the boolean " + node.text;
    case ScalarType::kString:
      break;
  }
  constexpr size_t kShown = 40;
  return "the string '" + (node.text.size() > kShown ? node.text.substr(0, kShown) + "..." : node.text) + "'";
}

}  // namespace parser
