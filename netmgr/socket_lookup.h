#pragma once
#include <cstdint>

#include "sys/fd.h"

namespace netmgr {

// Attaches a program to `netns` that gives what comes for `address`:`port` (host order) to the two sockets,
// whatever they and others are bound to. Detached when the descriptor is closed. Empty when the kernel will
// not have it (before 5.9, or BPF is locked down).
sys::Fd redirect_lookups(const sys::Fd& netns, uint32_t address, uint16_t port, const sys::Fd& udp,
                         const sys::Fd& listener);

}  // namespace netmgr
