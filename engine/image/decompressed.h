#pragma once
// The bytes of a file without its compression, whichever of those it is that libarchive undoes itself; of a
// file without any, its bytes. Internal to this room. Not thread-safe.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/image/archive_reader.h"
#include "engine/image/layer_tar.h"
#include "engine/image/unpack.h"

namespace engine {

class Decompressed {
 public:
  // From the descriptor's present position; it stays the caller's. `name`: for messages. Throws
  // engine::Error(kInvalid), as all here does for bytes that cannot be read.
  Decompressed(int fd, std::string name);

  // As a ByteSource.
  size_t read(char* buffer, size_t size);
  // Bytes read from the file so far.
  int64_t raw_bytes() const;
  // All that is left, to `sink`, within the limits on what archives unpack to.
  void pour(const ByteSink& sink, const UnpackLimits& limits);

 private:
  bool next_block();

  ArchiveReader reader_;
  std::string name_;
  const char* data_ = nullptr;
  size_t left_ = 0;
};

}  // namespace engine
