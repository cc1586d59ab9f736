#pragma once
// The attributes of the Compose Specification, all of them: what may stand where, of which type, and whether
// this program honours it. The tables (specification_*.cpp) are rows of path patterns; a row that is missing
// is a name of no specification, a row marked kLater a name of the specification that is refused by name.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

enum class Type : unsigned {
  kNull = 1,
  kString = 2,
  kInteger = 4,  // a string that reads as one will do (variables bring in strings); also kNumber, kBoolean
  kNumber = 8,
  kBoolean = 16,
  kList = 32,      // items: the row <path>.[]
  kMap = 64,       // values: the rows <path>.<name>, or <path>.* for any name
  kStrings = 128,  // list of strings
  kDict = 256,     // any name -> string, number, boolean or null
  kHosts = 512,    // any name -> string or list of strings
};

class Types {
 public:
  constexpr Types(Type type) : bits_(static_cast<unsigned>(type)) {}  // NOLINT: one type is a set of one
  constexpr bool has(Type type) const { return (bits_ & static_cast<unsigned>(type)) != 0; }
  constexpr bool has_any(Types other) const { return (bits_ & other.bits_) != 0; }
  friend constexpr Types operator|(Types a, Types b) { return Types(a.bits_ | b.bits_); }

 private:
  constexpr explicit Types(unsigned bits) : bits_(bits) {}
  unsigned bits_;
};
constexpr Types operator|(Type a, Type b) {
  return Types(a) | Types(b);
}

enum class Support {
  kNow,
  kLater,         // refused as not supported yet
  kLaterDefines,  // the same; and since it brings in other definitions, nothing is concluded from what is
                  // missing
};

struct Attribute {
  std::string_view path;
  Types types;
  Support support = Support::kNow;
  std::string_view values = {};  // "a|b|c": the only strings allowed; empty: any
};

const std::vector<Attribute>& service_attributes_a_to_d();
const std::vector<Attribute>& service_attributes_e_to_z();
const std::vector<Attribute>& top_level_attributes();

// The rows as a tree.
struct Specification {
  Types types = Type::kMap;
  Support support = Support::kNow;
  std::vector<std::string> values;
  std::map<std::string, std::unique_ptr<Specification>, std::less<>> names;
  std::unique_ptr<Specification> any_name;
  std::unique_ptr<Specification> item;

  const Specification* find(std::string_view name) const;  // by name, else any_name; may be null
  std::vector<std::string> known_names() const;
};

const Specification& specification();

}  // namespace parser
