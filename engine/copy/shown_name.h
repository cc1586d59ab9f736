#pragma once
#include <algorithm>
#include <string>

#include "engine/image/entry_path.h"

namespace engine {

// A path of somebody else's tree for messages: as it is, unless a terminal would take something in it for an
// order.
inline std::string shown_name(const std::string& path) {
  const bool plain = std::none_of(path.begin(), path.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return plain ? path : quoted(path);
}

}  // namespace engine
