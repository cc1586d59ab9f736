#pragma once
// Objects of a tree that may change meanwhile as the entries of a tar stream: layer attributes
// (layer_xattr.h), numeric owners, a file's further names as hard links to the first. Nothing is waited for
// but `sink`: no FIFO is opened, no device, no link followed.
#include <sys/stat.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/image/layer_tar.h"
#include "engine/image/tar_format.h"

namespace engine {

class TarObjects {
 public:
  explicit TarObjects(const ByteSink& sink);

  // `fd`: O_PATH, the object `status` is of. `name`: the entry's, a folder's without its final "/"; `what`
  // names it in messages. Sockets, which no tar can hold, are left out. A file that grows is cut at the size
  // it had, one that shrinks is filled up with zeros. Throws sys::Error; what `sink` throws passes through.
  void add(const std::string& name, int fd, const struct stat& status, const std::string& what);
  // Writes the end of the archive. Returns the files that shrank while they were read.
  std::vector<std::string> finish();

 private:
  void put(const std::string& bytes) { sink_(bytes.data(), bytes.size()); }
  bool is_later_name(const struct stat& status, TarEntry& entry);
  void write_file(const std::string& what, int path_fd, TarEntry& entry);
  void fill_up(const std::string& what, int64_t left);
  void write_special(const std::string& what, int fd, const struct stat& status, TarEntry& entry);

  const ByteSink& sink_;
  std::vector<char> buffer_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;
  std::vector<std::string> shrunk_;
};

// Those that belong to a layer, of the object behind `fd`.
Xattrs layer_xattrs_of(int fd, const std::string& what);
// Where the symbolic link behind the O_PATH descriptor leads, as text.
std::string link_target(int fd, const struct stat& status, const std::string& what);

}  // namespace engine
