#pragma once
// The address of a server that is given by name.
#include <string>

namespace engine {

// As the name services of the host have it (man 5 nsswitch.conf), the first; of an address itself. They are
// shared libraries: `compose`, which has none, asks compose-full. Throws Error, kUnavailable, with what they
// say.
std::string server_address(const std::string& server);

}  // namespace engine
