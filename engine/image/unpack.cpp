#include "engine/image/unpack.h"

#include <fcntl.h>

#include <cerrno>

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

}  // namespace

void unpack_archive_from(int archive_fd, const std::string& archive_name, const std::string& directory,
                         bool whiteouts, const UnpackLimits& limits) {
  const Utf8Locale locale;
  const ArchiveReader reader = open_reader(archive_fd, archive_name);
  const sys::Fd root = sys::open(directory, O_RDONLY | O_DIRECTORY);
  ArchiveGuard guard(raw_bytes_of(reader.get()), limits);
  Extractor extractor(root.get(), whiteouts);
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    // A warning means that libarchive could not keep something of the header, such as a name that is not
    // UTF-8.
    if (result != ARCHIVE_OK) refuse_archive(reader.get(), archive_name);
    const char* raw_name = archive_entry_pathname(entry);
    const std::string name = raw_name != nullptr ? raw_name : "";
    guard.admit(entry, name);
    extractor.add(reader.get(), entry, name);
  }
  extractor.finish();
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
