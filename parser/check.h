#pragma once
// What must hold between the parts of a project: names refer to something, values fit together. Only active
// services are looked at, and nothing is concluded from parts that carry an error already.
#include "parser/draft.h"
#include "parser/report.h"

namespace parser {

// Fills what follows from the whole: the implicit network `default`, dependencies implied by links.
void complete(Draft& draft);

void check_project(const Draft& draft, Report& report);

// Parts of check_project.
void check_dependencies(const Draft& draft, Report& report);  // defined, active, without cycle
void check_ports(const Draft& draft, Report& report);         // one host port, one user

}  // namespace parser
