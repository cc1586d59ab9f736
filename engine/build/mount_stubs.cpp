#include "engine/build/mount_stubs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "engine/build/layered_view.h"
#include "engine/build/paths.h"
#include "sys/error.h"

namespace engine::build {
namespace {

sys::Fd open_parent(int upper, const std::string& path) {
  return try_open_in_tree(upper, parent_path(path), O_RDONLY | O_DIRECTORY);
}

bool same_metadata(const struct stat& a, const struct stat& b) {
  return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid;
}

}  // namespace

MountStubs::MountStubs(const std::string& upper, const std::vector<std::string>& lowers,
                       const std::vector<std::string>& targets)
    : upper_(upper), lowers_(lowers) {
  std::vector<std::string> layers{upper};
  layers.insert(layers.end(), lowers.begin(), lowers.end());
  const LayeredView view(layers);
  std::set<std::string> stubs, copies;
  for (const std::string& target : targets) {
    std::string path;
    try {
      path = view.resolve(target);
    } catch (const sys::Error&) {
      continue;  // a file where a folder should be: the runtime will say so
    }
    while (path != "/" && !view.find(path, false)) {
      stubs.insert(path);
      path = parent_path(path);
    }
    for (; path != "/"; path = parent_path(path)) {
      if (!has_in_upper(path)) copies.insert(path);
    }
  }
  stubs_.assign(stubs.begin(), stubs.end());
  copies_.assign(copies.begin(), copies.end());
}

bool MountStubs::has_in_upper(const std::string& path) const {
  const sys::Fd root = sys::open(upper_, O_PATH | O_DIRECTORY);
  return static_cast<bool>(try_open_in_tree(root.get(), path, O_PATH | O_NOFOLLOW));
}

void MountStubs::remove() const {
  for (auto path = stubs_.rbegin(); path != stubs_.rend(); ++path) remove_stub(*path);
  for (auto path = copies_.rbegin(); path != copies_.rend(); ++path) remove_copy(*path);
}

void MountStubs::remove_stub(const std::string& path) const {
  const sys::Fd root = sys::open(upper_, O_PATH | O_DIRECTORY);
  const sys::Fd folder = open_parent(root.get(), path);
  const std::string name = base_name(path);
  struct stat status {};
  if (!folder || ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  const bool is_dir = S_ISDIR(status.st_mode);
  if (!is_dir && !(S_ISREG(status.st_mode) && status.st_size == 0)) return;
  if (::unlinkat(folder.get(), name.c_str(), is_dir ? AT_REMOVEDIR : 0) == 0) return;
  if (errno != ENOTEMPTY && errno != EEXIST) sys::fail("unlink", path);  // the step put something there
}

void MountStubs::remove_copy(const std::string& path) const {
  const auto lower = LayeredView(lowers_).find(path, false);
  const sys::Fd root = sys::open(upper_, O_PATH | O_DIRECTORY);
  const sys::Fd folder = open_parent(root.get(), path);
  const std::string name = base_name(path);
  struct stat status {};
  if (!lower || !folder || ::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISDIR(status.st_mode) || !same_metadata(status, lower->status)) return;
  std::vector<std::string> layers{upper_};
  layers.insert(layers.end(), lowers_.begin(), lowers_.end());
  // Opaque: the step has replaced the folder by an empty one.
  if (LayeredView(layers).find(path, false).value().layers.size() < 2) return;
  if (::unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR) == 0) return;
  if (errno != ENOTEMPTY && errno != EEXIST) sys::fail("rmdir", path);
}

}  // namespace engine::build
