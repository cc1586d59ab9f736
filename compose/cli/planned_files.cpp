#include "compose/cli/planned_files.h"

#include "compose/cli/file_digests.h"
#include "compose/cli/seccomp_profiles.h"

namespace compose::cli {

void read_planned_files(parser::Project& project, const std::set<std::string>& needed) {
  note_file_digests(project, needed);
  read_seccomp_profiles(project, needed);
}

}  // namespace compose::cli
