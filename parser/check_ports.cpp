#include "parser/check.h"

namespace parser {

namespace {

// "0.0.0.0" is every IPv4 address, "::" every IPv6 one, none given is both.
bool overlap(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == b) return true;
  const auto is_v6 = [](const std::string& ip) { return ip.find(':') != std::string::npos; };
  const auto is_any = [](const std::string& ip) { return ip == "0.0.0.0" || ip == "::"; };
  return is_v6(a) == is_v6(b) && (is_any(a) || is_any(b));
}

struct Taken {
  const Port* port;
  const Service* service;
};

}  // namespace

void check_ports(const Draft& draft, Report& report) {
  // Of two services that share a port one may run without the other, and be stopped.
  if (!draft.project.environment_resolved) return;
  // Only fixed ports: of a range the engine takes one that is free. Replicas of one service are another
  // check.
  std::multimap<std::pair<uint16_t, std::string>, Taken> taken;
  for (const auto& [name, service] : draft.project.services) {
    if (service.replicas == 0 || draft.wanted.count(name) == 0) continue;
    for (const Port& port : service.ports) {
      if (port.published == 0 || port.published != port.published_end) continue;
      const auto key = std::make_pair(port.published, port.protocol);
      const auto [first, last] = taken.equal_range(key);
      for (auto other = first; other != last; ++other) {
        if (!overlap(port.host_ip, other->second.port->host_ip)) continue;
        const Mark& mark = other->second.port->mark;
        report.error(port.mark, "services." + name + ".ports",
                     "host port " + std::to_string(port.published) + "/" + port.protocol +
                         " is taken by service '" + other->second.service->name + "' (" + mark.file + ":" +
                         std::to_string(mark.line) + ")");
        break;
      }
      taken.emplace(key, Taken{&port, &service});
    }
  }
}

}  // namespace parser
