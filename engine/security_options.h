#pragma once
// What `security_opt` says of a container, in Docker's words. Source: Docker's manual, "docker container
// run", "--security-opt".
#include <string>
#include <vector>

namespace engine {

struct SecurityOptions {
  bool no_new_privileges = false;
  bool unmasked = false;  // systempaths=unconfined: nothing of /proc and /sys is masked or read-only for it
  std::string seccomp;    // empty: as usual; unconfined; builtin: the default filter; else a profile's JSON
  std::string apparmor;   // profile; empty: none
};

// `options`: "no-new-privileges[=true|false]", "seccomp=unconfined|builtin|{JSON}",
// "systempaths=unconfined", "apparmor=unconfined|PROFILE", "label=...", each with ':' for '=', too. A
// SELinux label has nothing to act on where SELinux is off, and is taken; the engine sets none, so that
// label=disable says what is the case anyway. Throws engine::Error naming the option: kInvalid for one that
// does not exist or is wrong, kUnavailable for one that this host or engine has not.
SecurityOptions read_security_options(const std::vector<std::string>& options);

// Whether this kernel has AppArmor, so that a profile can be asked for.
bool has_apparmor();

}  // namespace engine
