// An archive of images of any bytes: it is read, and its tables of contents understood, or refused; nothing
// is written beside the staging folder.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/error.h"
#include "engine/image/archive_files.h"
#include "engine/image/archive_images.h"
#include "engine/image/digest.h"
#include "fuzz_folder.h"
#include "sys/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FuzzFolder folder;
  engine::LoadOptions options;
  options.limits = {64 << 20, 1 << 20, 1100, 1000};
  try {
    engine::ArchiveFiles files(folder.path());
    files.read_archive(as_file(data, size).get(), "fuzz", options.limits);
    for (const engine::ArchivedImage& image : engine::images_in(files, "fuzz", options)) {
      if (image.id != "sha256:" + engine::sha256_hex(image.config_json)) std::abort();
      if (image.layers.size() != image.config.diff_ids.size()) std::abort();
    }
  } catch (const engine::Error&) {
  } catch (const sys::Error&) {  // a name that the file system does not take
  }
  return 0;
}
