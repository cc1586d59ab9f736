#include "sys/unix_address.h"

#include <sys/socket.h>

#include <cstdio>

namespace sys {

sockaddr_un unix_address(const Fd& folder, const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.get(), name);
  return address;
}

}  // namespace sys
