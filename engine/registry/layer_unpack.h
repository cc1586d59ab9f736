#pragma once
// A layer's blob into a folder, in one pass: without its compression, hashed, unpacked
// (engine/image/unpack.h).
#include <string>

#include "engine/image/unpack.h"

namespace engine::registry {

// Reads all of `source` and returns the diff id ("sha256:...") of the tar that was in it. `name`: for
// messages. Throws as Inflate and unpack_tar_stream; the folder is half filled then. The bytes need not have
// been verified: nothing in them reaches beyond the folder.
std::string unpack_layer(const ByteSource& source, const std::string& name, const std::string& folder);

}  // namespace engine::registry
