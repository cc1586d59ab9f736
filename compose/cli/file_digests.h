#pragma once
// The bytes of secrets and configs count for whether a container is up to date; planning itself reads no
// files.
#include <set>
#include <string>

#include "parser/project.h"

namespace compose::cli {

// Sets FileObject::digest of all that are files. Throws CommandError naming a file that one of `needed`,
// names of services, is given and that cannot be read.
void note_file_digests(parser::Project& project, const std::set<std::string>& needed);

}  // namespace compose::cli
