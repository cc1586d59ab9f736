#pragma once
// Images out of an archive: what save_images and `docker save` write, of any version since 1.10
// (docker-archive), and OCI image layouts (OCI image-spec, image-layout.md), as a tar, plain or compressed,
// or as a folder. Layers may be plain or compressed themselves.
//
// Images keep their ids: configurations are taken to the byte, and layers keep the blobs they came in
// (layer_blobs.h), but for those that the store can make again to the byte, which save_images wrote, and
// those in compressions that no registry takes, which become plain tars. Every digest that the archive tells
// is checked. Either all of the archive's images come in or, with an engine::Error(kInvalid), nothing.
#include <string>
#include <vector>

#include "engine/image/image_store.h"
#include "engine/image/platform.h"
#include "engine/image/unpack.h"

namespace engine {

struct LoadOptions {
  // Of several images under one name this one is taken; one that stands alone whatever it is, unless
  // `strict`.
  Platform platform = host_platform();
  bool strict = false;
  UnpackLimits limits;
};

struct LoadedImage {
  std::string id;                       // sha256:...
  std::vector<std::string> references;  // that it has got
  struct Renamed {
    std::string reference, old_id;  // another image had the name before
  };
  std::vector<Renamed> renamed;
};

// The archive that can be read from the descriptor; `name` is for messages. Throws engine::Error, sys::Error.
std::vector<LoadedImage> load_images(ImageStore& store, int fd, const std::string& name,
                                     const LoadOptions& options);
// A folder that holds an OCI image layout.
std::vector<LoadedImage> load_images_from_folder(ImageStore& store, const std::string& folder,
                                                 const LoadOptions& options);

}  // namespace engine
