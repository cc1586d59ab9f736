#pragma once
// What `run` was asked to do: its flags read.
#include <string>
#include <vector>

#include "compose/cli/bring_images.h"
#include "compose/cli/context.h"
#include "compose/plan/one_off.h"
#include "parser/service_flags.h"

namespace compose::cli {

struct RunFlags {
  std::string service, name;
  OneOffWishes wishes;              // tty and interactive as they shall be
  parser::ServiceFlags attributes;  // as they were typed
  bool detach = false, remove = false, no_deps = false, remove_orphans = false, use_aliases = false;
  bool quiet = false, quiet_build = false, quiet_pull = false;
  bool build = false;
  std::string pull;
};

// Flags end at SERVICE: what follows is the command's. Throws UsageError, CommandError (conflicting flags, a
// terminal that is asked for where there is none).
RunFlags parse_run(Context& context, const std::vector<std::string>& args);

}  // namespace compose::cli
