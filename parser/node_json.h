#pragma once
// A tree as JSON values: what is unquoted becomes the number or boolean it means.
#include <nlohmann/json_fwd.hpp>

#include "parser/node.h"

namespace parser {

nlohmann::ordered_json json_of(const Node& node);

}  // namespace parser
