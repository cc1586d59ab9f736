#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {

namespace {

// By the old call (man 7 netdevice), which needs nothing else of this library.
void set_loopback_up() {
  const sys::Fd socket(sys::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  sys::check(::ioctl(socket.get(), SIOCSIFFLAGS, &request), "ioctl", "SIOCSIFFLAGS");
}

}  // namespace

sys::Fd new_namespace() {
  const sys::Fd here = current_namespace();
  // Going back is this object's work; unshare(2) moves only the calling thread.
  const NamespaceScope back(here);
  sys::check(::unshare(CLONE_NEWNET), "unshare", "network namespace");
  sys::Fd made = current_namespace();
  set_loopback_up();
  // Whoever is in here has the addresses to himself, so the ports below 1024 guard nothing, nor does the
  // right to make raw sockets for who only wants to ping: as Docker has it, a program need not be root for
  // either.
  sys::write_knob("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
  sys::write_knob("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
  return made;
}

}  // namespace netmgr
