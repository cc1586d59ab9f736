#include "engine/image/tar_member.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "engine/image/archive_reader.h"
#include "engine/image/entry_path.h"
#include "engine/image/posix_acl.h"
#include "sys/error.h"

namespace engine {

namespace {

uint32_t checked_owner(int64_t id, const std::string& path) {
  // The last number means "leave it alone" to chown(2).
  if (id < 0 || id >= std::numeric_limits<uint32_t>::max()) refuse_entry(path, "its owner is out of range");
  return static_cast<uint32_t>(id);
}

}  // namespace

EntryMetadata entry_metadata(archive_entry* entry, const std::string& path) {
  EntryMetadata metadata;
  metadata.mode = archive_entry_perm(entry) & 07777;
  metadata.uid = checked_owner(archive_entry_uid(entry), path);
  metadata.gid = checked_owner(archive_entry_gid(entry), path);
  metadata.mtime = {archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  metadata.xattrs = acl_xattrs(entry, path);
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    if (name != nullptr && is_layer_xattr(name)) {
      metadata.xattrs.insert_or_assign(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return metadata;
}

void write_entry_content(TarReader& reader, int fd, const std::string& path, int64_t size) {
  int64_t end = 0;
  const void* data = nullptr;
  size_t length = 0;
  la_int64_t offset = 0;
  while (reader.next_block(path, &data, &length, &offset)) {
    // Blocks of a sparse file may leave holes but neither overlap nor pass its size, which is what was
    // admitted.
    if (offset < end || offset > size || static_cast<int64_t>(length) > size - offset) {
      refuse_entry(path, "its content does not fit its size");
    }
    end = offset + static_cast<int64_t>(length);
    const char* at = static_cast<const char*>(data);
    while (length > 0) {
      const ssize_t n = ::pwrite(fd, at, length, offset);
      if (n < 0 && errno == EINTR) continue;
      sys::check(n, "write", path);
      at += n;
      offset += n;
      length -= static_cast<size_t>(n);
    }
  }
  if (end < size) sys::check(::ftruncate(fd, size), "ftruncate", path);
}

}  // namespace engine
