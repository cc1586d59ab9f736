#pragma once
// The kernel's capabilities by name, and putting them on the calling process (man 7 capabilities).
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

// Bit n stands for capability number n.
using CapabilityMask = uint64_t;

// All 41 names with CAP_ in front, by number (Linux 5.9 to date).
const std::vector<std::string>& capability_names();
// Throws engine::Error(kInvalid) naming an unknown one. Accepts names with or without CAP_, in any case.
CapabilityMask capability_mask(const std::vector<std::string>& names);
// What the calling process may hand on: its permitted set.
CapabilityMask own_capabilities();

// Cuts the bounding set down to `mask`. Needs CAP_SETPCAP. Throws sys::Error.
void limit_bounding_set(CapabilityMask mask);
// Permitted and effective become `mask`; inheritable and ambient become empty. Throws sys::Error.
void set_capabilities(CapabilityMask mask);

}  // namespace engine
