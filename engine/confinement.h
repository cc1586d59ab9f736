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
  std::vector<std::string> security_opt{};  // security_options.h
};

// Capabilities, seccomp filter and the other security options. As with Docker a privileged container has a
// filter only where one is asked for. A profile's filter goes to `Spec::run_dir`, which must be there. Throws
// engine::Error(kInvalid) for an unknown capability, as read_security_options, sys::Error.
void confine(Spec& spec, const Rights& rights, const Paths& paths);

// What stands beside the container's own addresses in /etc/hosts: "box.example.org box", or "box".
std::string names_in_hosts(const Spec& spec);

// Lines of /etc/hosts for "name=address", where "host-gateway" stands for `gateway`. Throws
// engine::Error(kInvalid) beginning with `subject` when there is none.
std::string extra_hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                             const std::string& subject);

// The text of /etc/hosts. `extra_hosts`: as above; `own`: addresses that `hostname` has, one name or several.
std::string hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                       const std::vector<std::string>& own, const std::string& hostname,
                       const std::string& subject);

}  // namespace engine
