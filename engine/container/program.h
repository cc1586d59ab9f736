#pragma once
// The last stretch before exec: from a root process inside the container's namespaces to the user's program
// with its identity, capabilities, seccomp filter, environment and working directory.
#include <string>
#include <vector>

#include "engine/container/capabilities.h"
#include "engine/container/resource_limits.h"

namespace engine {

struct Program {
  std::vector<std::string> args;
  std::vector<std::string> env;  // PATH, HOME, HOSTNAME, TERM (with a terminal) are added where missing
  std::string working_dir;
  std::string user;
  std::vector<std::string> groups;  // beside the user's own
  std::string hostname;             // for HOSTNAME; empty: the one that is set
  CapabilityMask capabilities = 0;  // bounding set; what the host itself lacks is left out
  std::vector<ResourceLimit> limits;
  std::vector<SpecUlimit> asked_limits;
  std::string seccomp;  // array of struct sock_filter; empty: none
  uint32_t seccomp_flags = 0;
  bool no_new_privs = false;
  bool terminal = false;   // descriptor 0 becomes the controlling terminal
  bool init = false;       // compose-init comes first
  bool own_stdio = false;  // descriptors 0-2 were made for this program: the user may reopen them by path
  bool die_with_parent = false;  // SIGKILL when the process that cloned us dies
  int report = -1;               // stays open until the exec; everything else above 2 is closed before
  // The program becomes a sibling of the calling process, which ends, and has the number noted here. For one
  // that is made to be in another pid namespace than its caller: nobody there sees it before it has the
  // program's identity, capabilities and filter.
  pid_t* apart = nullptr;
  bool* at_exec = nullptr;  // set while nothing but the exec is left to do
};

// Becomes the program; never returns. Throws SetupError, with
// exit_code() 127 when the program is not found and 126 when it cannot be executed.
[[noreturn]] void exec_program(const Program& program);

}  // namespace engine
