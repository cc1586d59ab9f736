#pragma once
// What a container's upper folder changed about its image, as `docker diff` tells it: for each object its
// mode, owner, size, time and capabilities are compared; a folder above something changed counts as changed.
#include <string>
#include <vector>

#include "engine/build/layered_view.h"
#include "engine/commit.h"

namespace engine {

// In byte order of the names within a folder, parents first; what is removed is told by its topmost folder.
// Mount stubs (upper_walk.h) are no changes. Throws as walk_upper.
std::vector<PathChange> changes_of(int upper, const build::LayeredView& image);

}  // namespace engine
