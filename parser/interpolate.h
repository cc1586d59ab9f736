#pragma once
// Substitutes variables in every scalar value of a tree; keys are left alone. Unset variables are warnings.
#include "parser/node.h"
#include "parser/project.h"
#include "parser/report.h"
#include "parser/template.h"

namespace parser {

Lookup lookup_in(const StringMap& variables);  // `variables` must outlive it

void interpolate(Node& root, const Lookup& lookup, Report& report);

// Instead of it, when values are to stay as written: marks those with variables as Node::templated. What is
// needed to find other files, `include` and `extends`, is substituted all the same.
void keep_variables(Node& document, const Lookup& lookup, Report& report);

}  // namespace parser
