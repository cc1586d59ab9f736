#pragma once
// Addresses of Unix domain sockets (unix(7)) by folder and name, because a socket's path may have 107 bytes
// only and a folder's may be longer.
#include <sys/un.h>

#include <string>

#include "sys/fd.h"

namespace sys {

// Good while `folder` is open. `name` has at most 60 bytes.
sockaddr_un unix_address(const Fd& folder, const char* name);
// Gives the socket the address <folder>/<name>, with these permissions; one that is left there goes. Throws
// Error.
void bind_unix(const Fd& socket, const std::string& folder, const char* name, mode_t mode);

}  // namespace sys
