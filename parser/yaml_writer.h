#pragma once
// A tree of values as YAML text: two blanks a level, list items indented below their key, quotes only where
// the text would read as something else, several lines as a literal block.
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace parser {

std::string write_yaml(const nlohmann::ordered_json& value);

}  // namespace parser
