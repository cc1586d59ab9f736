#pragma once
// Which images an archive holds, by its tables of contents: the first half of load_images (image_load.h),
// without the store. Digests and sizes of all documents and blobs are checked here. Throws
// engine::Error(kInvalid).
#include <string>
#include <vector>

#include "engine/image/archive_files.h"
#include "engine/image/config.h"
#include "engine/image/image_load.h"

namespace engine {

struct ArchivedImage {
  std::string id;           // sha256:..., of config_json
  std::string config_json;  // to the byte
  ImageConfig config;
  std::vector<ArchivedFile> layers;     // as many as config.diff_ids; what is in them is not checked
  std::vector<std::string> references;  // docker.io/library/busybox:latest
};

// `name`: for messages.
std::vector<ArchivedImage> images_in(ArchiveFiles& files, const std::string& name,
                                     const LoadOptions& options);

}  // namespace engine
