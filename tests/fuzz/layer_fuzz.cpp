// A layer of any bytes is unpacked or refused, nothing is written beside its folder; and what was unpacked
// has one canonical tar, which unpacks to the same again.
#include <dirent.h>
#include <fcntl.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "engine/error.h"
#include "engine/image/layer_tar.h"
#include "engine/image/unpack.h"
#include "fuzz_folder.h"
#include "sys/error.h"

namespace {

constexpr engine::UnpackLimits kLimits{64 << 20, 1 << 20, 1100, 1000};

// Nothing when the layer was refused.
std::optional<std::string> tar_of_unpacked(int fd, const std::string& folder) {
  sys::make_dirs(folder);
  try {
    engine::unpack_archive_from(fd, "fuzz", folder, true, kLimits);
  } catch (const engine::Error&) {
    return std::nullopt;
  } catch (const sys::Error&) {  // what the file system does not take: a name or attribute that is too long
    return std::nullopt;
  }
  std::string tar;
  try {
    engine::write_layer_tar(sys::open(folder, O_RDONLY | O_DIRECTORY).get(),
                            [&](const char* data, size_t size) { tar.append(data, size); });
  } catch (const engine::Error&) {
    return std::nullopt;
  }
  return tar;
}

size_t entries(const std::string& folder) {
  size_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FuzzFolder folder;
  const std::optional<std::string> once = tar_of_unpacked(as_file(data, size).get(), folder.path() + "/a");
  if (entries(folder.path()) != 1) std::abort();
  if (!once) return 0;
  const std::optional<std::string> again =
      tar_of_unpacked(as_file(once->data(), once->size()).get(), folder.path() + "/b");
  if (again != once) {
    std::cerr << "the canonical tar of what was unpacked unpacks to something else\n";
    std::abort();
  }
  return 0;
}
