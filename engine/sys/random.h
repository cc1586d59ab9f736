#pragma once
#include <cstddef>
#include <string>

namespace sys {

// `digits` lower-case hex digits from getrandom(2). Container, network and volume ids are random_hex(64).
std::string random_hex(size_t digits);

}  // namespace sys
