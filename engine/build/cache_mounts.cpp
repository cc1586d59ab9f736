#include "engine/build/cache_mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"
#include "sys/file.h"

namespace engine::build {
namespace {

constexpr int kRetryMs = 50;

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Under a name of its own until it is whole: a killed process leaves a folder that is begun anew.
void make_folder(const std::string& parent, const CacheWish& wish) {
  const std::string draft = parent + "/draft";
  sys::remove_tree(draft);
  sys::make_dirs(draft + "/data", 0700);
  if (wish.fill) wish.fill(draft);
  const std::string data = draft + "/data";
  sys::check(::chown(data.c_str(), wish.uid, wish.gid), "chown", data);
  sys::check(::chmod(data.c_str(), wish.mode), "chmod", data);
  sys::check(::rename(data.c_str(), (parent + "/data").c_str()), "rename", data);
  sys::remove_tree(draft);
}

}  // namespace

std::string cache_mounts_lock(const std::string& root) {
  return root + "/lock";
}

std::map<std::string, std::string> CacheMounts::hold(std::map<std::string, CacheWish> wishes) {
  std::map<std::string, std::string> folders;
  for (const auto& [digest, wish] : wishes) folders[digest] = hold_one(wish);
  return folders;
}

bool CacheMounts::lock(const std::string& folder, bool exclusive) {
  sys::Fd fd = sys::open(folder + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (::flock(fd.get(), (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) sys::fail("flock", folder + "/lock");
    return false;
  }
  sys::check(::futimens(fd.get(), nullptr), "futimens", folder + "/lock");
  locks_.push_back(std::move(fd));
  return true;
}

// False when another has it in the way of the wish. `fresh`: nobody has made it yet.
bool CacheMounts::take(const std::string& base, const std::string& folder, const CacheWish& wish,
                       bool* fresh) {
  const sys::FileLock steady = sys::FileLock::acquire_shared(cache_mounts_lock(root_));
  sys::make_dirs(folder, 0700);
  if (!exists(base + "/name")) sys::write_file_atomic(base + "/name", wish.name + "\n");
  // Making the folder is for one alone; so is a folder that is not to be shared.
  *fresh = !exists(folder + "/data");
  return lock(folder, *fresh || wish.sharing != MountFlag::Sharing::kShared);
}

std::string CacheMounts::hold_one(const CacheWish& wish) {
  const std::string base = root_ + "/" + wish.digest;
  sys::make_dirs(root_, 0700);
  for (int number = 0;;) {
    const std::string folder = base + "/" + std::to_string(number);
    bool fresh = false;
    if (take(base, folder, wish, &fresh)) {
      if (fresh && !exists(folder + "/data")) make_folder(folder, wish);
      if (fresh && wish.sharing == MountFlag::Sharing::kShared) ::flock(locks_.back().get(), LOCK_SH);
      return folder + "/data";
    }
    if (wish.sharing == MountFlag::Sharing::kPrivate && !fresh) {
      ++number;
      continue;
    }
    stop_();
    ::poll(nullptr, 0, kRetryMs);
  }
}

}  // namespace engine::build
