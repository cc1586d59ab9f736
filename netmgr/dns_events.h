#pragma once
// How the server's parts share one epoll descriptor: what an event is about, with a generation so that an
// event meant for a slot's former user is told from one for its present user.
#include <sys/epoll.h>

#include <cstdint>

namespace netmgr::dns {

enum class Source : uint8_t { kUdp, kListener, kTimer, kRelay, kClient, kExchange };

struct Tag {
  Source source = Source::kUdp;
  uint32_t generation = 0;  // 24 bits
  uint32_t index = 0;

  uint64_t pack() const {
    return uint64_t{static_cast<uint8_t>(source)} << 56 | uint64_t{generation & 0xffffff} << 32 | index;
  }
  static Tag unpack(uint64_t value) {
    return {static_cast<Source>(value >> 56), static_cast<uint32_t>(value >> 32 & 0xffffff),
            static_cast<uint32_t>(value)};
  }
};

// epoll_ctl(2); false when it fails, for want of memory.
inline bool watch(int epoll, int operation, int fd, uint32_t events, Tag tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag.pack();
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

}  // namespace netmgr::dns
