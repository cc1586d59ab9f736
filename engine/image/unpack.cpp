#include "engine/image/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/image/entry_path.h"
#include "engine/image/extractor.h"
#include "engine/image/image_store.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

// libarchive converts names from UTF-8 to the locale's character set. On this thread that is UTF-8 as well,
// so that names pass through unchanged whatever the user's locale.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ == nullptr)
      throw Error(Error::Kind::kUnavailable, "the locale C.UTF-8 is missing (package libc-bin)");
    before_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    ::uselocale(before_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t before_{};
};

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

[[noreturn]] void refuse_archive(archive* a, const std::string& name) {
  const char* why = archive_error_string(a);
  throw Error(Error::Kind::kInvalid, "archive " + name + ": " + (why != nullptr ? why : "cannot be read") +
                                         "; is it a whole tar archive?");
}

Reader new_tar_reader() {
  Reader reader(archive_read_new());
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
  archive_read_support_format_tar(a);
  return reader;
}

Reader open_reader(int fd, const std::string& name) {
  Reader reader = new_tar_reader();
  archive* a = reader.get();
  archive_read_support_format_cpio(a);
  if (archive_read_open_fd(a, fd, 256 * 1024) != ARCHIVE_OK) refuse_archive(a, name);
  return reader;
}

class Guard {
 public:
  // `raw_bytes`: as read so far, before any decompression.
  Guard(std::function<int64_t()> raw_bytes, const UnpackLimits& limits)
      : raw_bytes_(std::move(raw_bytes)), limits_(limits) {}

  // Called before anything of the entry is written.
  void admit(archive_entry* entry, const std::string& name) {
    constexpr int64_t kInodeCost = 1024;  // an entry without content takes room too
    if (++entries_ > limits_.entries) {
      refuse_entry(name, "the archive has more than " + std::to_string(limits_.entries) + " entries");
    }
    const int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    if (size < 0 || size > limits_.total_bytes - total_) {
      refuse_entry(name,
                   "the archive unpacks to more than " + std::to_string(limits_.total_bytes) + " bytes");
    }
    total_ += size + kInodeCost;
    if (total_ - limits_.slack_bytes > raw_bytes_() * limits_.ratio) {
      refuse_entry(name, "the archive unpacks to more than " + std::to_string(limits_.ratio) +
                             " times its size; it looks like a decompression bomb");
    }
  }

 private:
  std::function<int64_t()> raw_bytes_;
  const UnpackLimits& limits_;
  int64_t entries_ = 0, total_ = 0;
};

void unpack_from(archive* reader, const std::string& archive_name, const std::string& directory,
                 bool whiteouts, Guard guard) {
  const sys::Fd root = sys::open(directory, O_RDONLY | O_DIRECTORY);
  Extractor extractor(root.get(), whiteouts);
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader, &entry);
    if (result == ARCHIVE_EOF) break;
    // A warning means that libarchive could not keep something of the header, such as a name that is not
    // UTF-8.
    if (result != ARCHIVE_OK) refuse_archive(reader, archive_name);
    const char* raw_name = archive_entry_pathname(entry);
    const std::string name = raw_name != nullptr ? raw_name : "";
    guard.admit(entry, name);
    extractor.add(reader, entry, name);
  }
  extractor.finish();
}

// libarchive's side of a ByteSource. Nothing may be thrown through libarchive: kept for later.
struct Stream {
  const ByteSource& source;
  std::vector<char> buffer;
  std::exception_ptr failure{};

  static la_ssize_t read(archive* a, void* self, const void** data) {
    auto* stream = static_cast<Stream*>(self);
    try {
      *data = stream->buffer.data();
      return static_cast<la_ssize_t>(stream->source(stream->buffer.data(), stream->buffer.size()));
    } catch (...) {
      stream->failure = std::current_exception();
      archive_set_error(a, ECANCELED, "%s", "the source failed");
      return -1;
    }
  }
};

}  // namespace

void unpack_archive_from(int archive_fd, const std::string& archive_name, const std::string& directory,
                         bool whiteouts, const UnpackLimits& limits) {
  const Utf8Locale locale;
  const Reader reader = open_reader(archive_fd, archive_name);
  // -1: the raw bytes, before any decompression
  const auto raw_bytes = [&] { return archive_filter_bytes(reader.get(), -1); };
  unpack_from(reader.get(), archive_name, directory, whiteouts, Guard(raw_bytes, limits));
}

void unpack_tar_stream(const ByteSource& source, const std::string& name, const std::string& directory,
                       bool whiteouts, const UnpackLimits& limits,
                       const std::function<int64_t()>& raw_bytes) {
  constexpr size_t kBuffer = 256 * 1024;
  const Utf8Locale locale;
  Stream stream{source, std::vector<char>(kBuffer)};
  const Reader reader(archive_read_new());
  if (!reader) throw Error(Error::Kind::kInternal, "cannot read archives: out of memory");
  archive_read_support_format_tar(reader.get());
  try {
    if (archive_read_open(reader.get(), &stream, nullptr, &Stream::read, nullptr) != ARCHIVE_OK)
      refuse_archive(reader.get(), name);
    unpack_from(reader.get(), name, directory, whiteouts, Guard(raw_bytes, limits));
  } catch (const Error&) {
    if (stream.failure) std::rethrow_exception(stream.failure);
    throw;
  }
}

bool is_tar(int fd) {
  const Utf8Locale locale;
  const Reader reader = new_tar_reader();
  if (archive_read_open_fd(reader.get(), fd, 10240) != ARCHIVE_OK) return false;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(reader.get(), &entry);
  return result == ARCHIVE_OK || result == ARCHIVE_WARN;  // a warning: unpacking tells what is wrong with it
}

void unpack_archive(const std::string& archive, const std::string& directory, bool whiteouts) {
  const sys::Fd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) throw Error(Error::Kind::kNotFound, "archive " + archive + ": no such file");
  sys::check(fd.get(), "open", archive);
  unpack_archive_from(fd.get(), archive, directory, whiteouts, UnpackLimits{});
}

}  // namespace engine
