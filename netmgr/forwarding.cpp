#include "netmgr/forwarding.h"

#include <algorithm>

#include "netmgr/link.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

const char* knob(bool v6) {
  return v6 ? "/proc/sys/net/ipv6/conf/all/forwarding" : "/proc/sys/net/ipv4/ip_forward";
}

std::string advertisements_of(const std::string& link) {
  return "/proc/sys/net/ipv6/conf/" + link + "/accept_ra";
}

}  // namespace

bool forwarding_is_off(bool v6) {
  return sys::read_file(knob(v6)).starts_with('0');
}

void switch_forwarding(bool v6, bool on) {
  sys::write_knob(knob(v6), on ? "1" : "0");
}

std::vector<std::string> links_taking_advertisements() {
  NetlinkSocket route(NETLINK_ROUTE);
  std::vector<std::string> names;
  for (const Link& link : all_links(route)) {
    if (link.name == "lo" || link.alias.starts_with("compose ")) continue;  // not of ours
    const auto setting = sys::read_file_if_exists(advertisements_of(link.name));
    if (setting && setting->starts_with('1')) names.push_back(link.name);
  }
  return names;
}

void take_advertisements(const std::vector<std::string>& links, bool also_as_router) {
  for (const std::string& link : links) {
    const std::string path = advertisements_of(link);
    const auto setting = sys::read_file_if_exists(path);
    // One that is gone, or that somebody has set otherwise meanwhile, is left alone.
    if (setting && setting->starts_with(also_as_router ? '1' : '2'))
      sys::write_knob(path, also_as_router ? "2" : "1");
  }
}

}  // namespace netmgr
