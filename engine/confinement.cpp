#include "engine/confinement.h"

#include "engine/container/seccomp.h"
#include "engine/error.h"

namespace engine {

void confine(Spec& spec, const Rights& rights, const Paths& paths) {
  spec.privileged = rights.privileged;
  spec.capabilities = effective_capabilities(rights.cap_add, rights.cap_drop, rights.privileged);
  if (!rights.privileged) spec.seccomp_bpf = cached_default_seccomp(paths.run_root, spec.capabilities);
}

std::string hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                       const std::vector<std::string>& own, const std::string& hostname,
                       const std::string& subject) {
  std::string text =
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
      "ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";
  for (const std::string& entry : extra_hosts) {
    const size_t equals = entry.find('=');
    std::string address = entry.substr(equals + 1);
    if (address == "host-gateway") {
      if (gateway.empty()) {
        throw Error(Error::Kind::kInvalid,
                    subject + ": extra host '" + entry + "' needs a network with a gateway");
      }
      address = gateway;
    }
    text += address + '\t' + entry.substr(0, equals) + '\n';
  }
  for (const std::string& address : own) text += address + '\t' + hostname + '\n';
  return text;
}

}  // namespace engine
