#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "sys/error.h"
#include "sys/random.h"

namespace sys {

std::string read_file(const std::string& path) {
  const Fd fd = open(path, O_RDONLY);
  return read_all(fd.get());
}

std::optional<std::string> read_file_if_exists(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  check(fd.get(), "open", path);
  return read_all(fd.get());
}

namespace {

void write_bytes(int fd, std::string_view bytes, const std::string& path) {
  try {
    write_all(fd, bytes.data(), bytes.size());
  } catch (const Error& error) {
    throw Error(error.code(), "write", path);
  }
}

// ext4 has a file's blocks written before it replaces another by rename(2) (auto_da_alloc in man 5 ext4), and
// who removes it soon after waits for that. False where nothing has the name yet, or the file system cannot
// do this.
bool exchange_into(const std::string& temporary, const std::string& path) {
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) != 0) return false;
  ::unlink(temporary.c_str());
  return true;
}

}  // namespace

void write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode,
                       Durability durability) {
  const std::string temporary = path + ".tmp-" + random_hex(8);
  {
    const Fd fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    try {
      write_bytes(fd.get(), bytes, path);
      check(::fchmod(fd.get(), mode), "fchmod", temporary);  // whatever the umask
      if (durability == Durability::kSynced) check(::fsync(fd.get()), "fsync", temporary);
    } catch (...) {
      ::unlink(temporary.c_str());
      throw;
    }
  }
  if (durability == Durability::kLoose && exchange_into(temporary, path)) return;
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw Error(error, "rename", path);
  }
  if (durability == Durability::kSynced) {
    const size_t slash = path.rfind('/');
    const Fd dir = open(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    check(::fsync(dir.get()), "fsync", path);
  }
}

void write_knob(const std::string& path, std::string_view value) {
  const Fd fd = open(path, O_WRONLY);
  check(::write(fd.get(), value.data(), value.size()), "write", path);
}

void make_dirs(const std::string& path, unsigned mode) {
  // Again when a parent that was just made, or found, is removed by somebody else meanwhile.
  for (int attempt = 0; attempt < 16; ++attempt) {
    if (::mkdir(path.c_str(), mode) == 0) {
      if (::chmod(path.c_str(), mode) == 0) return;
      if (errno != ENOENT) fail("chmod", path);
      continue;
    }
    if (errno != ENOENT) break;
    const size_t slash = path.find_last_of('/');
    if (slash == std::string::npos || slash == 0) break;
    make_dirs(path.substr(0, slash), mode);
  }
  const int error = errno;
  struct stat status {};
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return;
  throw Error(error, "mkdir", path);
}

namespace {

dev_t device_of(int fd, const std::string& path) {
  struct stat status {};
  check(::fstat(fd, &status), "fstat", path);
  return status.st_dev;
}

// Empties the folder as far as its entries are no folders; the first folder that cannot be removed at once is
// returned.
std::string empty_until_folder(int dir_fd, const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(
      ::fdopendir(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY).release()), ::closedir);
  if (!dir) fail("fdopendir", path);
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (::unlinkat(dir_fd, name.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) fail("unlink", path + '/' + name);
    if (::unlinkat(dir_fd, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
    if (errno != ENOTEMPTY && errno != EEXIST) fail("rmdir", path + '/' + name);
    return name;
  }
  return {};
}

// Walks down into the first full folder and up again by "..", so that two descriptors do for any depth.
void remove_contents(Fd root, const std::string& path) {
  const dev_t device = device_of(root.get(), path);
  Fd here = dup(root.get());
  std::vector<std::string> names;  // of the folders between root and here
  for (;;) {
    const std::string folder = empty_until_folder(here.get(), path);
    if (!folder.empty()) {
      Fd below = openat(here.get(), folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (device_of(below.get(), folder) != device)
        throw Error(EBUSY, "rmdir", path + '/' + folder);  // a mount
      here = std::move(below);
      names.push_back(folder);
      continue;
    }
    if (names.empty()) return;
    Fd above = openat(here.get(), "..", O_RDONLY | O_DIRECTORY);
    here = std::move(above);
    if (::unlinkat(here.get(), names.back().c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT &&
        errno != ENOTEMPTY) {
      fail("rmdir", path + '/' + names.back());
    }
    names.pop_back();
  }
}

}  // namespace

void remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  Fd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  check(dir.get(), "open", path);
  remove_contents(std::move(dir), path);
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) fail("rmdir", path);
}

namespace {

Fd lock_waiting(const std::string& path, int operation) {
  Fd fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  while (::flock(fd.get(), operation) != 0) {
    if (errno != EINTR) fail("flock", path);
  }
  return fd;
}

}  // namespace

FileLock FileLock::acquire(const std::string& path) {
  return FileLock(lock_waiting(path, LOCK_EX));
}

FileLock FileLock::acquire_shared(const std::string& path) {
  return FileLock(lock_waiting(path, LOCK_SH));
}

std::optional<FileLock> FileLock::try_acquire(const std::string& path) {
  Fd fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    fail("flock", path);
  }
  return FileLock(std::move(fd));
}

}  // namespace sys
