#pragma once
// The tree a YAML document becomes: every key and every value knows its place. Plain data, copied by value;
// the tree the stages between YAML and Project work on.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parser/source.h"

namespace parser {

struct Entry;

struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };
  enum class Tag : uint8_t { kNone, kReset, kOverride };  // !reset, !override

  Kind kind = Kind::kNull;
  Tag tag = Tag::kNone;
  bool plain = false;  // kScalar: unquoted, so its text may mean a number or boolean
  bool damaged =
      false;  // kMap: something wrong was reported and taken out; conclude nothing from what is missing
  bool templated = false;  // kScalar: has variables that were left as written, so its type is not known yet
  bool poisoned = false;   // kScalar: its error is already reported; the schema stage takes it out
  Location at;
  std::string text;            // kScalar
  std::vector<Node> items;     // kSequence
  std::vector<Entry> entries;  // kMap, in the order of the file

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_map() const { return kind == Kind::kMap; }
  Mark mark() const { return at.mark(); }

  // The value of `key`; null when there is none.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Entry* find_entry(std::string_view key) const;
  // Replaces the value of `key`, or appends.
  void set(const std::string& key, Location key_at, Node value);
  void erase(std::string_view key);

  static Node null(Location at);
  static Node scalar(std::string text, Location at);  // a string, as if quoted
  static Node sequence(Location at);
  static Node map(Location at);
};

struct Entry {
  std::string key;
  Location key_at;
  Node value;
};

// What an unquoted scalar means (YAML 1.2 core schema); a quoted one is always kString.
enum class ScalarType { kString, kInteger, kFloat, kBoolean };
ScalarType scalar_type(const Node& scalar);

// "a list", "a map", "the number 5", "the string 'x'", "nothing": for messages.
std::string describe(const Node& node);

}  // namespace parser
