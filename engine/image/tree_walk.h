#pragma once
// The objects of a layer's folder in the order of its canonical tar.
#include <sys/stat.h>

#include <functional>
#include <string>

namespace engine {

struct TreeObject {
  std::string path;      // relative to the tree, as it is on disk
  std::string tar_name;  // as the tar has it: a folder's ends in "/", a whiteout's is ".wh.<name>"
  struct stat status {};
  bool whiteout = false;
};

// Folders of an image may lie this deep and no deeper. Programs meet PATH_MAX long before, and everything
// that walks such a tree may then recurse.
inline constexpr size_t kMaxDepth = 256;
// Longest path in a layer: what a system call takes (PATH_MAX with its NUL), less room for ".wh." and "/".
inline constexpr size_t kMaxPath = 4080;

// True for an overlay whiteout: a character device 0:0.
bool is_whiteout(const struct stat& status);

// Visits every object below `root`, not the root itself, in byte order of the tar names; a folder comes
// before what it holds. The tree must not change meanwhile other than by `visit` removing the object it is
// given. Throws engine::Error(kInvalid) for a tree a tar cannot carry back (too deep, a path too long, a file
// named ".wh.*"), sys::Error.
void walk_tree(int root, const std::function<void(const TreeObject&)>& visit);

}  // namespace engine
