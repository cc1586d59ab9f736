#pragma once
// A container's upper folder as the folder of a layer.
#include <functional>
#include <string>

#include "engine/build/layered_view.h"

namespace engine {

// Copies what lies in the folder open as `upper`, and its own mode, owner and attributes, into the empty
// folder open as `layer`: bytes, never links to the container's files; hard links among them, holes and layer
// attributes (layer_xattr.h) are kept. Left out are sockets, mount stubs (upper_walk.h), and folders that
// came into the upper only as a way to others. `cancelled` is asked before each object; when it says so
// engine::Error(kUnavailable) is thrown. Others: as walk_upper.
void copy_upper(int upper, const build::LayeredView& image, int layer,
                const std::function<bool()>& cancelled);

}  // namespace engine
