#include "engine/root_tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <utility>

#include "engine/error.h"
#include "engine/image/entry_path.h"
#include "engine/image/tar_format.h"
#include "engine/image/tree_walk.h"
#include "engine/upper_walk.h"
#include "sys/error.h"

namespace engine {

namespace {

using build::LayeredView;
using Inode = std::pair<dev_t, ino_t>;

constexpr size_t kReadSize = 256 * 1024;

Xattrs layer_xattrs(int fd, const std::string& what) {
  Xattrs kept = read_xattrs(fd, what);
  std::erase_if(kept, [](const auto& entry) { return !is_layer_xattr(entry.first); });
  return kept;
}

// Nothing when what is named is gone, or has become something else, by now.
template <typename Action>
auto unless_vanished(const Action& action) -> std::optional<decltype(action())> {
  try {
    return action();
  } catch (const sys::Error& error) {
    if (error.code() != ENOENT && error.code() != ENOTDIR && error.code() != ELOOP) throw;
    return std::nullopt;
  }
}

class RootTar {
 public:
  RootTar(const LayeredView& root, const ByteSink& sink) : root_(root), sink_(sink), buffer_(kReadSize) {}

  std::vector<std::string> run() {
    write_root();
    write_children(root_.root(), 0);
    put(tar_trailer());
    return std::move(shrunk_);
  }

 private:
  void put(const std::string& bytes) { sink_(bytes.data(), bytes.size()); }

  void write_root() {
    const LayeredView::Node node = root_.root();
    const sys::Fd fd = root_.open(node, O_PATH);
    TarEntry entry = tar_entry("./", node.status);
    entry.type = TarEntry::Type::kFolder;
    entry.xattrs = layer_xattrs(fd.get(), "/");
    if (entry.mode != 0755 || entry.uid != 0 || entry.gid != 0 || !entry.xattrs.empty())
      put(tar_header(entry));
  }

  void write_children(const LayeredView::Node& folder, size_t depth) {
    if (depth > kMaxDepth) {
      throw Error(Error::Kind::kInvalid, "folders lie deeper than " + std::to_string(kMaxDepth) + " at " +
                                             quoted(folder.path) + "; such a tree is not exported");
    }
    const auto children = unless_vanished([&] { return root_.children(folder); });
    if (!children) return;
    for (const LayeredView::Node& node : *children) {
      if (node.path.size() > kMaxPath) {
        throw Error(Error::Kind::kInvalid,
                    "the path " + quoted(node.path) + " is too long; such a tree is not exported");
      }
      const auto fd = unless_vanished([&] { return root_.open(node, O_PATH); });
      if (fd) write_object(node, fd->get(), depth);
    }
  }

  void write_object(const LayeredView::Node& node, int fd, size_t depth) {
    struct stat status {};  // of what is really behind the descriptor
    sys::check(::fstat(fd, &status), "fstat", node.path);
    if (S_ISSOCK(status.st_mode) || is_whiteout(status)) return;
    TarEntry entry = tar_entry(node.path.substr(1), status);
    if (S_ISDIR(status.st_mode)) {
      entry.name += '/';
      entry.type = TarEntry::Type::kFolder;
      entry.xattrs = layer_xattrs(fd, node.path);
      put(tar_header(entry));
      return write_children(node, depth + 1);
    }
    if (is_later_name(status, entry)) return put(tar_header(entry));
    entry.xattrs = layer_xattrs(fd, node.path);
    if (S_ISREG(status.st_mode)) return write_file(node.path, fd, entry);
    write_special(node.path, fd, status, entry);
  }

  bool is_later_name(const struct stat& status, TarEntry& entry) {
    if (status.st_nlink < 2) return false;
    const auto [found, first] = names_.try_emplace({status.st_dev, status.st_ino}, entry.name);
    if (first) return false;
    entry.type = TarEntry::Type::kHardlink;
    entry.link = found->second;
    return true;
  }

  void write_file(const std::string& path, int path_fd, TarEntry& entry) {
    const sys::Fd fd = open_to_read(path_fd, path);
    struct stat status {};
    sys::check(::fstat(fd.get(), &status), "fstat", path);
    entry.size = status.st_size;
    put(tar_header(entry));
    int64_t left = entry.size;
    while (left > 0) {
      const size_t want = std::min(buffer_.size(), static_cast<size_t>(left));
      const ssize_t n = ::read(fd.get(), buffer_.data(), want);
      if (n < 0 && errno == EINTR) continue;
      if (sys::check(n, "read", path) == 0) break;
      sink_(buffer_.data(), static_cast<size_t>(n));
      left -= n;
    }
    if (left > 0) fill_up(path, left);
    put(std::string(tar_padding(entry.size), '\0'));
  }

  // The header has promised so many bytes.
  void fill_up(const std::string& path, int64_t left) {
    shrunk_.push_back(path);
    std::fill(buffer_.begin(), buffer_.end(), '\0');
    while (left > 0) {
      const size_t size = std::min(buffer_.size(), static_cast<size_t>(left));
      sink_(buffer_.data(), size);
      left -= static_cast<int64_t>(size);
    }
  }

  void write_special(const std::string& path, int fd, const struct stat& status, TarEntry& entry) {
    switch (status.st_mode & S_IFMT) {
      case S_IFLNK: {
        entry.type = TarEntry::Type::kSymlink;
        entry.mode = 0777;
        entry.link.resize(static_cast<size_t>(status.st_size) + 1);
        const ssize_t n =
            sys::check(::readlinkat(fd, "", entry.link.data(), entry.link.size()), "readlinkat", path);
        entry.link.resize(static_cast<size_t>(n));
        break;
      }
      case S_IFIFO:
        entry.type = TarEntry::Type::kFifo;
        break;
      default:
        entry.type = S_ISBLK(status.st_mode) ? TarEntry::Type::kBlockDevice : TarEntry::Type::kCharDevice;
        entry.device_major = major(status.st_rdev);
        entry.device_minor = minor(status.st_rdev);
    }
    put(tar_header(entry));
  }

  const LayeredView& root_;
  const ByteSink& sink_;
  std::vector<char> buffer_;
  std::map<Inode, std::string> names_;
  std::vector<std::string> shrunk_;
};

}  // namespace

std::vector<std::string> write_root_tar(const LayeredView& root, const ByteSink& sink) {
  return RootTar(root, sink).run();
}

}  // namespace engine
