#include "sys/unix_address.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "sys/error.h"

namespace sys {

sockaddr_un unix_address(const Fd& folder, const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder.get(), name);
  return address;
}

void bind_unix(const Fd& socket, const std::string& folder, const char* name, mode_t mode) {
  const Fd place = open(folder, O_PATH | O_DIRECTORY);
  ::unlinkat(place.get(), name, 0);
  const sockaddr_un address = unix_address(place, name);
  const mode_t before = ::umask(0777 & ~mode);
  const int result = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  check(result, "bind", folder + '/' + name);
}

}  // namespace sys
