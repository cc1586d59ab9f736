#pragma once
// What a tar says of one of its entries, and the entry's content.
#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "engine/image/layer_xattr.h"

struct archive_entry;

namespace engine {

class TarReader;

struct EntryMetadata {
  mode_t mode = 0;  // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
  timespec mtime{};
  Xattrs xattrs;  // layer attributes (layer_xattr.h), access control lists among them
};

// Throws engine::Error(kInvalid) naming `path`.
EntryMetadata entry_metadata(archive_entry* entry, const std::string& path);

// Writes the present entry's content, `size` bytes, to an empty file; holes stay holes. Throws
// engine::Error(kInvalid) naming `path`, sys::Error, and what the reader's source throws.
void write_entry_content(TarReader& reader, int fd, const std::string& path, int64_t size);

}  // namespace engine
