#pragma once
// Images as one archive that is an OCI image layout (OCI image-spec, image-layout.md) and a docker-archive at
// once, as `docker save` writes since version 25: blobs/sha256/..., index.json, manifest.json, oci-layout,
// repositories. `docker load`, skopeo (docker-archive: and oci-archive:), umoci and load_images read it.
//
// Layers are plain tars, named by their diff ids, each once; what is written depends on the images and their
// names only, so the same images give the same bytes. Nothing is copied to disk on the way.
#include <string>
#include <vector>

#include "engine/image/image_store.h"
#include "engine/image/layer_tar.h"

namespace engine {

struct ImageToSave {
  std::string id;                       // sha256:...
  std::vector<std::string> references;  // docker.io/library/busybox:latest
};

// What names on a command line mean, in their order, each image once: a reference with a tag, an id or a
// digest names one image (the last two no reference); a repository alone all its tags. Throws
// engine::Error(kNotFound) for the first that names nothing.
std::vector<ImageToSave> images_to_save(ImageStore& store, const std::vector<std::string>& names);

// Throws engine::Error (kUnavailable: a layer or configuration is damaged; bytes have been written by then);
// what `sink` throws passes through. Layers are held meanwhile.
void save_images(ImageStore& store, const std::vector<ImageToSave>& images, const ByteSink& sink);

}  // namespace engine
