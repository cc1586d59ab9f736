#include "engine/image/layer_tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/digest.h"
#include "engine/image/entry_path.h"
#include "engine/image/hash_thread.h"
#include "engine/image/layer_xattr.h"
#include "engine/image/tar_format.h"
#include "engine/image/tree_walk.h"
#include "sys/error.h"

namespace engine {

namespace {

using Inode = std::pair<dev_t, ino_t>;

constexpr size_t kReadSize = 256 * 1024;
constexpr std::string_view kOverlayPrefix = "trusted.overlay.";

Xattrs layer_xattrs(const Xattrs& all) {
  Xattrs kept;
  for (const auto& [name, value] : all) {
    if (is_layer_xattr(name)) kept.emplace(name, value);
  }
  return kept;
}

class LayerTarWriter {
 public:
  LayerTarWriter(int root, const ByteSink& sink) : root_(root), sink_(sink), buffer_(kReadSize) {}

  void run() {
    write_root();
    walk_tree(root_, [this](const TreeObject& object) { write_object(object); });
    put(tar_trailer());
  }

 private:
  void put(const std::string& bytes) { sink_(bytes.data(), bytes.size()); }

  void write_marker(const std::string& name) {
    TarEntry entry;
    entry.name = name;
    put(tar_header(entry));
  }

  void write_root() {
    struct stat status {};
    sys::check(::fstat(root_, &status), "fstat", "layer");
    const Xattrs all = read_xattrs(root_, "layer");
    TarEntry entry = tar_entry("./", status);
    entry.type = TarEntry::Type::kFolder;
    entry.mtime = 0;
    entry.xattrs = layer_xattrs(all);
    if (entry.mode != 0755 || entry.uid != 0 || entry.gid != 0 || !entry.xattrs.empty())
      put(tar_header(entry));
    if (is_opaque(all)) write_marker(std::string(kOpaqueName));
  }

  void write_object(const TreeObject& object) {
    if (object.whiteout) return write_marker(object.tar_name);
    if (S_ISSOCK(object.status.st_mode)) return;
    TarEntry entry = tar_entry(object.tar_name, object.status);
    if (is_later_name(object, entry)) return put(tar_header(entry));
    switch (object.status.st_mode & S_IFMT) {
      case S_IFREG:
        return write_file(object, entry);
      case S_IFDIR:
        return write_folder(object, entry);
      default:
        return write_special(object, entry);
    }
  }

  // Turns `entry` into a hard link when this inode was written before under another name.
  bool is_later_name(const TreeObject& object, TarEntry& entry) {
    if (S_ISDIR(object.status.st_mode) || object.status.st_nlink < 2) return false;
    const auto [found, first] = names_.try_emplace({object.status.st_dev, object.status.st_ino}, object.path);
    if (first) return false;
    entry.type = TarEntry::Type::kHardlink;
    entry.link = found->second;
    return true;
  }

  void write_file(const TreeObject& object, TarEntry& entry) {
    const sys::Fd fd = open_beneath(root_, object.path, O_RDONLY | O_NOFOLLOW);
    entry.size = object.status.st_size;
    entry.xattrs = layer_xattrs(read_xattrs(fd.get(), object.path));
    put(tar_header(entry));
    int64_t left = entry.size;
    while (left > 0) {
      const size_t want = std::min(buffer_.size(), static_cast<size_t>(left));
      const ssize_t n = ::read(fd.get(), buffer_.data(), want);
      if (n < 0 && errno == EINTR) continue;
      if (sys::check(n, "read", object.path) == 0) refuse_changed(object.path);
      sink_(buffer_.data(), static_cast<size_t>(n));
      left -= n;
    }
    put(std::string(tar_padding(entry.size), '\0'));
    struct stat after {};
    sys::check(::fstat(fd.get(), &after), "fstat", object.path);
    if (after.st_size != entry.size || after.st_ino != object.status.st_ino) refuse_changed(object.path);
  }

  [[noreturn]] static void refuse_changed(const std::string& path) {
    throw Error(Error::Kind::kConflict, "layer: " + quoted(path) + " changed while it was read");
  }

  void write_folder(const TreeObject& object, TarEntry& entry) {
    const sys::Fd fd = open_beneath(root_, object.path, O_RDONLY | O_DIRECTORY);
    const Xattrs all = read_xattrs(fd.get(), object.path);
    entry.type = TarEntry::Type::kFolder;
    entry.xattrs = layer_xattrs(all);
    put(tar_header(entry));
    if (is_opaque(all)) write_marker(object.tar_name + std::string(kOpaqueName));
  }

  void write_special(const TreeObject& object, TarEntry& entry) {
    const sys::Fd fd = open_beneath(root_, object.path, O_PATH | O_NOFOLLOW);
    entry.xattrs = layer_xattrs(read_xattrs(fd.get(), object.path));
    switch (object.status.st_mode & S_IFMT) {
      case S_IFLNK:
        entry.type = TarEntry::Type::kSymlink;
        entry.mode = 0777;
        entry.link = read_link(fd.get(), object);
        break;
      case S_IFIFO:
        entry.type = TarEntry::Type::kFifo;
        break;
      default:
        entry.type =
            S_ISBLK(object.status.st_mode) ? TarEntry::Type::kBlockDevice : TarEntry::Type::kCharDevice;
        entry.device_major = major(object.status.st_rdev);
        entry.device_minor = minor(object.status.st_rdev);
    }
    put(tar_header(entry));
  }

  static std::string read_link(int fd, const TreeObject& object) {
    std::string target(static_cast<size_t>(object.status.st_size) + 1, '\0');
    const ssize_t n =
        sys::check(::readlinkat(fd, "", target.data(), target.size()), "readlinkat", object.path);
    target.resize(static_cast<size_t>(n));
    return target;
  }

  int root_;
  const ByteSink& sink_;
  std::vector<char> buffer_;
  std::map<Inode, std::string> names_;
};

void clean_attributes(int fd, const std::string& what) {
  for (const auto& [name, value] : read_xattrs(fd, what)) {
    if (name.compare(0, kOverlayPrefix.size(), kOverlayPrefix) != 0) continue;
    if (name == kOpaqueXattr && value == "y") continue;
    if (name == "trusted.overlay.redirect" || name == "trusted.overlay.metacopy") {
      throw Error(Error::Kind::kInternal, "layer: " + quoted(what) + " carries " + name +
                                              "; the step was mounted without redirect_dir=off,metacopy=off");
    }
    remove_xattr(fd, name, what);
  }
}

}  // namespace

void write_layer_tar(int root, const ByteSink& sink) {
  LayerTarWriter(root, sink).run();
}

TarDigest digest_layer_tar(int root) {
  TarDigest digest;
  HashThread hash;
  write_layer_tar(root, [&](const char* data, size_t size) {
    hash.update(data, size);
    digest.size += static_cast<int64_t>(size);
  });
  digest.diff_id = "sha256:" + hash.hex();
  return digest;
}

std::string layer_diff_id(int root) {
  return digest_layer_tar(root).diff_id;
}

int64_t disk_usage(int root) {
  struct stat status {};
  sys::check(::fstat(root, &status), "fstat", "layer");
  int64_t blocks = status.st_blocks;
  std::set<Inode> seen;
  walk_tree(root, [&](const TreeObject& object) {
    const struct stat& s = object.status;
    if (!S_ISDIR(s.st_mode) && s.st_nlink > 1 && !seen.emplace(s.st_dev, s.st_ino).second) return;
    blocks += s.st_blocks;
  });
  return blocks * 512;  // st_blocks counts 512 byte units whatever the file system's block is (man 3 stat)
}

void clean_upper(int root) {
  clean_attributes(root, "layer");
  walk_tree(root, [&](const TreeObject& object) {
    if (object.whiteout) return;
    if (S_ISSOCK(object.status.st_mode)) {
      const sys::Fd folder = open_beneath(root, parent_of(object.path), O_RDONLY | O_DIRECTORY);
      sys::check(::unlinkat(folder.get(), base_of(object.path).c_str(), 0), "unlink", object.path);
      return;
    }
    const sys::Fd fd = open_beneath(root, object.path, O_PATH | O_NOFOLLOW);
    clean_attributes(fd.get(), object.path);
  });
}

}  // namespace engine
