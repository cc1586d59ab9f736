#pragma once
// A layer's folder as its canonical tar (see image_store.h): entries in byte order of their names, whiteouts
// as
// ".wh." files and opaque folders as ".wh..wh..opq" right after the folder (OCI image-spec, layer.md), a
// file's further names as hard links to the first, sockets left out, modification times in whole seconds. The
// root folder itself is written as "./" only when its mode, owner or attributes differ from 0755 root, and
// with time 0.
//
// The tar is what gives a layer its diff id; the same function makes it again for pushing and saving.
#include <cstdint>
#include <functional>
#include <string>

namespace engine {

using ByteSink = std::function<void(const char* data, size_t size)>;

// Writes the tar of the folder open as `root`. The folder must not change meanwhile: throws
// engine::Error(kConflict) naming a file that did, kInvalid as walk_tree does, sys::Error; what `sink` throws
// passes through.
void write_layer_tar(int root, const ByteSink& sink);

struct TarDigest {
  std::string diff_id;  // sha256:<hex>
  int64_t size = 0;     // bytes of the tar
};
// Of that tar. Reading and hashing overlap on two threads.
TarDigest digest_layer_tar(int root);
std::string layer_diff_id(int root);

// Bytes allocated on disk below and including `root`, each inode once (as du -s counts).
int64_t disk_usage(int root);

// Makes the upper folder of an overlay fit to be a lower one anywhere: drops the attributes that tie it to
// the mount that made it (trusted.overlay.origin, impure, nlink, uuid, ...) and sockets nobody listens on.
// Throws engine::Error(kInternal) when the mount was made with redirect_dir or metacopy, for then the folder
// is not whole.
void clean_upper(int root);

}  // namespace engine
