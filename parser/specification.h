#pragma once
// What may stand where in a Compose file, and of which type: the JSON Schemas of schemas/ as a tree to walk.
// The schema files are the source; nothing about attributes is written down in code. The program that is
// built first (specification_table.cpp) makes constants of them, so that no command has to read them.
//
// The schemas keep to a small part of JSON Schema draft-07, so that a walk can explain what a validator
// refuses: $ref into definitions, type, enum (of strings), properties, patternProperties (only "^x-", free
// for users), additionalProperties, items. No oneOf, anyOf or pattern: a short and a long form are one schema
// with several types. Anything else is an error of the build.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/node.h"

namespace parser {

enum class Type : unsigned {
  kNull = 1,
  kString = 2,
  kInteger = 4,
  kNumber = 8,
  kBoolean = 16,
  kList = 32,
  kMap = 64,
};

class Types {
 public:
  constexpr Types() = default;
  constexpr Types(Type type) : bits_(static_cast<unsigned>(type)) {}  // NOLINT: one type is a set of one
  constexpr bool has(Type type) const { return (bits_ & static_cast<unsigned>(type)) != 0; }
  constexpr bool has_all(Types other) const { return (bits_ & other.bits_) == other.bits_; }
  friend constexpr Types operator|(Types a, Types b) { return Types(a.bits_ | b.bits_); }
  friend constexpr bool operator==(Types a, Types b) = default;

 private:
  constexpr explicit Types(unsigned bits) : bits_(bits) {}
  unsigned bits_ = 0;
};
constexpr Types operator|(Type a, Type b) {
  return Types(a) | Types(b);
}

// Whether `node` is of this type. A string that reads as a number or boolean is one too, since variables
// bring in strings; a whole number is a number.
bool satisfies(const Node& node, Type type);
bool satisfies_any(const Node& node, Types types);

struct Specification {
  struct Name {
    std::string_view name;
    const Specification* rule;
  };
  Types types;
  bool duration = false;                       // a string that is a length of time
  bool extensions = false;                     // names that begin with "x-" are free
  std::span<const std::string_view> values{};  // the only strings allowed; empty: any
  std::span<const Name> names{};               // in the order of their bytes
  const Specification* any_name = nullptr;
  const Specification* item = nullptr;

  const Specification* find(std::string_view name) const;  // by name, else any_name; may be null
  std::vector<std::string> known_names() const;
};

const Specification& specification();            // the Compose Specification
const Specification& version_3_specification();  // the file format 3.x

}  // namespace parser
