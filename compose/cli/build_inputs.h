#pragma once
#include "compose/plan/plan.h"
#include "parser/project.h"

namespace compose::cli {

// Before the first build of `plan` starts: every context and Dockerfile it reads is there. Throws
// parser::LoadError with all that are missing, each with its place in the Compose file.
void require_build_inputs(const parser::Project& project, const Plan& plan);

}  // namespace compose::cli
