#include "engine/upper_walk.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "engine/image/tree_walk.h"
#include "engine/stub_layer.h"
#include "sys/error.h"
#include "sys/folder.h"

namespace engine {

namespace {

using build::LayeredView;

template <size_t N>
bool is_one_of(const std::array<const char*, N>& names, const std::string& path) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return path == name; });
}

// It was there a moment ago, and is not, or is something else now.
bool has_vanished(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ESTALE;
}

class Walk {
 public:
  Walk(int upper, const LayeredView& image, UpperVisitor& visitor)
      : upper_(upper), image_(image), visitor_(visitor) {}

  void folder(const std::string& path, const std::optional<LayeredView::Node>& below, bool merged,
              size_t depth) {
    if (depth > kMaxDepth) {
      throw Error(Error::Kind::kInvalid, "folders lie deeper than " + std::to_string(kMaxDepth) + " at " +
                                             quoted(path) + "; an image cannot hold such a tree");
    }
    for (const std::string& name : names(path)) {
      UpperObject object = look(path.empty() ? name : path + '/' + name);
      if (!object.fd) continue;
      if (below && below->is_dir()) object.below = image_.child(*below, name);
      if (!object.is_folder()) {
        visitor_.object(object);
        continue;
      }
      object.merged = merged && !object.opaque && object.below && object.below->is_dir();
      visitor_.enter(object);
      folder(object.path, object.below, object.merged, depth + 1);
      visitor_.leave(object);
    }
  }

 private:
  std::vector<std::string> names(const std::string& path) const {
    sys::Fd fd = try_open_beneath(upper_, path, O_RDONLY | O_DIRECTORY);
    if (!fd && has_vanished(errno)) return {};
    sys::check(fd.get(), "openat2", path);
    std::vector<std::string> found = sys::names_in(std::move(fd), path);
    std::sort(found.begin(), found.end());
    return found;
  }

  UpperObject look(const std::string& path) const {
    if (path.size() > kMaxPath) {
      throw Error(Error::Kind::kInvalid,
                  "the path " + quoted(path) + " is too long; an image cannot hold it");
    }
    UpperObject object;
    object.path = path;
    object.fd = try_open_beneath(upper_, path, O_PATH | O_NOFOLLOW);
    if (!object.fd && has_vanished(errno)) return object;
    sys::check(object.fd.get(), "openat2", path);
    sys::check(::fstat(object.fd.get(), &object.status), "fstat", path);
    object.whiteout = is_whiteout(object.status);
    if (object.is_folder()) object.opaque = is_opaque(read_xattrs(object.fd.get(), path));
    return object;
  }

  int upper_;
  const LayeredView& image_;
  UpperVisitor& visitor_;
};

}  // namespace

void walk_upper(int upper, const LayeredView& image, UpperVisitor& visitor) {
  Walk(upper, image, visitor).folder("", image.root(), true, 0);
}

sys::Fd open_to_read(int path_fd, const std::string& what) {
  // By the descriptor: a name might lead to a FIFO or a device by now, which to open is to wait or to act.
  return sys::Fd(sys::check(::open(proc_path(path_fd).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
                            "open", what));
}

bool is_mount_stub(const UpperObject& object) {
  const struct stat& status = object.status;
  if (object.below || status.st_uid != 0 || status.st_gid != 0) return false;
  if (object.is_folder()) return is_one_of(kStubFolders, object.path) && (status.st_mode & 07777) == 0755;
  return S_ISREG(status.st_mode) && status.st_size == 0 && is_one_of(kStubFiles, object.path);
}

}  // namespace engine
