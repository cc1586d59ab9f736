#pragma once
// Whether what a build reads is there. Not part of load(): a project whose sources are gone can still be
// stopped.
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/project.h"

namespace parser {

// Errors, with their place, for build contexts that are no folder and Dockerfiles that do not exist.
// `services`: whose builds to look at; empty: all active ones.
std::vector<Diagnostic> check_build_inputs(const Project& project, const std::vector<std::string>& services);

}  // namespace parser
