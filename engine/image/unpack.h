#pragma once
// Limits of unpack_archive (image_store.h), against archives made to fill the disk or the machine.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace engine {

struct UnpackLimits {
  // What all entries unpack to together, holes of sparse files included.
  int64_t total_bytes = int64_t{1} << 40;
  // Unpacked bytes allowed: `slack_bytes` plus `ratio` for each byte read from the archive. gzip cannot
  // exceed about 1032; only an archive that is nothing but repetition does with other compressions.
  int64_t slack_bytes = 256 << 20;
  int64_t ratio = 1100;
  int64_t entries = 10'000'000;
};

// As unpack_archive, with other limits. Reads from the descriptor's present position.
void unpack_archive_from(int archive_fd, const std::string& archive_name, const std::string& directory,
                         bool whiteouts, const UnpackLimits& limits);

// Puts up to `size` bytes into `buffer` and says how many; 0: the end.
using ByteSource = std::function<size_t(char* buffer, size_t size)>;

// As unpack_archive_from, for a tar without compression that comes piece by piece; what `source` throws
// passes through. Bytes after the archive's end are left in the source. `raw_bytes`: how many bytes have been
// read of what the tar comes from, for the ratio.
void unpack_tar_stream(const ByteSource& source, const std::string& name, const std::string& directory,
                       bool whiteouts, const UnpackLimits& limits, const std::function<int64_t()>& raw_bytes);

// True for a tar, plain or in a compression unpack_archive knows, by its content. Moves the descriptor's
// position.
bool is_tar(int fd);

}  // namespace engine
