#pragma once
// What is the same for the spec of a container and that of a build's RUN step: confinement, the hosts file.
#include <string>
#include <vector>

#include "engine/container/spec.h"
#include "engine/paths.h"

namespace engine {

struct Rights {
  bool privileged = false;
  std::vector<std::string> cap_add, cap_drop;
};

// Capabilities and seccomp filter. Throws engine::Error(kInvalid) for an unknown capability, sys::Error.
void confine(Spec& spec, const Rights& rights, const Paths& paths);

// The text of /etc/hosts. `extra_hosts`: "name=address", where "host-gateway" stands for `gateway`; `own`:
// addresses that `hostname` has. Throws engine::Error(kInvalid) beginning with `subject` when there is no
// gateway.
std::string hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                       const std::vector<std::string>& own, const std::string& hostname,
                       const std::string& subject);

}  // namespace engine
