#include "engine/container/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "sys/error.h"
#include "sys/unix_address.h"

namespace engine {

sys::Fd listen_at(const std::string& folder, const char* name) {
  sys::Fd socket(sys::check(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
  sys::bind_unix(socket, folder, name, 0600);
  sys::check(::listen(socket.get(), 64), "listen", folder + '/' + name);
  return socket;
}

sys::Fd connect_to(const std::string& folder, const char* name) {
  const sys::Fd place(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place) {
    if (errno == ENOENT) return {};
    sys::fail("open", folder);
  }
  sys::Fd socket(sys::check(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket"));
  const sockaddr_un address = sys::unix_address(place, name);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  if (errno == ENOENT || errno == ECONNREFUSED) return {};
  sys::fail("connect", folder + '/' + name);
}

}  // namespace engine
