#pragma once
// Substitutes variables in every scalar value of a tree; keys are left alone. Unset variables are warnings.
#include "parser/node.h"
#include "parser/project.h"
#include "parser/report.h"
#include "parser/template.h"

namespace parser {

Lookup lookup_in(const StringMap& variables);  // `variables` must outlive it

void interpolate(Node& root, const Lookup& lookup, Report& report);

}  // namespace parser
