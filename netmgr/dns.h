#pragma once
// The DNS server inside a container's network namespace at 127.0.0.11:53, run by the container's monitor.
// Links into the small static program: no third-party library, no threads, no allocation for a cached answer.
//
// Names come from folders, one per network, holding one small file per running endpoint (named by the
// container's id prefix), written by that container's monitor and removed when it stops:
//   line 1: an address, IPv4 before IPv6; line 2 may be its IPv6 address; every further line: one name, and
//   the last may be its state, "!unhealthy" for one: see EndpointState.
// The server looks whether the folders have changed when a query comes, so an idle server never wakes. RFC
// 1035, RFC 3596 (IPv6), RFC 6891 (EDNS0), RFC 2308 (NODATA).
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace netmgr {

struct DnsConfig {
  std::vector<std::string> directories;  // of the networks the container is on
  std::vector<std::string> upstreams;    // "10.0.0.53" or "10.0.0.53:5353"; asked in order, failing over
  // Alias -> name: what is asked of the one is answered with what the other has.
  std::map<std::string, std::string> links = {};
  bool ask_from_inside = false;  // the upstreams are asked from within `netns`
};

namespace dns {
class ServerSockets;
}

// What a server listens by, for who makes it before it is known what the server is to know: a fifth of the
// time of a container's start.
class DnsSockets {
 public:
  // Inside `netns`, as DnsServer has it. Throws sys::Error.
  explicit DnsSockets(const sys::Fd& netns);
  ~DnsSockets();
  DnsSockets(DnsSockets&& other) noexcept;
  DnsSockets& operator=(DnsSockets&&) = delete;
  bool is_in(const sys::Fd& netns) const;
  // Gives its descriptors numbers from `first` on. Throws sys::Error.
  void renumber(int first);

 private:
  friend class DnsServer;
  std::unique_ptr<dns::ServerSockets> sockets_;
  uint64_t netns_;  // its inode's number
};

class DnsServer {
 public:
  // Listens (UDP and TCP) inside `netns`; upstream sockets are made in the caller's own namespace, or
  // in `netns`. The calling thread enters `netns` only for the time that takes. Throws sys::Error.
  DnsServer(const sys::Fd& netns, DnsConfig config);
  // With sockets that are inside `netns`.
  DnsServer(DnsSockets sockets, const sys::Fd& netns, DnsConfig config);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // One epoll descriptor standing for all of the server's sockets and timers: readable when `serve` has work.
  int poll_fd() const;
  // Does all pending work without blocking; never throws for what comes from the wire.
  void serve();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The endpoint files. Who watches a folder (endpoint_watch.h) is told.
enum class EndpointState {
  kGood,
  kStarting,   // it has not been found healthy yet; its names lead to it
  kUnhealthy,  // its names lead to it only where no other endpoint has them that is not
  kLeaving     // about to be stopped, or paused; its names lead to it still, new work is not to
};
void register_endpoint(const std::string& directory, const std::string& container_id,
                       const std::vector<std::string>& addresses, const std::vector<std::string>& names,
                       EndpointState state = EndpointState::kGood);
void unregister_endpoint(const std::string& directory, const std::string& container_id);

}  // namespace netmgr
