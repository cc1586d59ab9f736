#pragma once
// What the floor programs make a container of, by the kernel alone. Throws std::system_error.
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "netmgr/link.h"
#include "netmgr/netlink.h"
#include "sys/fd.h"

namespace bare {

inline constexpr uint64_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

inline void need(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

// In mount and pid namespaces of its own: returns where `root` is now, below `work`, with /proc in it.
inline std::string mount_root(const std::string& root, const std::string& work) {
  need(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount private");
  const std::string options = "lowerdir=" + root + ",upperdir=" + work + "/upper,workdir=" + work + "/work";
  std::string merged = work + "/merged";
  need(::mount("overlay", merged.c_str(), "overlay", 0, options.c_str()) == 0, "mount overlay");
  need(::mount("proc", (merged + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0,
       "mount proc");
  return merged;
}

inline void pivot_into(const std::string& root) {
  need(::chdir(root.c_str()) == 0, "chdir");
  need(::syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  need(::umount2(".", MNT_DETACH) == 0, "umount");
  need(::chdir("/") == 0, "chdir");
}

// `subnet`: the first address of a /16, whose next is the bridge's.
inline netmgr::InterfaceAddress address_in(uint32_t subnet, uint32_t number) {
  return {netmgr::ipv4(subnet + number), 16};
}

inline void make_link(netmgr::NetlinkSocket& route, const netmgr::Link& bridge, const std::string& name,
                      uint32_t subnet, const sys::Fd& netns) {
  netmgr::VethSettings veth;
  veth.name = name;
  veth.alias = name;
  veth.peer.name = "eth0";
  veth.peer.mac = "02:00:00:00:00:02";
  veth.peer.addresses = {address_in(subnet, 2)};
  veth.peer.gateways = {address_in(subnet, 1).address};
  netmgr::make_veth(route, bridge, veth, netns);
}

}  // namespace bare
