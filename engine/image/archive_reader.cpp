#include "engine/image/archive_reader.h"

#include "engine/error.h"
#include "engine/image/entry_path.h"

namespace engine {

Utf8Locale::Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
  if (locale_ == nullptr)
    throw Error(Error::Kind::kUnavailable, "the locale C.UTF-8 is missing (package libc-bin)");
  before_ = ::uselocale(locale_);
}

Utf8Locale::~Utf8Locale() {
  ::uselocale(before_);
  ::freelocale(locale_);
}

ArchiveReader new_archive_reader() {
  ArchiveReader reader(archive_read_new());
  if (!reader) throw Error(Error::Kind::kInternal, "cannot read archives: out of memory");
  archive* a = reader.get();
  // Those that libarchive does itself; never the ones for which it would start a program.
  archive_read_support_filter_gzip(a);
  archive_read_support_filter_zstd(a);
  archive_read_support_filter_xz(a);
  archive_read_support_filter_lzma(a);
  archive_read_support_filter_bzip2(a);
  archive_read_support_filter_lz4(a);
  archive_read_support_filter_compress(a);
  return reader;
}

ArchiveReader new_tar_reader() {
  ArchiveReader reader = new_archive_reader();
  archive_read_support_format_tar(reader.get());
  return reader;
}

std::function<int64_t()> raw_bytes_of(archive* a) {
  return [a] { return static_cast<int64_t>(archive_filter_bytes(a, -1)); };
}

void refuse_archive(archive* a, const std::string& name) {
  const char* why = archive_error_string(a);
  throw Error(Error::Kind::kInvalid, "archive " + name + ": " + (why != nullptr ? why : "cannot be read") +
                                         "; is it a whole tar archive?");
}

void ArchiveGuard::admit(archive_entry* entry, const std::string& name) {
  constexpr int64_t kInodeCost = 1024;  // an entry without content takes room too
  if (++entries_ > limits_.entries) {
    refuse_entry(name, "the archive has more than " + std::to_string(limits_.entries) + " entries");
  }
  const int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  if (size < 0 || size > limits_.total_bytes - total_) {
    refuse_entry(name, "the archive unpacks to more than " + std::to_string(limits_.total_bytes) + " bytes");
  }
  total_ += size + kInodeCost;
  if (total_ - limits_.slack_bytes > raw_bytes_() * limits_.ratio) {
    refuse_entry(name, "the archive unpacks to more than " + std::to_string(limits_.ratio) +
                           " times its size; it looks like a decompression bomb");
  }
}

}  // namespace engine
