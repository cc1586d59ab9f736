#include "engine/image/decompressed.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"

namespace engine {

Decompressed::Decompressed(int fd, std::string name) : reader_(archive_read_new()), name_(std::move(name)) {
  if (!reader_) throw Error(Error::Kind::kInternal, "cannot read archives: out of memory");
  archive* a = reader_.get();
  // Never the compressions for which libarchive would start a program.
  archive_read_support_filter_gzip(a);
  archive_read_support_filter_zstd(a);
  archive_read_support_filter_xz(a);
  archive_read_support_filter_lzma(a);
  archive_read_support_filter_bzip2(a);
  archive_read_support_filter_lz4(a);
  archive_read_support_filter_compress(a);
  archive_read_support_format_raw(a);
  archive_entry* entry = nullptr;
  if (archive_read_open_fd(a, fd, 256 * 1024) != ARCHIVE_OK ||
      archive_read_next_header(a, &entry) != ARCHIVE_OK)
    refuse_archive(a, name_);
}

bool Decompressed::next_block() {
  const void* data = nullptr;
  la_int64_t offset = 0;
  do {
    const int result = archive_read_data_block(reader_.get(), &data, &left_, &offset);
    if (result == ARCHIVE_EOF) return false;
    if (result != ARCHIVE_OK) refuse_archive(reader_.get(), name_);
  } while (left_ == 0);
  data_ = static_cast<const char*>(data);
  return true;
}

size_t Decompressed::read(char* buffer, size_t size) {
  if (left_ == 0 && !next_block()) return 0;
  const size_t n = std::min(size, left_);
  std::memcpy(buffer, data_, n);
  data_ += n;
  left_ -= n;
  return n;
}

int64_t Decompressed::raw_bytes() const {
  return archive_filter_bytes(reader_.get(), -1);
}

void Decompressed::pour(const ByteSink& sink, const UnpackLimits& limits) {
  for (int64_t total = 0; left_ > 0 || next_block();) {
    total += static_cast<int64_t>(left_);
    if (total > limits.total_bytes || total - limits.slack_bytes > raw_bytes() * limits.ratio)
      throw Error(Error::Kind::kInvalid, "archive " + name_ + ": it looks like a decompression bomb");
    sink(data_, left_);
    left_ = 0;
  }
}

}  // namespace engine
