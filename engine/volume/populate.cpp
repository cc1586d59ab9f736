#include "engine/volume/populate.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "sys/error.h"

namespace engine {

namespace {

using Links = std::map<std::pair<dev_t, ino_t>, std::string>;  // first place of a file with several names

std::string proc_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

void copy_xattrs(const std::string& from, const std::string& to) {
  std::vector<char> names(4096);
  ssize_t size = ::llistxattr(from.c_str(), names.data(), names.size());
  if (size < 0 && errno == ERANGE) {
    names.resize(65536);
    size = ::llistxattr(from.c_str(), names.data(), names.size());
  }
  if (size <= 0) return;
  for (const char* name = names.data(); name < names.data() + size;
       name += std::string_view(name).size() + 1) {
    if (std::string_view(name).starts_with("trusted.overlay.")) continue;
    std::vector<char> value(65536);
    const ssize_t length = ::lgetxattr(from.c_str(), name, value.data(), value.size());
    if (length < 0) continue;
    if (::lsetxattr(to.c_str(), name, value.data(), static_cast<size_t>(length), 0) != 0 &&
        errno != ENOTSUP) {
      sys::fail("setxattr", to);
    }
  }
}

void copy_metadata(const struct stat& status, int to_dir, const std::string& name) {
  sys::check(::fchownat(to_dir, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW), "chown",
             name);
  if (!S_ISLNK(status.st_mode))
    sys::check(::fchmodat(to_dir, name.c_str(), status.st_mode & 07777, 0), "chmod", name);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  sys::check(::utimensat(to_dir, name.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
}

void copy_bytes(int from_dir, int to_dir, const std::string& name) {
  const sys::Fd from = sys::openat(from_dir, name, O_RDONLY | O_NOFOLLOW);
  const sys::Fd to = sys::openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  for (;;) {
    const ssize_t n = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, size_t{1} << 30, 0);
    if (n > 0) continue;
    if (n == 0) break;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS) sys::fail("copy", name);
    char buffer[65536];
    const ssize_t got = sys::check(::read(from.get(), buffer, sizeof buffer), "read", name);
    if (got == 0) break;
    sys::write_all(to.get(), buffer, static_cast<size_t>(got));
  }
  copy_xattrs(proc_path(from.get()), proc_path(to.get()));
}

void copy_entries(int from_dir, int to_dir, const std::string& to_path, Links& links);

void copy_entry(int from_dir, int to_dir, const std::string& to_path, const std::string& name, Links& links) {
  struct stat status {};
  sys::check(::fstatat(from_dir, name.c_str(), &status, AT_SYMLINK_NOFOLLOW), "stat", name);
  const std::string path = to_path + '/' + name;
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    const auto [first, fresh] = links.try_emplace({status.st_dev, status.st_ino}, path);
    if (!fresh) {
      sys::check(::linkat(AT_FDCWD, first->second.c_str(), to_dir, name.c_str(), 0), "link", path);
      return;
    }
  }
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR: {
      sys::check(::mkdirat(to_dir, name.c_str(), 0700), "mkdir", path);
      const sys::Fd from = sys::openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      const sys::Fd to = sys::openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      copy_entries(from.get(), to.get(), path, links);
      copy_xattrs(proc_path(from.get()), proc_path(to.get()));
      break;
    }
    case S_IFREG:
      copy_bytes(from_dir, to_dir, name);
      break;
    case S_IFLNK: {
      std::string target(static_cast<size_t>(status.st_size) + 1, '\0');
      const ssize_t n =
          sys::check(::readlinkat(from_dir, name.c_str(), target.data(), target.size()), "readlink", name);
      target.resize(static_cast<size_t>(n));
      sys::check(::symlinkat(target.c_str(), to_dir, name.c_str()), "symlink", path);
      break;
    }
    default:
      sys::check(::mknodat(to_dir, name.c_str(), status.st_mode & S_IFMT, status.st_rdev), "mknod", path);
  }
  copy_metadata(status, to_dir, name);
}

void copy_entries(int from_dir, int to_dir, const std::string& to_path, Links& links) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(
      ::fdopendir(sys::openat(from_dir, ".", O_RDONLY | O_DIRECTORY).release()), ::closedir);
  if (!dir) sys::fail("fdopendir", to_path);
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") copy_entry(from_dir, to_dir, to_path, name, links);
  }
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

void copy_folder(const sys::Fd& root, const std::string& path, const std::string& destination) {
  sys::Fd from;
  try {
    from = sys::open_in_root(root.get(), path, O_RDONLY | O_DIRECTORY);
  } catch (const sys::Error& error) {
    if (error.code() == ENOENT || error.code() == ENOTDIR) return;
    throw;
  }
  const sys::Fd to = sys::open(destination, O_RDONLY | O_DIRECTORY);
  Links links;
  copy_entries(from.get(), to.get(), destination, links);
  copy_xattrs(proc_path(from.get()), proc_path(to.get()));
  struct stat status {};
  sys::check(::fstat(from.get(), &status), "stat", path);
  copy_metadata(status, AT_FDCWD, destination);
}

}  // namespace engine
