#include "engine/registry/layer_unpack.h"

#include <vector>

#include "engine/image/digest.h"
#include "engine/registry/inflate.h"

namespace engine::registry {

std::string unpack_layer(const ByteSource& source, const std::string& name, const std::string& folder) {
  Inflate inflate(source, name);
  Sha256 hash;
  const ByteSource tar = [&](char* buffer, size_t size) {
    const size_t n = inflate.read(buffer, size);
    hash.update(buffer, n);
    return n;
  };
  unpack_tar_stream(tar, name, folder, true, UnpackLimits{}, [&] { return inflate.raw_bytes(); });
  std::vector<char> rest(64 * 1024);  // padding after the archive's end belongs to the tar's digest
  while (tar(rest.data(), rest.size()) > 0) {
  }
  return "sha256:" + hash.hex();
}

}  // namespace engine::registry
