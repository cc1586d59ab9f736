#include "engine/image/unpack.h"

#include <fcntl.h>

#include <cerrno>

#include "engine/error.h"
#include "engine/image/archive_reader.h"
#include "engine/image/decompressed.h"
#include "engine/image/extractor.h"
#include "engine/image/image_store.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

void unpack_from(TarReader& reader, const std::string& directory, bool whiteouts, ArchiveGuard guard) {
  const sys::Fd root = sys::open(directory, O_RDONLY | O_DIRECTORY);
  Extractor extractor(root.get(), whiteouts);
  while (archive_entry* entry = reader.next()) {
    const char* raw_name = archive_entry_pathname(entry);
    const std::string name = raw_name != nullptr ? raw_name : "";
    guard.admit(entry, name);
    extractor.add(reader, entry, name);
  }
  extractor.finish();
}

ByteSource source_of(Decompressed& bytes) {
  return [&bytes](char* buffer, size_t size) { return bytes.read(buffer, size); };
}

}  // namespace

void unpack_archive_from(int archive_fd, const std::string& archive_name, const std::string& directory,
                         bool whiteouts, const UnpackLimits& limits) {
  const Utf8Locale locale;
  Decompressed bytes(archive_fd, archive_name);
  TarReader reader(source_of(bytes), archive_name, TarReader::Format::kTarOrCpio);
  unpack_from(reader, directory, whiteouts, ArchiveGuard([&] { return bytes.raw_bytes(); }, limits));
}

void unpack_tar_stream(const ByteSource& source, const std::string& name, const std::string& directory,
                       bool whiteouts, const UnpackLimits& limits,
                       const std::function<int64_t()>& raw_bytes) {
  const Utf8Locale locale;
  TarReader reader(source, name);
  unpack_from(reader, directory, whiteouts, ArchiveGuard(raw_bytes, limits));
}

bool is_tar(int fd) {
  const Utf8Locale locale;
  try {
    Decompressed bytes(fd, "");
    return TarReader(source_of(bytes), "").is_readable();
  } catch (const Error&) {
    return false;
  }
}

void unpack_archive(const std::string& archive, const std::string& directory, bool whiteouts) {
  const sys::Fd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) throw Error(Error::Kind::kNotFound, "archive " + archive + ": no such file");
  sys::check(fd.get(), "open", archive);
  unpack_archive_from(fd.get(), archive, directory, whiteouts, UnpackLimits{});
}

}  // namespace engine
