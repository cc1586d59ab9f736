#pragma once
// The servers that names which are not ours are asked of, and which of them answer at present.
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace netmgr::dns {

using Milliseconds = int64_t;  // of CLOCK_MONOTONIC
Milliseconds now();
uint16_t random_id();

class Upstreams {
 public:
  // "10.0.0.53", "10.0.0.53:5353", "fd00::53", "[fd00::53]:5353", "fe80::1%eth0"; asked from `netns`, or,
  // when that is empty, from the calling thread's namespace. Throws sys::Error.
  explicit Upstreams(const std::vector<std::string>& texts, sys::Fd netns = {});

  // Which of them one question has been tried with, a bit each; only the first 32 are used.
  using Tried = uint32_t;
  // The next to try: in order, those that did not answer lately last. Nothing when all have been tried.
  std::optional<size_t> next(Tried tried) const;
  void mark_silent(size_t upstream);
  void mark_answering(size_t upstream) { servers_[upstream].silent_until = 0; }

  // A non-blocking socket connected (TCP: connecting) to it, so that only its answers are received. Empty
  // when that fails.
  sys::Fd connect(size_t upstream, int type) const;

 private:
  struct Server {
    sockaddr_storage address{};
    socklen_t size = 0;
    Milliseconds silent_until = 0;
  };
  static Server parse(const std::string& text);
  static sys::Fd connect_to(const Server& server, int type);

  std::vector<Server> servers_;
  sys::Fd netns_;
};

}  // namespace netmgr::dns
