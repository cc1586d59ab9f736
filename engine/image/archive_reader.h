#pragma once
// Reading tar archives of any origin with libarchive: in which forms, and how much of them. Internal to this
// room.
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

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

// A reader that knows the compressions libarchive undoes itself, and no format yet. Throws
// engine::Error(kInternal).
ArchiveReader new_archive_reader();
// The same, knowing tar too.
ArchiveReader new_tar_reader();

// Bytes read so far, before any decompression.
std::function<int64_t()> raw_bytes_of(archive* a);

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
