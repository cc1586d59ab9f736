#include "engine/copy/place.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/tar_objects.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr int kMostLinks = 40;  // as the kernel has it

struct SplitPath {
  std::string folder, name;
};

// Without final slashes and "."; the name is empty for "/", "." and "..".
SplitPath split(std::string path) {
  for (;;) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (!path.ends_with("/.")) break;
    path.pop_back();
  }
  const size_t slash = path.rfind('/');
  const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  if (name.empty() || name == "." || name == "..") return {path.empty() ? "/" : path, ""};
  return {slash == std::string::npos ? "." : path.substr(0, slash + 1), name};
}

}  // namespace

bool means_folder(const std::string& path) {
  return path.ends_with('/') || means_contents(path);
}

bool means_contents(const std::string& path) {
  return path.ends_with("/.") || path == "." || split(path).name.empty();
}

sys::Fd open_name(int folder, const std::string& name) {
  sys::Fd fd(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno != ENOENT) sys::fail("open", name);
  return fd;
}

sys::Fd open_to_list(int path_fd, const std::string& what) {
  return sys::Fd(
      sys::check(::openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), "open", what));
}

Place find_place(int root, const std::string& path, bool follow) {
  std::string at = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    Place place;
    const SplitPath parts = split(at);
    if (parts.name.empty()) {
      place.object = sys::open_in_root(root, parts.folder, O_PATH | O_DIRECTORY);
      sys::check(::fstat(place.object.get(), &place.status), "fstat", path);
      return place;
    }
    place.parent = sys::open_in_root(root, parts.folder, O_PATH | O_DIRECTORY);
    place.name = parts.name;
    place.object = open_name(place.parent.get(), parts.name);
    if (!place.object) return place;
    sys::check(::fstat(place.object.get(), &place.status), "fstat", path);
    if (!follow || !S_ISLNK(place.status.st_mode)) return place;
    const std::string target = link_target(place.object.get(), place.status, path);
    at = target.starts_with('/') ? target : parts.folder + '/' + target;
  }
  throw sys::Error(ELOOP, "open", path);
}

}  // namespace engine
