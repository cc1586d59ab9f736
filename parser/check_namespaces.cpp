// What does not go with a namespace that is not the container's own: the same combinations that Docker Engine
// refuses ("conflicting options").
#include "parser/check.h"

namespace parser {

namespace {

bool is_shared(const std::string& mode) {
  return mode.rfind("service:", 0) == 0 || mode.rfind("container:", 0) == 0;
}

class NamespaceCheck {
 public:
  NamespaceCheck(const ServiceDraft& draft, Report& report) : draft_(draft), report_(report) {}

  // `name` must not be given: it belongs to whom the namespace belongs.
  void refuse(const char* name, const std::string& with, const std::string& hint = "") {
    if (const auto mark = draft_.marks.find(name); mark != draft_.marks.end())
      report_.error(mark->second, place(), "'" + std::string(name) + "' does not go with " + with, hint);
  }

  void refuse_sysctls(const std::string& prefix, const std::string& with) {
    const auto first = draft_.service.sysctls.lower_bound(prefix);
    if (first == draft_.service.sysctls.end() || first->first.rfind(prefix, 0) != 0) return;
    report_.error(draft_.marks.at("sysctls"), place(),
                  "sysctl '" + first->first + "' does not go with " + with, "it would change the host");
  }

  void discard_ports() {
    const std::string& mode = draft_.service.network_mode;
    if (const auto ports = draft_.marks.find("ports"); ports != draft_.marks.end())
      report_.warning(ports->second, place(), "'ports' are not published with network_mode '" + mode + "'",
                      mode == "host" ? "the container's ports are those of the host" : "");
  }

 private:
  std::string place() const { return "services." + draft_.service.name; }

  const ServiceDraft& draft_;
  Report& report_;
};

}  // namespace

void check_namespaces(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  NamespaceCheck check(draft, report);
  const std::string network = "network_mode '" + service.network_mode + "'";
  if (is_shared(service.network_mode)) {
    for (const char* name : {"ports", "expose"})
      check.refuse(name, network, "give it to whom the network belongs");
    for (const char* name : {"hostname", "domainname", "dns", "dns_search", "dns_opt", "extra_hosts",
                             "mac_address", "links", "external_links"})
      check.refuse(name, network);
  }
  if (service.network_mode == "host" || service.network_mode == "none") check.discard_ports();
  if (service.network_mode == "none") check.refuse("mac_address", network);
  if (service.network_mode == "host") {
    for (const char* name : {"mac_address", "links", "external_links"}) check.refuse(name, network);
    check.refuse_sysctls("net.", network);
  }
  if (service.uts == "host" || is_shared(service.uts)) {
    const std::string with = "uts '" + service.uts + "'";
    check.refuse("hostname", with);
    check.refuse("domainname", with);
    check.refuse_sysctls("kernel.domainname", with);
  }
  if (service.ipc == "host")
    for (const char* prefix : {"kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue."})
      check.refuse_sysctls(prefix, "ipc 'host'");
}

}  // namespace parser
