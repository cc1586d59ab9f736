#pragma once
// Other tools' nftables chains at the forward hook. What our own table accepts is dropped by one of theirs
// whose policy is drop (Docker's, ufw's, an administrator's). So each such chain gets two rules of ours at
// its end, for one bridge each way: they take the place of the policy for our traffic, and every rule of the
// chain's owner still comes first. They carry a comment that names the bridge, by which they are found and
// taken away.
#include <string>
#include <vector>

namespace netmgr {

class FirewallLock;

// Idempotent. `v6`: chains of IPv6 as well. Throw sys::Error.
void pass_foreign_policies(const FirewallLock&, const std::string& bridge, bool v6);
void remove_foreign_rules(const FirewallLock&, const std::string& bridge);

// The chains that drop by policy and have no rule of ours for the bridge: "ip filter FORWARD". Throws
// sys::Error.
std::vector<std::string> chains_that_drop(const std::string& bridge, bool v6);

// True when another tool filters forwarded packets, so forwarding may be wanted beside us. Throws sys::Error.
bool others_filter_forwarding(bool v6);

}  // namespace netmgr
