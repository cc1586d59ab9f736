#include "engine/upper_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <utility>
#include <vector>

#include "engine/build/file_data.h"
#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "engine/upper_walk.h"
#include "sys/error.h"

namespace engine {

namespace {

using build::LayeredView;

Xattrs kept_xattrs(int fd, const std::string& what) {
  Xattrs kept;
  for (auto& [name, value] : read_xattrs(fd, what)) {
    if (name == "trusted.overlay.redirect" || name == "trusted.overlay.metacopy") {
      throw Error(Error::Kind::kInternal, quoted(what) + " carries " + name +
                                              ", so its content lies elsewhere; the container was mounted "
                                              "without redirect_dir=off,metacopy=off");
    }
    if (is_layer_xattr(name) || (name == kOpaqueXattr && value == "y")) kept.emplace(name, value);
  }
  return kept;
}

class Copy final : public UpperVisitor {
 public:
  Copy(const LayeredView& image, int layer, const std::function<bool()>& cancelled)
      : image_(image), layer_(layer), cancelled_(cancelled) {}

  void enter(const UpperObject& folder) override {
    check_cancelled();
    Folder way;
    way.path = folder.path;
    way.status = folder.status;
    way.xattrs = kept_xattrs(folder.fd.get(), folder.path);
    ways_.push_back(std::move(way));
    if (!says_nothing(folder)) make_ways();
  }

  void leave(const UpperObject&) override {
    const Folder& folder = ways_.back();
    if (folder.made) set_times(open_made(folder.path, O_RDONLY | O_DIRECTORY).get(), "", folder.status);
    ways_.pop_back();
  }

  void object(const UpperObject& object) override {
    check_cancelled();
    if (S_ISSOCK(object.status.st_mode) || is_mount_stub(object)) return;
    make_ways();
    const sys::Fd into = open_made(parent_of(object.path), O_RDONLY | O_DIRECTORY);
    const std::string name = base_of(object.path);
    if (is_later_name(object, into.get(), name)) return;
    make(object, into.get(), name);
    if (object.whiteout) return;
    apply(into.get(), name, object.status, kept_xattrs(object.fd.get(), object.path));
    set_times(into.get(), name, object.status);
  }

  // The root's own.
  void root(int upper) {
    struct stat status {};
    sys::check(::fstat(upper, &status), "fstat", "/");
    sys::check(::fchown(layer_, status.st_uid, status.st_gid), "chown", "/");
    sys::check(::fchmod(layer_, status.st_mode & 07777), "chmod", "/");
    for (const auto& [key, value] : kept_xattrs(upper, "/")) write_xattr(layer_, key, value, "/");
  }

 private:
  struct Folder {
    std::string path;
    struct stat status {};
    Xattrs xattrs;
    bool made = false;
  };
  using Inode = std::pair<dev_t, ino_t>;

  void check_cancelled() const {
    if (cancelled_ && cancelled_()) throw Error(Error::Kind::kUnavailable, "cancelled");
  }

  // Nothing is lost when this folder is left out, as long as nothing below is kept.
  bool says_nothing(const UpperObject& folder) const {
    if (is_mount_stub(folder)) return true;
    if (!folder.merged) return false;
    const struct stat& below = folder.below->status;
    if (below.st_mode != folder.status.st_mode || below.st_uid != folder.status.st_uid ||
        below.st_gid != folder.status.st_gid) {
      return false;
    }
    const sys::Fd fd = image_.open(*folder.below, O_PATH);
    Xattrs xattrs = kept_xattrs(fd.get(), folder.path);
    xattrs.erase(kOpaqueXattr);  // of the image's own layers
    return xattrs == ways_.back().xattrs;
  }

  void make_ways() {
    for (Folder& folder : ways_) {
      if (folder.made) continue;
      const sys::Fd into = open_made(parent_of(folder.path), O_RDONLY | O_DIRECTORY);
      const std::string name = base_of(folder.path);
      sys::check(::mkdirat(into.get(), name.c_str(), 0700), "mkdir", folder.path);
      apply(into.get(), name, folder.status, folder.xattrs);
      folder.made = true;
    }
  }

  sys::Fd open_made(const std::string& path, int flags) const { return open_beneath(layer_, path, flags); }

  bool is_later_name(const UpperObject& object, int into, const std::string& name) {
    if (object.whiteout || object.status.st_nlink < 2) return false;
    const auto [found, first] = names_.try_emplace({object.status.st_dev, object.status.st_ino}, object.path);
    if (first) return false;
    const sys::Fd from = open_made(parent_of(found->second), O_RDONLY | O_DIRECTORY);
    sys::check(::linkat(from.get(), base_of(found->second).c_str(), into, name.c_str(), 0), "link",
               object.path);
    return true;
  }

  static void make(const UpperObject& object, int into, const std::string& name) {
    const struct stat& status = object.status;
    if (S_ISREG(status.st_mode)) {
      const sys::Fd from = open_to_read(object.fd.get(), object.path);
      const sys::Fd to = sys::openat(into, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
      build::copy_file_data(from.get(), to.get(), status.st_size, {}, object.path);
    } else if (S_ISLNK(status.st_mode)) {
      std::string target(static_cast<size_t>(status.st_size) + 1, '\0');
      const ssize_t n = sys::check(::readlinkat(object.fd.get(), "", target.data(), target.size()),
                                   "readlinkat", object.path);
      target.resize(static_cast<size_t>(n));
      sys::check(::symlinkat(target.c_str(), into, name.c_str()), "symlink", object.path);
    } else {
      sys::check(::mknodat(into, name.c_str(), (status.st_mode & S_IFMT) | 0600, status.st_rdev), "mknod",
                 object.path);
    }
  }

  static void apply(int folder, const std::string& name, const struct stat& status, const Xattrs& xattrs) {
    sys::check(::fchownat(folder, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW), "chown",
               name);
    // After chown, which takes the set-id bits away.
    if (!S_ISLNK(status.st_mode))
      sys::check(::fchmodat(folder, name.c_str(), status.st_mode & 07777, 0), "chmod", name);
    if (xattrs.empty()) return;
    const sys::Fd fd = sys::openat(folder, name, O_PATH | O_NOFOLLOW);
    for (const auto& [key, value] : xattrs) write_xattr(fd.get(), key, value, name);
  }

  static void set_times(int folder, const std::string& name, const struct stat& status) {
    const timespec times[2] = {status.st_mtim, status.st_mtim};
    const int result = name.empty() ? ::futimens(folder, times)
                                    : ::utimensat(folder, name.c_str(), times, AT_SYMLINK_NOFOLLOW);
    sys::check(result, "utimensat", name);
  }

  const LayeredView& image_;
  int layer_;
  const std::function<bool()>& cancelled_;
  std::vector<Folder> ways_;  // from the root down to where the walk is
  std::map<Inode, std::string> names_;
};

}  // namespace

void copy_upper(int upper, const LayeredView& image, int layer, const std::function<bool()>& cancelled) {
  Copy copy(image, layer, cancelled);
  copy.root(upper);
  walk_upper(upper, image, copy);
}

}  // namespace engine
