#include "engine/confinement.h"

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "engine/security_options.h"

namespace engine {

void confine(Spec& spec, const Rights& rights, const Paths& paths) {
  spec.privileged = rights.privileged;
  spec.capabilities = effective_capabilities(rights.cap_add, rights.cap_drop, rights.privileged);
  const SecurityOptions options = read_security_options(rights.security_opt);
  spec.no_new_privs = options.no_new_privileges;
  spec.unmasked = options.unmasked;
  spec.apparmor = options.apparmor;
  if (options.seccomp == "unconfined" || (options.seccomp.empty() && rights.privileged)) return;
  const bool usual = options.seccomp.empty() || options.seccomp == "builtin";
  const SeccompFile filter =
      usual ? cached_default_seccomp(paths.run_root, spec.capabilities)
            : write_seccomp_profile(spec.run_dir + "/seccomp.bpf", options.seccomp, spec.capabilities);
  spec.seccomp_bpf = filter.path;
  spec.seccomp_flags = filter.flags;
}

std::string names_in_hosts(const Spec& spec) {
  return spec.domainname.empty() ? spec.hostname
                                 : spec.hostname + '.' + spec.domainname + ' ' + spec.hostname;
}

std::string extra_hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                             const std::string& subject) {
  std::string text;
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
  return text;
}

std::string hosts_text(const std::vector<std::string>& extra_hosts, const std::string& gateway,
                       const std::vector<std::string>& own, const std::string& hostname,
                       const std::string& subject) {
  std::string text =
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
      "ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";
  text += extra_hosts_text(extra_hosts, gateway, subject);
  for (const std::string& address : own) text += address + '\t' + hostname + '\n';
  return text;
}

}  // namespace engine
