#pragma once
// What the table `inet compose` holds, and the verbs that change it. Every verb is one transaction and
// excludes the others, in this program and in others, by a lock named after the network namespace.
#include <string>
#include <vector>

#include "netmgr/driver.h"
#include "netmgr/ruleset.h"
#include "sys/file.h"

namespace netmgr {

// Held while the firewall of the calling thread's network namespace is read and changed: a host lock by the
// namespace's device and inode, so that two programs on one host exclude each other wherever their state
// lies. Not a lock on the namespace's own file: anybody who can open that could hold it.
class FirewallLock {
 public:
  FirewallLock();  // waits; throws sys::Error

 private:
  sys::FileLock lock_;
};

struct FirewallState {
  bool exists = false;
  struct Forwarding {
    bool was_off = false;
    bool for_us_alone = false;  // what none of our networks has to do with is dropped
  };
  Forwarding v4, v6;
  std::vector<std::string> advertised;  // links that took router advertisements
  std::vector<std::string> bridges;
  std::vector<OwnSubnet> subnets;
  std::vector<Publish> ports;
};

// Throws sys::Error.
FirewallState read_firewall();

// The lock must be held for these. Throw sys::Error.
// `v4_was_off`, `v6_was_off`: forwarding, which is about to be switched on for our networks alone;
// `advertised`: links that are to take router advertisements all the same.
void add_network(const FirewallLock&, const NetworkRules& rules, bool v4_was_off, bool v6_was_off,
                 const std::vector<std::string>& advertised);
// Also forgets ports published to the network's subnets.
// `state`: as it has been read under the lock.
void remove_network(const FirewallLock&, const std::string& bridge, const FirewallState& state);
// False when the rules or the bridge's element are missing.
bool knows_bridge(const std::string& bridge);

// `is_alive` tells whether a container address is in use; a port that leads to one that is not is taken over,
// else the error is EADDRINUSE and names the port and the holder.
void add_ports(const FirewallLock&, const std::vector<Publish>& ports,
               bool (*is_alive)(const std::string& address));
// Takes away exactly these; a port that leads elsewhere by now is left.
void remove_ports(const FirewallLock&, const std::vector<Publish>& ports);

void delete_table(const FirewallLock&);

}  // namespace netmgr
