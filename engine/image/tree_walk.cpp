#include "engine/image/tree_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "sys/error.h"

namespace engine {

namespace {

// The objects of one folder, sorted. The folder is closed again before anything below it is opened, so that
// depth costs no descriptors.
std::vector<TreeObject> list_folder(int root, const std::string& folder, const std::string& prefix) {
  sys::Fd fd = open_beneath(root, folder, O_RDONLY | O_DIRECTORY);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd.get()), ::closedir);
  if (!dir) sys::fail("fdopendir", folder);
  const int dir_fd = fd.release();
  std::vector<TreeObject> objects;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) {
      if (errno != 0) sys::fail("readdir", folder);
      break;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    TreeObject object;
    object.path = prefix + name;
    sys::check(::fstatat(dir_fd, name.c_str(), &object.status, AT_SYMLINK_NOFOLLOW), "fstatat", object.path);
    object.whiteout = is_whiteout(object.status);
    if (is_whiteout_name(name)) {
      throw Error(Error::Kind::kInvalid,
                  "layer: " + quoted(object.path) +
                      ": names beginning with \".wh.\" mean a removed file in a layer and "
                      "cannot be used; rename it");
    }
    if (object.path.size() > kMaxPath) {
      throw Error(Error::Kind::kInvalid, "layer: the path " + quoted(object.path) + " is too long");
    }
    object.tar_name = prefix;
    if (object.whiteout) object.tar_name += kWhiteoutPrefix;
    object.tar_name += name;
    if (S_ISDIR(object.status.st_mode)) object.tar_name += '/';
    objects.push_back(std::move(object));
  }
  std::sort(objects.begin(), objects.end(),
            [](const TreeObject& a, const TreeObject& b) { return a.tar_name < b.tar_name; });
  return objects;
}

void walk_folder(int root, const std::string& folder, size_t depth,
                 const std::function<void(const TreeObject&)>& visit) {
  if (depth > kMaxDepth) {
    throw Error(Error::Kind::kInvalid,
                "layer: folders lie deeper than " + std::to_string(kMaxDepth) + " at " + quoted(folder));
  }
  const std::string prefix = folder.empty() ? "" : folder + '/';
  for (const TreeObject& object : list_folder(root, folder, prefix)) {
    visit(object);
    if (S_ISDIR(object.status.st_mode)) walk_folder(root, object.path, depth + 1, visit);
  }
}

}  // namespace

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && major(status.st_rdev) == 0 && minor(status.st_rdev) == 0;
}

void walk_tree(int root, const std::function<void(const TreeObject&)>& visit) {
  walk_folder(root, "", 0, visit);
}

}  // namespace engine
