#pragma once
// Standing between the caller's streams and a program in a container. See also attached.h.
#include <string>

namespace engine {

// `exec`: copies between the caller's stdin/stdout and the terminal `master` until a message comes at
// `report` (returned; empty when the sender died) and what was written by then is shown. Throws sys::Error.
std::string relay_terminal(int master, int report);

}  // namespace engine
