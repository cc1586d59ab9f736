#include "engine/copy/tree_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/build/file_data.h"
#include "engine/copy/shown_name.h"
#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "engine/image/tar_member.h"
#include "engine/tar_objects.h"
#include "engine/upper_walk.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kAttempts = 16;  // against somebody who makes files of the same name all the time

[[noreturn]] void refuse(const std::string& text) {
  throw Error(Error::Kind::kConflict, text);
}

uint64_t mount_of(int fd, const std::string& what) {
  struct statx status {};
  sys::check(::statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status), "statx", what);
  return status.stx_mnt_id;
}

bool is_below(const std::string& path, const std::string& folder) {
  return folder.empty() || path == folder || path.starts_with(folder + '/');
}

// What no link can be made of is copied again.
bool cannot_link(int error) {
  return error == EXDEV || error == ENOENT || error == EMLINK || error == EPERM || error == ENOTDIR ||
         error == ELOOP;
}

}  // namespace

TreeSink::TreeSink(sys::Fd folder, std::string name, std::string shown, const CopyPolicy& policy)
    : folder_(std::move(folder)), name_(std::move(name)), shown_(std::move(shown)), policy_(policy) {
  if (name_.empty()) levels_.push_back({"", open_to_list(folder_.get(), shown_), std::nullopt});
}

std::string TreeSink::shown(const std::string& path) const {
  if (path.empty()) return shown_;
  return shown_ + (shown_.ends_with('/') ? "" : "/") + shown_name(path);
}

std::string TreeSink::base(const std::string& path) const {
  return path.empty() ? name_ : base_of(path);
}

void TreeSink::add(const SourceObject& object) {
  const struct stat& status = object.status;
  if (S_ISSOCK(status.st_mode)) {
    if (left_out) left_out(object.path, "it is a socket");
    return;
  }
  CopyEntry entry;
  entry.path = object.path;
  entry.mode = status.st_mode;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = status.st_mtim;
  entry.size = S_ISREG(status.st_mode) ? status.st_size : 0;
  entry.device = status.st_rdev;
  entry.source = {status.st_dev, status.st_ino};
  entry.xattrs = layer_xattrs_of(object.fd, object.path);
  if (S_ISLNK(status.st_mode)) entry.link = link_target(object.fd, status, object.path);
  if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
    const auto [found, first] = names_.try_emplace({status.st_dev, status.st_ino}, object.path);
    if (!first) entry.same_as = found->second;
  }
  put(entry, [&](int file) {
    const sys::Fd from = open_to_read(object.fd, object.path);
    build::copy_file_data(from.get(), file, entry.size, check, shown(entry.path));
  });
}

void TreeSink::add(CopyEntry entry, TarReader& tar) {
  put(entry, [&](int file) { write_entry_content(tar, file, entry.path, entry.size); });
}

bool TreeSink::link(const CopyEntry& entry) {
  const int folder = parent_of_entry(entry.path);
  const std::string name = base(entry.path);
  if (name.empty() || !put_further_name(entry, folder, name)) return false;
  ++objects_;
  return true;
}

void TreeSink::put(CopyEntry& entry, const Content& content) {
  restrict(entry);
  const bool device = S_ISCHR(entry.mode) || S_ISBLK(entry.mode);
  if (device && !policy_.devices) {
    if (left_out) left_out(entry.path, "it is a device");
    return;
  }
  ++objects_;
  const int folder = parent_of_entry(entry.path);
  if (S_ISDIR(entry.mode)) return descend(entry.path, entry, Wish::kItself);
  const std::string name = base(entry.path);
  if (name.empty()) refuse("cannot overwrite directory " + shown("") + " with non-directory");
  if (!entry.same_as.empty() && put_further_name(entry, folder, name)) return;
  if (S_ISREG(entry.mode)) return put_file(entry, folder, name, content);
  put_special(entry, folder, name);
}

void TreeSink::restrict(CopyEntry& entry) const {
  if (policy_.set_id) return;
  if (!S_ISDIR(entry.mode)) entry.mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
  // Without their owners access lists speak of others, and the rest is a grant.
  std::erase_if(entry.xattrs, [](const auto& xattr) { return !xattr.first.starts_with("user."); });
}

int TreeSink::parent_of_entry(const std::string& path) {
  if (path.empty()) return folder_.get();
  const std::string parent = parent_of(path);
  size_t keep = levels_.size();
  while (keep > 0 && !is_below(parent, levels_[keep - 1].path)) --keep;
  leave_until(keep);
  if (levels_.empty()) refuse(shown("") + " became a folder while it was copied; copy it again");
  while (levels_.back().path != parent) {
    const size_t from = levels_.back().path.empty() ? 0 : levels_.back().path.size() + 1;
    CopyEntry way;
    way.mode = S_IFDIR | 0755;
    ::clock_gettime(CLOCK_REALTIME, &way.mtime);
    descend(parent.substr(0, parent.find('/', from)), way, Wish::kOnTheWay);
  }
  return levels_.back().fd.get();
}

void TreeSink::descend(const std::string& path, std::optional<CopyEntry> entry, Wish wish) {
  if (path.empty() && name_.empty()) return;
  const int folder = path.empty() ? folder_.get() : levels_.back().fd.get();
  const std::string name = base(path);
  Level level;
  level.path = path;
  if (::mkdirat(folder, name.c_str(), 0700) == 0) {
    level.made = std::move(entry);
  } else if (errno != EEXIST) {
    sys::fail("mkdir", shown(path));
  }
  level.fd.reset(::openat(folder, name.c_str(), kFolderFlags));
  if (!level.fd && (errno == ENOTDIR || errno == ELOOP)) {
    if (wish == Wish::kOnTheWay) level.fd = folder_behind(folder, name, path);
    if (!level.fd) refuse("cannot overwrite non-directory " + shown(path) + " with directory");
  }
  sys::check(level.fd.get(), "open", shown(path));
  levels_.push_back(std::move(level));
}

sys::Fd TreeSink::folder_behind(int folder, const std::string& name, const std::string& path) const {
  if (!follow) return {};
  const sys::Fd link = open_name(folder, name);
  struct stat status {};
  if (!link || ::fstat(link.get(), &status) != 0 || !S_ISLNK(status.st_mode)) return {};
  return links_made_.contains({status.st_dev, status.st_ino}) ? sys::Fd() : follow(path);
}

void TreeSink::leave_until(size_t levels) {
  while (levels_.size() > levels) {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    if (level.made) apply(*level.made, level.fd.get());
  }
}

void TreeSink::finish() {
  leave_until(0);
}

sys::Fd TreeSink::open_folder_of(const std::string& path) {
  if (levels_.empty()) return {};
  const std::string parent = parent_of(path);
  for (const Level& level : levels_)
    if (level.path == parent) return sys::dup(level.fd.get());
  sys::Fd at = sys::dup(levels_.front().fd.get());
  for (size_t from = 0; at;) {
    const size_t slash = path.find('/', from);
    if (slash == std::string::npos) return at;
    at.reset(::openat(at.get(), path.substr(from, slash - from).c_str(), kFolderFlags));
    from = slash + 1;
  }
  return at;
}

bool TreeSink::put_further_name(const CopyEntry& entry, int folder, const std::string& name) {
  const sys::Fd from = open_folder_of(entry.same_as);
  if (!from) return false;
  const sys::Fd busy = clear(entry, folder, name);
  if (busy) return false;
  if (::linkat(from.get(), base_of(entry.same_as).c_str(), folder, name.c_str(), 0) == 0) return true;
  if (!cannot_link(errno)) sys::fail("link", shown(entry.path));
  return false;
}

sys::Fd TreeSink::clear(const CopyEntry& entry, int folder, const std::string& name) const {
  const sys::Fd object = open_name(folder, name);
  if (!object) return {};
  struct stat status {};
  sys::check(::fstat(object.get(), &status), "fstat", shown(entry.path));
  if (S_ISDIR(status.st_mode))
    refuse("cannot overwrite directory " + shown(entry.path) + " with non-directory");
  if (entry.source && *entry.source == std::pair(status.st_dev, status.st_ino))
    refuse(shown(entry.path) + " is the very file that is to be copied there, mounted into the container");
  // The kernel would let us unlink it, and take the mount away: it is not one of our own mount namespace.
  if (mount_of(object.get(), name) != mount_of(folder, name)) {
    if (!S_ISREG(status.st_mode) || !S_ISREG(entry.mode))
      refuse("cannot overwrite " + shown(entry.path) + ": something is mounted there");
    return sys::Fd(sys::check(
        ::open(proc_path(object.get()).c_str(), O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
        "open", shown(entry.path)));
  }
  if (::unlinkat(folder, name.c_str(), 0) != 0 && errno != ENOENT) sys::fail("unlink", shown(entry.path));
  return {};
}

void TreeSink::put_file(const CopyEntry& entry, int folder, const std::string& name, const Content& content) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Its owner and mode are those of what is mounted.
    if (const sys::Fd mounted = clear(entry, folder, name)) return fill(entry, mounted.get(), content);
    const sys::Fd file(
        ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) continue;
    sys::check(file.get(), "create", shown(entry.path));
    try {
      fill(entry, file.get(), content);
      return apply(entry, file.get());
    } catch (...) {
      ::unlinkat(folder, name.c_str(), 0);  // half a file is none
      throw;
    }
  }
  refuse(shown(entry.path) + " is made again and again by somebody else");
}

void TreeSink::fill(const CopyEntry& entry, int file, const Content& content) {
  content(file);
  bytes_ += entry.size;
}

void TreeSink::put_special(const CopyEntry& entry, int folder, const std::string& name) {
  clear(entry, folder, name);
  if (S_ISLNK(entry.mode)) {
    sys::check(::symlinkat(entry.link.c_str(), folder, name.c_str()), "symlink", shown(entry.path));
  } else {
    sys::check(::mknodat(folder, name.c_str(), (entry.mode & S_IFMT) | 0600, entry.device), "mknod",
               shown(entry.path));
  }
  const sys::Fd made = open_name(folder, name);
  struct stat status {};
  // Exchanged already by who has the tree: then it is that one's affair.
  if (!made || ::fstat(made.get(), &status) != 0 || ((status.st_mode ^ entry.mode) & S_IFMT) != 0) return;
  if (S_ISLNK(entry.mode)) links_made_.emplace(status.st_dev, status.st_ino);
  apply(entry, made.get());
}

// Owner first, for chown drops set-id bits and capabilities. By /proc and with empty paths, which works for
// O_PATH descriptors as well.
void TreeSink::apply(const CopyEntry& entry, int fd) const {
  const std::string what = shown(entry.path);
  if (policy_.keep_owner || policy_.owner) {
    const uid_t uid = policy_.keep_owner ? entry.uid : policy_.owner->first;
    const gid_t gid = policy_.keep_owner ? entry.gid : policy_.owner->second;
    sys::check(::fchownat(fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), "chown", what);
  }
  if (!S_ISLNK(entry.mode)) sys::check(::chmod(proc_path(fd).c_str(), entry.mode & 07777), "chmod", what);
  for (const auto& [name, value] : entry.xattrs) {
    try {
      write_xattr(fd, name, value, what);
    } catch (const sys::Error& error) {
      if (error.code() != ENOTSUP) throw;  // a file system without them keeps the rest
    }
  }
  const timespec times[2] = {entry.mtime, entry.mtime};
  sys::check(::utimensat(fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), "utimensat", what);
}

}  // namespace engine
