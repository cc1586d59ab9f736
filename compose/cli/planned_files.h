#pragma once
// What planning must know of files, since it reads none itself.
#include <set>
#include <string>

#include "parser/project.h"

namespace compose::cli {

// The digests of secrets and configs and the seccomp profiles, of all services; see file_digests.h and
// seccomp_profiles.h. Throws CommandError for a file of `needed` ones only, names of services.
void read_planned_files(parser::Project& project, const std::set<std::string>& needed);

}  // namespace compose::cli
