#pragma once
// The lowest layer of every container: the files and folders that the engine mounts on, empty, where its
// image has none. Without it each start would make them in the container's own layer, which costs more than
// the mounts, and they would have to be told from what the container has made.
#include <string>

#include "engine/paths.h"

namespace engine {

// Its folder, which is made when it is not there. Any thread, any process. Throws sys::Error.
std::string stub_layer(const Paths& paths);

}  // namespace engine
