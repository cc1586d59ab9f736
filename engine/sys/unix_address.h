#pragma once
// Addresses of Unix domain sockets (unix(7)) by folder and name, because a socket's path may have 107 bytes
// only and a folder's may be longer.
#include <sys/un.h>

#include "sys/fd.h"

namespace sys {

// Good while `folder` is open. `name` has at most 60 bytes.
sockaddr_un unix_address(const Fd& folder, const char* name);

}  // namespace sys
