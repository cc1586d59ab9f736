#pragma once
// A container's root file system as a tar stream, as `docker export` gives it: the layers as one tree,
// removed files left out, hard links, devices and layer attributes (layer_xattr.h) kept, sockets left out,
// names without a leading "./". The root folder itself is written, as "./", only when its mode, owner or
// attributes differ from 0755 root.
#include <string>
#include <vector>

#include "engine/build/layered_view.h"
#include "engine/image/layer_tar.h"

namespace engine {

// The tree may change meanwhile: what vanishes is passed over, a file that grows is cut at the size it had,
// one that shrinks is filled up with zeros; the paths of those are returned. Nothing is waited for but
// `sink`. Throws engine::Error(kInvalid) for a tree deeper than layers may be (kMaxDepth, kMaxPath),
// sys::Error; what `sink` throws passes through.
std::vector<std::string> write_root_tar(const build::LayeredView& root, const ByteSink& sink);

}  // namespace engine
