#pragma once
// Whether a container is made completely.
#include <string>

#include "engine/paths.h"

namespace engine {

// A folder of the container's that is there before all else of it, and as long as not all is made.
inline std::string making_mark(const Paths& paths, const std::string& id) {
  return paths.container(id) + "/making";
}

}  // namespace engine
