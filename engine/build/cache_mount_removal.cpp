// Listing and removing what RUN --mount=type=cache keeps.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <tuple>

#include "engine/build/cache_mounts.h"
#include "engine/image/digest.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"
#include "sys/process.h"

namespace engine::build {
namespace {

constexpr char kDoomed[] = "doomed-";

// On disk, each inode once. What a step removes meanwhile is passed over.
int64_t bytes_below(const std::string& folder) {
  int64_t bytes = 0;
  std::set<std::pair<dev_t, ino_t>> linked;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    struct stat status {};
    if (::lstat(at->path().c_str(), &status) != 0) continue;
    if (status.st_nlink > 1 && !S_ISDIR(status.st_mode) &&
        !linked.emplace(status.st_dev, status.st_ino).second)
      continue;
    bytes += int64_t{status.st_blocks} * 512;
  }
  return bytes;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// The cache's folder is out of every step's way when this returns a path.
std::string set_aside(const std::string& root, const std::string& id) {
  const std::string folder = root + '/' + id, base = folder.substr(0, folder.rfind('/'));
  const sys::Fd lock(::open((folder + "/lock").c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!lock) return {};  // another process was quicker
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  const std::string aside = root + '/' + sys::own_name(kDoomed);
  sys::check(::rename(folder.c_str(), aside.c_str()), "rename", folder);
  const std::vector<std::string> left = sys::names_in(base);
  if (std::none_of(left.begin(), left.end(), is_number)) sys::remove_tree(base);
  return aside;
}

}  // namespace

std::vector<CacheMountInfo> list_cache_mounts(const std::string& root) {
  std::vector<CacheMountInfo> mounts;
  for (const std::string& digest : sys::names_in(root)) {
    if (!is_sha256_hex(digest)) continue;
    std::string name = sys::read_file_if_exists(root + '/' + digest + "/name").value_or("");
    name = name.substr(0, name.find('\n'));
    for (const std::string& number : sys::names_in(root + '/' + digest)) {
      struct stat lock {};
      const std::string folder = root + '/' + digest + '/' + number;
      if (!is_number(number) || ::stat((folder + "/lock").c_str(), &lock) != 0) continue;
      const int64_t used_ms = int64_t{lock.st_mtim.tv_sec} * 1000 + lock.st_mtim.tv_nsec / 1'000'000;
      mounts.push_back({digest + '/' + number, name, used_ms, bytes_below(folder)});
    }
  }
  std::sort(mounts.begin(), mounts.end(), [](const CacheMountInfo& a, const CacheMountInfo& b) {
    return std::tie(a.used_ms, a.id) < std::tie(b.used_ms, b.id);
  });
  return mounts;
}

std::map<std::string, int64_t> remove_cache_mounts(const std::string& root,
                                                   const std::vector<CacheMountInfo>& doomed) {
  std::map<std::string, int64_t> freed;
  if (::access(root.c_str(), F_OK) != 0) return freed;
  std::vector<std::string> aside;
  {
    const sys::FileLock alone = sys::FileLock::acquire(cache_mounts_lock(root));
    for (const std::string& name : sys::names_in(root)) {
      const auto owner = sys::owner_of_name(name, kDoomed);
      if (owner && !sys::is_alive(*owner)) aside.push_back(root + '/' + name);
    }
    for (const CacheMountInfo& mount : doomed) {
      const std::string path = set_aside(root, mount.id);
      if (path.empty()) continue;
      freed[mount.id] = mount.bytes;
      aside.push_back(path);
    }
  }
  for (const std::string& path : aside) sys::remove_tree(path);
  return freed;
}

}  // namespace engine::build
