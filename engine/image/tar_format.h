#pragma once
// The bytes of a tar archive: POSIX ustar headers, with a pax extended header only for what ustar cannot say
// (POSIX.1-2017, pax, "pax Interchange Format"). Owners are numeric, times whole seconds, nothing depends on
// the machine, so that equal entries give equal bytes.
#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "engine/image/layer_xattr.h"

namespace engine {

struct TarEntry {
  enum class Type : char {
    kFile = '0',
    kHardlink = '1',
    kSymlink = '2',
    kCharDevice = '3',
    kBlockDevice = '4',
    kFolder = '5',
    kFifo = '6'
  };
  std::string name;  // a folder's ends in "/"
  std::string link;  // of kHardlink and kSymlink
  Type type = Type::kFile;
  uint32_t mode = 0;  // permission bits
  uint32_t uid = 0, gid = 0;
  int64_t size = 0;   // of kFile
  int64_t mtime = 0;  // seconds
  uint32_t device_major = 0, device_minor = 0;
  Xattrs xattrs;
};

inline constexpr size_t kTarBlock = 512;

// Name, permissions, owner and time, of a file of no size and no attributes yet.
TarEntry tar_entry(const std::string& name, const struct stat& status);
// The header blocks of `entry`; its content and tar_padding(size) zero bytes follow.
std::string tar_header(const TarEntry& entry);
// Zero bytes between content and next header.
size_t tar_padding(int64_t size);
// What ends an archive.
std::string tar_trailer();

}  // namespace engine
