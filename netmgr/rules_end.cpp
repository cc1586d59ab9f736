#include "netmgr/rules_end.h"

#include <linux/netlink.h>

#include <algorithm>

#include "netmgr/driver.h"
#include "netmgr/firewall.h"
#include "netmgr/foreign_chains.h"
#include "netmgr/forwarding.h"
#include "netmgr/link.h"

namespace netmgr {
namespace {

void take_table_away(const FirewallLock& lock, const FirewallState& state) {
  if (!state.exists) return;
  // As long as the rule is there that keeps forwarding for our networks alone, nobody else's packets were
  // forwarded, so nobody loses anything. Who took the rule away wants the host to be a router; and another
  // tool's rules for forwarding may rely on it by now.
  for (const bool v6 : {false, true}) {
    const FirewallState::Forwarding& forwarding = v6 ? state.v6 : state.v4;
    if (!forwarding.was_off || !forwarding.for_us_alone || others_filter_forwarding(v6)) continue;
    switch_forwarding(v6, false);
    if (v6) take_advertisements(state.advertised, false);
  }
  delete_table(lock);
}

}  // namespace

void end_rules_of(const std::string& bridge) {
  const FirewallLock lock;
  const FirewallState state = read_firewall();
  // Those whose bridge is not there are what a process that died has told the firewall: who tells it of a
  // network holds the lock until the bridge is there.
  NetlinkSocket route(NETLINK_ROUTE);
  const bool has_others =
      std::any_of(state.bridges.begin(), state.bridges.end(),
                  [&](const std::string& other) { return other != bridge && find_link(route, other); });
  remove_foreign_rules(lock, bridge);
  if (has_others) {
    remove_network(lock, bridge, state);
  } else {
    take_table_away(lock, state);
  }
}

void remove_firewall_if_unused() {
  const FirewallLock lock;
  const FirewallState state = read_firewall();
  bool is_used = false;
  NetlinkSocket route(NETLINK_ROUTE);
  std::vector<std::string> gone;
  for (const std::string& bridge : state.bridges) {
    if (find_link(route, bridge)) {
      is_used = true;
    } else {
      gone.push_back(bridge);
    }
  }
  for (const std::string& bridge : gone) {
    remove_foreign_rules(lock, bridge);
    if (is_used) remove_network(lock, bridge, state);
  }
  if (!is_used) take_table_away(lock, state);
}

}  // namespace netmgr
