// How the container is called, and the names and addresses it knows.
#include "parser/address.h"
#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/port_syntax.h"
#include "parser/units.h"

namespace parser {

void read_hostname(const At& at) {
  if (at.node.text.empty()) return;  // a variable that is not set: as if it were not given
  check_host_name("host name", at.node.text);
  at.service.hostname = at.node.text;
}

void read_domainname(const At& at) {
  if (at.node.text.empty()) return;
  check_host_name("domain name", at.node.text);
  at.service.domainname = at.node.text;
}

// "name=address", the canonical form; several addresses stand behind each other with commas.
void read_extra_hosts(const At& at) {
  at.each([&](const Node& item) {
    const size_t equals = item.text.find('=');
    const std::string name = item.text.substr(0, equals);
    check_host_name("host name", name);
    std::string rest = equals == std::string::npos ? "" : item.text.substr(equals + 1);
    while (true) {
      const size_t comma = rest.find(',');
      std::string address = rest.substr(0, comma);
      if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
      if (address != "host-gateway" && !read_address(address))
        throw ValueError("'" + address + "' is not an IP address",
                         did_you_mean(address, {"host-gateway"}).empty()
                             ? "write name=address: db.example=10.0.0.5"
                             : "did you mean 'host-gateway'?");
      at.service.extra_hosts.push_back(name + "=" + address);
      if (comma == std::string::npos) break;
      rest.erase(0, comma + 1);
    }
  });
}

void read_dns(const At& at) {
  at.each([&](const Node& item) {
    check_address(item.text);
    at.service.dns.push_back(item.text);
  });
}

void read_dns_search(const At& at) {
  at.each([&](const Node& item) {
    // "." alone: no search domain at all.
    if (item.text != ".") check_host_name("search domain", item.text);
    at.service.dns_search.push_back(item.text);
  });
}

void read_mac_address(const At& at) {
  at.service.mac_address = normal_mac_address(at.node.text);
}

void read_expose(const At& at) {
  at.each([&](const Node& item) {
    const size_t slash = item.text.find('/');
    if (slash != std::string::npos) check_protocol(item.text.substr(slash + 1));
    parse_port_range(item.text.substr(0, slash), "port");
    at.service.expose.push_back(item.text);
  });
}

}  // namespace parser
