#pragma once
// Which variables files use, for `compose config --variables`.
#include <map>
#include <string>

#include "parser/node.h"
#include "parser/template.h"

namespace parser {

// By name; of several uses of one variable: required when one requires it, the first default and replacement.
// `tree` is one that was not interpolated; values that are no template are passed over.
std::map<std::string, VariableUse> variables_in(const Node& tree);

}  // namespace parser
