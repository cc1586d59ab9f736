#include "engine/image/unpack.h"

#include <fcntl.h>

#include <cerrno>
#include <exception>
#include <vector>

#include "engine/error.h"
#include "engine/image/archive_reader.h"
#include "engine/image/extractor.h"
#include "engine/image/image_store.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

ArchiveReader open_reader(int fd, const std::string& name) {
  ArchiveReader reader = new_tar_reader();
  archive* a = reader.get();
  archive_read_support_format_cpio(a);
  if (archive_read_open_fd(a, fd, 256 * 1024) != ARCHIVE_OK) refuse_archive(a, name);
  return reader;
}

void unpack_from(archive* reader, const std::string& archive_name, const std::string& directory,
                 bool whiteouts, ArchiveGuard guard) {
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
  const ArchiveReader reader = open_reader(archive_fd, archive_name);
  unpack_from(reader.get(), archive_name, directory, whiteouts,
              ArchiveGuard(raw_bytes_of(reader.get()), limits));
}

void unpack_tar_stream(const ByteSource& source, const std::string& name, const std::string& directory,
                       bool whiteouts, const UnpackLimits& limits,
                       const std::function<int64_t()>& raw_bytes) {
  constexpr size_t kBuffer = 256 * 1024;
  const Utf8Locale locale;
  Stream stream{source, std::vector<char>(kBuffer)};
  const ArchiveReader reader(archive_read_new());
  if (!reader) throw Error(Error::Kind::kInternal, "cannot read archives: out of memory");
  archive_read_support_format_tar(reader.get());
  try {
    if (archive_read_open(reader.get(), &stream, nullptr, &Stream::read, nullptr) != ARCHIVE_OK)
      refuse_archive(reader.get(), name);
    unpack_from(reader.get(), name, directory, whiteouts, ArchiveGuard(raw_bytes, limits));
  } catch (const Error&) {
    if (stream.failure) std::rethrow_exception(stream.failure);
    throw;
  }
}

bool is_tar(int fd) {
  const Utf8Locale locale;
  const ArchiveReader reader = new_tar_reader();
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
