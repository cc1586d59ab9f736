#pragma once
// Seccomp profiles that `security_opt` names: planning itself reads no files.
#include <set>
#include <string>

#include "parser/project.h"

namespace compose::cli {

// Sets Service::seccomp_profile, without blanks. Throws CommandError naming a file that cannot be read or
// used.
void read_seccomp_profile(parser::Service& service);

// Of all services. Throws for `needed` ones only, names of services.
void read_seccomp_profiles(parser::Project& project, const std::set<std::string>& needed);

}  // namespace compose::cli
