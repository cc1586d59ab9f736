#include "engine/volume/populate.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <thread>
#include <utility>

#include "engine/copy/source_walk.h"
#include "engine/copy/tree_sink.h"
#include "engine/image/beneath.h"
#include "engine/tar_objects.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"

namespace engine {

namespace {

// Owner first, for it drops set-id bits.
void take_over(int from, int to, const std::string& what) {
  struct stat status {};
  sys::check(::fstat(from, &status), "stat", what);
  sys::check(::fchown(to, status.st_uid, status.st_gid), "chown", what);
  sys::check(::fchmod(to, status.st_mode & 07777), "chmod", what);
  for (const auto& [name, value] : layer_xattrs_of(from, what)) {
    try {
      write_xattr(to, name, value, what);
    } catch (const sys::Error& error) {
      if (error.code() != ENOTSUP) throw;  // a file system without them keeps the rest
    }
  }
  const timespec times[2] = {status.st_atim, status.st_mtim};
  sys::check(::futimens(to, times), "utimens", what);
}

// A name that a container has taken meanwhile is its own.
void move_entry(int from, int to, const std::string& name, const std::string& what) {
  if (::renameat2(from, name.c_str(), to, name.c_str(), RENAME_NOREPLACE) == 0 || errno == EEXIST) return;
  if (errno != EINVAL) sys::fail("rename", what + '/' + name);
  // A file system of the network, which cannot look and rename at once.
  if (::faccessat(to, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return;
  sys::check(::renameat(from, name.c_str(), to, name.c_str()), "rename", what + '/' + name);
}

// Of one layer alone, which is seen as it is on the disk.
bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

}  // namespace

sys::Fd merged_view(const std::vector<std::string>& lower_dirs, OverlayMount mount) {
  if (lower_dirs.size() == 1) return sys::open(lower_dirs.front(), O_PATH | O_DIRECTORY);
  sys::Fd view;
  std::exception_ptr failure;
  // For older kernels mount_overlay mounts on a folder and changes the current one: both belong to this
  // thread and end with it.
  std::thread([&] {
    try {
      sys::check(::unshare(CLONE_NEWNS), "unshare", "mount namespace");
      sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
      view = mount(lower_dirs, "", "", lower_dirs.front());
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return view;
}

sys::Fd image_folder(const sys::Fd& root, const std::string& path) {
  try {
    return sys::open_in_root(root.get(), path, O_PATH | O_DIRECTORY);
  } catch (const sys::Error& error) {
    if (error.code() == ENOENT || error.code() == ENOTDIR) return {};
    throw;
  }
}

void copy_folder(const sys::Fd& from, const std::string& destination) {
  sys::Fd to = sys::open(destination, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const sys::Fd top = sys::dup(to.get());
  Place place;
  place.object = sys::dup(from.get());
  sys::check(::fstat(from.get(), &place.status), "stat", destination);
  CopyPolicy policy;
  policy.keep_owner = policy.set_id = policy.devices = true;
  TreeSink sink(std::move(to), "", destination, policy);
  walk_source(place, {}, [&](const SourceObject& object) {
    if (!is_whiteout(object.status)) sink.add(object);
  });
  sink.finish();
  take_over(from.get(), top.get(), destination);
}

Filling::Filling(std::string data, std::string staging)
    : data_(std::move(data)), copying_(staging + "ing"), copied_(std::move(staging) + "ed") {}

bool Filling::is_due() const {
  if (::access(copied_.c_str(), F_OK) == 0) return true;
  const std::vector<std::string> names = sys::names_in(data_);
  return std::all_of(names.begin(), names.end(),
                     [this](const std::string& name) { return data_ + '/' + name == copying_; });
}

void Filling::fill(const sys::Fd& from) {
  if (::access(copied_.c_str(), F_OK) != 0) stage(from);
  move_in();
}

void Filling::stage(const sys::Fd& from) {
  sys::remove_tree(copying_);
  try {
    sys::check(::mkdir(copying_.c_str(), 0700), "mkdir", copying_);
    copy_folder(from, copying_);
    // Whoever finds files where they belong may rely on their content.
    const sys::Fd made = sys::open(copying_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    sys::check(::syncfs(made.get()), "syncfs", copying_);
    sys::check(::rename(copying_.c_str(), copied_.c_str()), "rename", copied_);
  } catch (...) {
    sys::remove_tree(copying_);  // above all, its space is given back
    throw;
  }
}

void Filling::move_in() {
  const sys::Fd from = sys::open(copied_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const sys::Fd to = sys::open(data_, O_RDONLY | O_DIRECTORY);
  struct stat status {};
  sys::check(::fstat(from.get(), &status), "stat", copied_);
  for (const std::string& name : sys::names_in(sys::dup(from.get()), copied_))
    move_entry(from.get(), to.get(), name, data_);
  take_over(from.get(), to.get(), data_);
  const timespec times[2] = {status.st_atim, status.st_mtim};  // before anything was moved
  sys::check(::futimens(to.get(), times), "utimens", data_);
  sys::remove_tree(copied_);
}

}  // namespace engine
