#include "engine/root_tar.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "engine/error.h"
#include "engine/image/entry_path.h"
#include "engine/image/tar_format.h"
#include "engine/image/tree_walk.h"
#include "engine/tar_objects.h"
#include "sys/error.h"

namespace engine {

namespace {

using build::LayeredView;

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
  RootTar(const LayeredView& root, const ByteSink& sink) : root_(root), sink_(sink), objects_(sink) {}

  std::vector<std::string> run() {
    write_root();
    write_children(root_.root(), 0);
    return objects_.finish();
  }

 private:
  void write_root() {
    const LayeredView::Node node = root_.root();
    const sys::Fd fd = root_.open(node, O_PATH);
    TarEntry entry = tar_entry("./", node.status);
    entry.type = TarEntry::Type::kFolder;
    entry.xattrs = layer_xattrs_of(fd.get(), "/");
    if (entry.mode == 0755 && entry.uid == 0 && entry.gid == 0 && entry.xattrs.empty()) return;
    const std::string header = tar_header(entry);
    sink_(header.data(), header.size());
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
    if (is_whiteout(status)) return;
    objects_.add(node.path.substr(1), fd, status, node.path);
    if (S_ISDIR(status.st_mode)) write_children(node, depth + 1);
  }

  const LayeredView& root_;
  const ByteSink& sink_;
  TarObjects objects_;
};

}  // namespace

std::vector<std::string> write_root_tar(const LayeredView& root, const ByteSink& sink) {
  return RootTar(root, sink).run();
}

}  // namespace engine
