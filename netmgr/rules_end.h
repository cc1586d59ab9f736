#pragma once
// How the table `inet compose` loses a network, and goes with the last. To read it is the dearest of what is
// done with it, so it is read once for all that is to be decided. `remove_firewall_if_unused` (driver.h) is
// here too.
#include <string>

namespace netmgr {

// Takes away what the firewall knows of the bridge; where it knows no other, the table, and forwarding if we
// switched it on. No container is on the bridge any more; whether it is still there does not matter. Throws
// sys::Error.
void end_rules_of(const std::string& bridge);

}  // namespace netmgr
