#include "engine/image/extractor.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "engine/error.h"
#include "engine/image/archive_reader.h"
#include "engine/image/beneath.h"
#include "engine/image/entry_path.h"
#include "engine/image/tar_member.h"
#include "engine/image/tree_walk.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// Owner first, for chown drops set-uid bits and capabilities.
void apply(int fd, mode_t mode, uid_t uid, gid_t gid, const Xattrs& xattrs, const std::string& path) {
  sys::check(::fchown(fd, uid, gid), "fchown", path);
  sys::check(::fchmod(fd, mode), "fchmod", path);
  for (const auto& [name, value] : xattrs) write_xattr(fd, name, value, path);
}

void mark_opaque(int fd, const std::string& path) {
  write_xattr(fd, kOpaqueXattr, "y", path);
}

}  // namespace

void Extractor::add(TarReader& reader, archive_entry* entry, const std::string& name) {
  const std::string path = checked_path(name, name);
  if (path.empty() || !is_whiteout_name(base_of(path))) return add_object(reader, entry, path);
  if (!whiteouts_) {
    refuse_entry(
        path,
        "names beginning with \".wh.\" mean removed files in layers and cannot be in a root file system");
  }
  add_whiteout(path);
}

void Extractor::add_object(TarReader& reader, archive_entry* entry, const std::string& path) {
  if (archive_entry_hardlink(entry) != nullptr) return add_hardlink(entry, path);
  const Metadata metadata = entry_metadata(entry, path);
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return add_folder(path, metadata);
    case AE_IFREG:
      return add_file(reader, path, archive_entry_size(entry), metadata);
    case AE_IFLNK:
      return add_symlink(entry, path, metadata);
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFIFO:
      return add_node(entry, path, metadata);
    default:
      refuse_entry(path, "its type is not one that a layer can hold");
  }
}

int Extractor::parent(const std::string& path) {
  const std::string folder = parent_of(path);
  if (parent_fd_ && folder == parent_path_) return parent_fd_.get();
  sys::Fd fd = try_open_beneath(root_, folder, kFolderFlags);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) {
    make_parents(folder);
    fd = try_open_beneath(root_, folder, kFolderFlags);
  }
  if (!fd && (errno == ELOOP || errno == ENOTDIR)) {
    refuse_entry(path, "it lies below a symbolic link or another entry that is not a folder");
  }
  sys::check(fd.get(), "openat2", folder);
  parent_path_ = folder;
  parent_fd_ = std::move(fd);
  return parent_fd_.get();
}

void Extractor::make_parents(const std::string& folder) {
  for (size_t end = 0; end != std::string::npos;) {
    end = folder.find('/', end + 1);
    const std::string part = folder.substr(0, end);
    if (is_whiteout_name(base_of(part))) refuse_entry(folder, "a part of the name begins with \".wh.\"");
    const sys::Fd above = try_open_beneath(root_, parent_of(part), kFolderFlags);
    if (!above) return;  // the caller says what is in the way
    const bool hidden = hidden_.erase(part) > 0;
    if (hidden) sys::check(::unlinkat(above.get(), base_of(part).c_str(), 0), "unlink", part);
    if (::mkdirat(above.get(), base_of(part).c_str(), 0755) != 0) {
      if (errno != EEXIST) sys::fail("mkdir", part);
      continue;
    }
    const sys::Fd made = open_beneath(root_, part, kFolderFlags);
    sys::check(::fchmod(made.get(), 0755), "fchmod", part);  // whatever the umask
    if (hidden) mark_opaque(made.get(), part);
    folder_times_[part] = {};  // not the present: the same archive gives the same layer
  }
}

void Extractor::clear(const std::string& path) {
  const int folder = parent(path);
  const std::string base = base_of(path);
  hidden_.erase(path);
  if (::unlinkat(folder, base.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR) sys::fail("unlink", path);
  sys::remove_tree(proc_path(folder) + '/' + base);
  parent_fd_.reset();
  const std::string below = path + '/';
  folder_times_.erase(path);
  for (auto it = folder_times_.lower_bound(below);
       it != folder_times_.end() && it->first.compare(0, below.size(), below) == 0;) {
    it = folder_times_.erase(it);
  }
  for (auto it = hidden_.lower_bound(below);
       it != hidden_.end() && it->compare(0, below.size(), below) == 0;) {
    it = hidden_.erase(it);
  }
}

void Extractor::add_whiteout(const std::string& path) {
  const std::string base = base_of(path);
  const int folder = parent(path);
  if (base == kOpaqueName) return mark_opaque(folder, path);
  const std::string victim = base.substr(kWhiteoutPrefix.size());
  if (victim.empty() || victim == "." || victim == "..")
    refuse_entry(path, "the whiteout names no entry of its folder");
  if (is_whiteout_name(victim)) refuse_entry(path, "AUFS metadata is not supported");
  const std::string target = parent_of(path).empty() ? victim : parent_of(path) + '/' + victim;

  // A whiteout is about the layers below. What this layer itself has at that name stays, and hides a folder
  // there.
  struct stat status {};
  if (::fstatat(folder, victim.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(status.st_mode)) mark_opaque(sys::openat(folder, victim, kFolderFlags).get(), target);
    return;
  }
  sys::check(::mknodat(folder, victim.c_str(), S_IFCHR, ::makedev(0, 0)), "mknod", target);
  hidden_.insert(target);
}

void Extractor::add_hardlink(archive_entry* entry, const std::string& path) {
  if (path.empty()) refuse_entry("./", "the root cannot be a hard link");
  const std::string target = checked_path(path, archive_entry_hardlink(entry));
  if (target == path) refuse_entry(path, "it is a hard link to itself");
  const sys::Fd object = try_open_beneath(root_, target, O_PATH | O_NOFOLLOW);
  struct stat status {};
  if (!object || ::fstat(object.get(), &status) != 0 || is_whiteout(status)) {
    refuse_entry(path, "the hard link's target " + quoted(target) + " is not in the archive before it");
  }
  if (S_ISDIR(status.st_mode))
    refuse_entry(path, "the hard link's target " + quoted(target) + " is a folder");
  clear(path);
  const sys::Fd from = open_beneath(root_, parent_of(target), kFolderFlags);
  sys::check(::linkat(from.get(), base_of(target).c_str(), parent(path), base_of(path).c_str(), 0), "link",
             path);
}

void Extractor::add_folder(const std::string& path, const Metadata& metadata) {
  folder_times_[path] = metadata.mtime;
  if (path.empty()) return apply(root_, metadata.mode, metadata.uid, metadata.gid, metadata.xattrs, "./");
  const std::string base = base_of(path);
  struct stat status {};
  const bool there = ::fstatat(parent(path), base.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  const bool hidden = hidden_.count(path) > 0;
  if (!there || !S_ISDIR(status.st_mode)) {
    if (there) clear(path);
    sys::check(::mkdirat(parent(path), base.c_str(), 0700), "mkdir", path);
  }
  const sys::Fd fd = sys::openat(parent(path), base, kFolderFlags);
  apply(fd.get(), metadata.mode, metadata.uid, metadata.gid, metadata.xattrs, path);
  if (hidden) mark_opaque(fd.get(), path);
}

void Extractor::add_file(TarReader& reader, const std::string& path, int64_t size, const Metadata& metadata) {
  if (path.empty()) refuse_entry("./", "the root is not a folder");
  clear(path);
  const sys::Fd fd = sys::openat(parent(path), base_of(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  write_entry_content(reader, fd.get(), path, size);
  apply(fd.get(), metadata.mode, metadata.uid, metadata.gid, metadata.xattrs, path);
  const timespec times[2] = {metadata.mtime, metadata.mtime};
  sys::check(::futimens(fd.get(), times), "futimens", path);
}

void Extractor::add_symlink(archive_entry* entry, const std::string& path, const Metadata& metadata) {
  if (path.empty()) refuse_entry("./", "the root is not a folder");
  const char* raw_target = archive_entry_symlink(entry);
  const std::string target = raw_target != nullptr ? raw_target : "";
  check_symlink_target(path, target);
  clear(path);
  sys::check(::symlinkat(target.c_str(), parent(path), base_of(path).c_str()), "symlink", path);
  finish_object(path, metadata, true);
}

void Extractor::add_node(archive_entry* entry, const std::string& path, const Metadata& metadata) {
  if (path.empty()) refuse_entry("./", "the root is not a folder");
  const mode_t type = archive_entry_filetype(entry);
  dev_t device = 0;
  if (type != AE_IFIFO) {
    device = ::makedev(static_cast<unsigned>(archive_entry_rdevmajor(entry)),
                       static_cast<unsigned>(archive_entry_rdevminor(entry)));
    if (type == AE_IFCHR && device == ::makedev(0, 0)) {
      refuse_entry(path,
                   "a character device 0:0 means a removed file to an overlay and cannot be in an archive");
    }
  }
  clear(path);
  sys::check(::mknodat(parent(path), base_of(path).c_str(), type | 0600, device), "mknod", path);
  finish_object(path, metadata, false);
}

void Extractor::finish_object(const std::string& path, const Metadata& metadata, bool is_symlink) {
  const int folder = parent(path);
  const std::string base = base_of(path);
  sys::check(::fchownat(folder, base.c_str(), metadata.uid, metadata.gid, AT_SYMLINK_NOFOLLOW), "fchownat",
             path);
  if (!is_symlink) sys::check(::fchmodat(folder, base.c_str(), metadata.mode, 0), "fchmodat", path);
  if (!metadata.xattrs.empty()) {
    const sys::Fd fd = sys::openat(folder, base, O_PATH | O_NOFOLLOW);
    for (const auto& [name, value] : metadata.xattrs) write_xattr(fd.get(), name, value, path);
  }
  const timespec times[2] = {metadata.mtime, metadata.mtime};
  sys::check(::utimensat(folder, base.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat", path);
}

void Extractor::finish() {
  parent_fd_.reset();
  for (const auto& [path, mtime] : folder_times_) {
    const sys::Fd fd = open_beneath(root_, path, kFolderFlags);
    const timespec times[2] = {mtime, mtime};
    sys::check(::futimens(fd.get(), times), "futimens", path);
  }
}

}  // namespace engine
