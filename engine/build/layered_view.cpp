#include "engine/build/layered_view.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <map>
#include <utility>

#include "engine/build/paths.h"
#include "engine/error.h"
#include "engine/image/tree_walk.h"
#include "sys/error.h"

namespace engine::build {
namespace {

constexpr int kMaxLinks = 40;

// "No such entry here" in its forms: missing, or a component above is no folder (or is a link) in this layer.
bool is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

sys::Fd try_open_in_tree(int root, const std::string& path, int flags, unsigned mode) {
  const size_t start = std::min(path.find_first_not_of('/'), path.size());
  const std::string relative = start == path.size() ? "." : path.substr(start);
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = 0;
  do {
    fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
  } while (fd < 0 && errno == EAGAIN);
  return sys::Fd(static_cast<int>(fd));
}

LayeredView::LayeredView(const std::vector<std::string>& layers, Escape escape)
    : names_(layers), escape_(escape) {
  for (const std::string& layer : layers) roots_.push_back(sys::open(layer, O_PATH | O_DIRECTORY));
}

sys::Fd LayeredView::open_in(size_t layer, const std::string& path, int flags) const {
  sys::Fd fd = try_open_in_tree(roots_[layer].get(), path, flags);
  sys::check(fd.get(), "openat2", names_[layer] + path);
  return fd;
}

bool LayeredView::is_opaque(size_t layer, const std::string& path) const {
  const sys::Fd fd = try_open_in_tree(roots_[layer].get(), path, O_RDONLY | O_DIRECTORY);
  if (!fd && is_absence(errno)) return false;  // removed since it was seen
  sys::check(fd.get(), "openat2", names_[layer] + path);
  char value = 0;
  return ::fgetxattr(fd.get(), "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

LayeredView::Node LayeredView::root() const {
  Node node;
  node.path = "/";
  node.status.st_mode = S_IFDIR | 0755;
  for (size_t i = 0; i < roots_.size(); ++i) {
    node.layers.push_back(i);
    if (i + 1 < roots_.size() && is_opaque(i, "/")) break;
  }
  if (!roots_.empty()) sys::check(::fstat(roots_[0].get(), &node.status), "fstat", names_[0]);
  return node;
}

std::optional<LayeredView::Node> LayeredView::child(const Node& folder, const std::string& name) const {
  Node node;
  node.path = join_path(folder.path, name);
  for (const size_t layer : folder.layers) {
    const sys::Fd fd = try_open_in_tree(roots_[layer].get(), node.path, O_PATH | O_NOFOLLOW);
    if (!fd && is_absence(errno)) continue;
    sys::check(fd.get(), "openat2", names_[layer] + node.path);
    struct stat status {};
    sys::check(::fstat(fd.get(), &status), "fstat", names_[layer] + node.path);
    if (is_whiteout(status)) break;
    if (node.layers.empty()) {
      node.status = status;
    } else if (!S_ISDIR(status.st_mode)) {
      break;  // a file below a folder is hidden by it, and hides what is below itself
    }
    node.layers.push_back(layer);
    if (!node.is_dir() || (layer != folder.layers.back() && is_opaque(layer, node.path))) break;
  }
  if (node.layers.empty()) return std::nullopt;
  return node;
}

std::vector<LayeredView::Node> LayeredView::children(const Node& folder) const {
  std::map<std::string, Node> found;
  std::map<std::string, bool> closed;  // names that lower layers cannot add to
  for (const size_t layer : folder.layers) {
    sys::Fd fd = open_in(layer, folder.path, O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(fd.get()));
    if (!dir) sys::fail("fdopendir", names_[layer] + folder.path);
    const int descriptor = fd.release();  // owned by `dir` from here
    errno = 0;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || closed[name]) continue;
      struct stat status {};
      // Removed since it was listed, where the topmost layer is in use.
      if (::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        const int error = std::exchange(errno, 0);
        if (error == ENOENT) continue;
        throw sys::Error(error, "fstatat", names_[layer] + join_path(folder.path, name));
      }
      const bool whiteout = is_whiteout(status);
      const bool is_dir = S_ISDIR(status.st_mode);
      const auto known = found.find(name);
      if (!whiteout && (known == found.end() || is_dir)) {
        Node& node = found[name];
        if (node.layers.empty()) {
          node.path = join_path(folder.path, name);
          node.status = status;
        }
        node.layers.push_back(layer);
      }
      const bool last = layer == folder.layers.back();
      closed[name] = !is_dir || (!last && is_opaque(layer, join_path(folder.path, name)));
      errno = 0;
    }
    if (errno != 0) sys::fail("readdir", names_[layer] + folder.path);
  }
  std::vector<Node> out;
  out.reserve(found.size());
  for (auto& [name, node] : found) out.push_back(std::move(node));
  return out;
}

// A path resolved as far as it exists.
struct LayeredView::Walk {
  std::vector<Node> trail;           // root ... deepest existing node
  std::vector<std::string> missing;  // what follows it
};

LayeredView::Walk LayeredView::walk(const std::string& path, bool follow_last) const {
  Walk walk;
  walk.trail.push_back(root());
  const auto refuse = [&] {
    throw Error(Error::Kind::kInvalid, "'" + path + "' leads outside through a symbolic link");
  };
  std::deque<std::string> todo;
  size_t from_links = 0;  // how many of `todo`, from the front, come out of a link
  for (std::string& part : path_components(path)) todo.push_back(std::move(part));
  for (int links = 0; !todo.empty();) {
    const std::string part = std::move(todo.front());
    todo.pop_front();
    const bool from_link = from_links > 0;
    if (from_link) --from_links;
    if (part == "..") {
      if (!walk.missing.empty()) {
        walk.missing.pop_back();
      } else if (walk.trail.size() > 1) {
        walk.trail.pop_back();
      } else if (from_link && escape_ == Escape::kRefuse) {
        refuse();
      }
      continue;
    }
    if (!walk.missing.empty()) {
      walk.missing.push_back(part);
      continue;
    }
    if (!walk.trail.back().is_dir()) throw sys::Error(ENOTDIR, "resolve", path);
    std::optional<Node> next = child(walk.trail.back(), part);
    if (!next) {
      walk.missing.push_back(part);
    } else if (next->is_link() && (follow_last || !todo.empty())) {
      if (++links > kMaxLinks) throw sys::Error(ELOOP, "resolve", path);
      const std::string target = read_link(*next);
      if (target.starts_with('/')) {
        if (escape_ == Escape::kRefuse) refuse();
        walk.trail.resize(1);
      }
      const std::vector<std::string> parts = path_components(target);
      todo.insert(todo.begin(), parts.begin(), parts.end());
      from_links += parts.size();
    } else {
      walk.trail.push_back(std::move(*next));
    }
  }
  return walk;
}

std::string LayeredView::resolve(const std::string& path) const {
  const Walk result = walk(path, true);
  std::string out = result.trail.back().path;
  for (const std::string& part : result.missing) out = join_path(out, part);
  return out;
}

std::optional<LayeredView::Node> LayeredView::find(const std::string& path, bool follow) const {
  try {
    Walk result = walk(path, follow);
    if (!result.missing.empty()) return std::nullopt;
    return std::move(result.trail.back());
  } catch (const sys::Error& error) {
    if (error.code() == ENOTDIR) return std::nullopt;
    throw;
  }
}

sys::Fd LayeredView::open(const Node& node, int flags) const {
  return open_in(node.layers.at(0), node.path, flags | O_NOFOLLOW);
}

std::string LayeredView::read_link(const Node& node) const {
  const sys::Fd fd = open_in(node.layers.at(0), node.path, O_PATH | O_NOFOLLOW);
  char target[PATH_MAX];
  const ssize_t size = sys::check(::readlinkat(fd.get(), "", target, sizeof target), "readlinkat", node.path);
  return {target, static_cast<size_t>(size)};
}

std::optional<std::string> LayeredView::read_file(const std::string& path) const {
  const std::optional<Node> node = find(path);
  if (!node || !node->is_file()) return std::nullopt;
  return sys::read_all(open(*node, O_RDONLY).get());
}

}  // namespace engine::build
