#pragma once
// Reading tar archives of any origin with libarchive: in which forms, and how much of them. Internal to this
// room.
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/image/unpack.h"

namespace engine {

// libarchive converts names from UTF-8 to the locale's character set. On this thread that is UTF-8 as well
// while this lives, so that names pass through unchanged whatever the user's locale.
class Utf8Locale {
 public:
  Utf8Locale();  // throws engine::Error(kUnavailable) when the system has no such locale
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t before_{};
};

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchiveReader = std::unique_ptr<archive, FreeArchive>;

// Bytes in the form of a tar (or cpio) archive, entry by entry. What libarchive reads to find the next entry
// is bounded: its headers may tell of more holes and links than there is memory.
class TarReader {
 public:
  enum class Format { kTar, kTarOrCpio };
  // `name`: for messages.
  TarReader(ByteSource source, std::string name, Format format = Format::kTar);
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // Whether it begins as such an archive does. To be called first, and alone.
  bool is_readable();
  // What is left of the present entry's content is passed over. Null at the end; valid until the next call.
  // Throws engine::Error(kInvalid), and what the source throws.
  archive_entry* next();
  // The next piece of the present entry's content, as archive_read_data_block(3): false at its end. Throws
  // engine::Error(kInvalid) naming `entry`, and what the source throws.
  bool next_block(const std::string& entry, const void** data, size_t* size, la_int64_t* offset);

 private:
  static la_ssize_t read(archive* a, void* self, const void** data);
  void check_source();  // throws what it has thrown

  ByteSource source_;
  std::string name_;
  std::vector<char> buffer_;
  bool in_entry_ = false;
  int64_t header_bytes_ = -1;  // read for the next entry's headers; -1: content is read
  std::exception_ptr failure_;
  ArchiveReader reader_;  // last: it uses the others
};

// "archive NAME: WHY; is it a whole tar archive?" with libarchive's reason.
[[noreturn]] void refuse_archive(archive* a, const std::string& name);

// Counts what an archive unpacks to.
class ArchiveGuard {
 public:
  // `raw_bytes`: as read so far, before any decompression.
  ArchiveGuard(std::function<int64_t()> raw_bytes, const UnpackLimits& limits)
      : raw_bytes_(std::move(raw_bytes)), limits_(limits) {}
  // To be called before anything of the entry is written. Throws engine::Error(kInvalid) when it exceeds a
  // limit.
  void admit(archive_entry* entry, const std::string& name);

 private:
  std::function<int64_t()> raw_bytes_;
  const UnpackLimits& limits_;
  int64_t entries_ = 0, total_ = 0;
};

}  // namespace engine
