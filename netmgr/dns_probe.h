#pragma once
// One question to a name server, for who wants to know whether it answers at all.
#include <cstdint>
#include <string>

namespace netmgr {

// Asks `server` ("10.0.0.53", "10.0.0.53:5353", "fd00::53") from the calling thread's namespace for the A
// records of `name` (empty: for those of the root, which have an answer everywhere), and waits so long. True
// when an answer comes, be it that there is no such name; false for silence and for a failure of the
// server's. RFC 1035 section 4. Throws sys::Error when `server` is no address.
bool dns_answers(const std::string& server, const std::string& name, int timeout_ms);

}  // namespace netmgr
