#pragma once
// A stack of layer folders seen as the one tree that overlayfs would show, without mounting. Whiteouts (0:0
// character devices) and opaque folders (trusted.overlay.opaque) hide what is below them.
//
// Paths are resolved as if the process were chrooted into the stack: absolute links start at the root, ".."
// ends there. Every open goes from a layer's descriptor with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS (man 2
// openat2), so a link that appears in the middle of a path between two steps leads to an error, never
// outside.
//
// Source: the kernel's Documentation/filesystems/overlayfs.rst. Not thread-safe. Throws sys::Error.
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace engine::build {

class LayeredView {
 public:
  // What a link that leads out of the root means: kClamp as for a chroot, kRefuse an engine::Error(kInvalid)
  // (the build context: a user who links to /etc/passwd does not mean a file of that name in the context).
  enum class Escape { kClamp, kRefuse };

  // Folders, topmost first; they must exist.
  explicit LayeredView(const std::vector<std::string>& layers, Escape escape = Escape::kClamp);

  struct Node {
    std::string path;            // absolute, without links and ".."
    struct stat status {};       // as lstat
    std::vector<size_t> layers;  // that hold it, topmost first; more than one only for merged folders

    bool is_dir() const { return S_ISDIR(status.st_mode); }
    bool is_link() const { return S_ISLNK(status.st_mode); }
    bool is_file() const { return S_ISREG(status.st_mode); }
  };

  // The folders it was made from, topmost first.
  const std::vector<std::string>& layers() const { return names_; }

  // The root folder.
  Node root() const;
  // The entry `name` of a folder; nothing when there is none (also when whited out).
  std::optional<Node> child(const Node& folder, const std::string& name) const;
  // All entries of a folder in byte order of their names.
  std::vector<Node> children(const Node& folder) const;

  // `path` without links: components that exist are followed, the rest is appended as it stands (".."
  // removed). ELOOP after 40 links, ENOTDIR for a file in the middle.
  std::string resolve(const std::string& path) const;
  // What `path` leads to; links on the way are followed, the last one too unless `follow` is false.
  std::optional<Node> find(const std::string& path, bool follow = true) const;

  // Opens a node with openat2 in its topmost layer; never a link.
  sys::Fd open(const Node& node, int flags) const;
  // Target of a link.
  std::string read_link(const Node& node) const;
  // A whole small file (passwd); nothing when there is none or it is no regular file.
  std::optional<std::string> read_file(const std::string& path) const;

 private:
  struct Walk;
  Walk walk(const std::string& path, bool follow_last) const;
  sys::Fd open_in(size_t layer, const std::string& path, int flags) const;
  bool is_opaque(size_t layer, const std::string& path) const;

  std::vector<sys::Fd> roots_;
  std::vector<std::string> names_;
  Escape escape_;
};

// openat2 below `root` that neither leaves it nor passes a link; `path` absolute or not. An invalid Fd (errno
// set) when it failed.
sys::Fd try_open_in_tree(int root, const std::string& path, int flags, unsigned mode = 0);

}  // namespace engine::build
