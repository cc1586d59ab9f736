#include "engine/container/mount_source.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "engine/container/mount_fd.h"
#include "engine/container/mount_options.h"
#include "engine/container/overlay.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

struct Propagation {
  uint64_t flag;
  bool recursive;
};

Propagation propagation_of(const SpecMount& mount) {
  const std::string& name = mount.propagation;
  if (name.empty() || name == "rprivate") return {MS_PRIVATE, true};
  if (name == "private") return {MS_PRIVATE, false};
  if (name == "rslave") return {MS_SLAVE, true};
  if (name == "slave") return {MS_SLAVE, false};
  if (name == "rshared") return {MS_SHARED, true};
  if (name == "shared") return {MS_SHARED, false};
  throw SetupError("mount " + mount.target, "unknown propagation " + name);
}

// What /proc/self/mountinfo says of the mount that `fd` lies on, between its options and the "-" (man 5
// proc). No stream reads it: the monitor would have the C++ library's locales for it, 30 KiB of memory that
// each changes as it starts.
std::string peer_groups(const sys::Fd& fd) {
  struct statx status {};
  sys::check(::statx(fd.get(), "", AT_EMPTY_PATH, STATX_MNT_ID, &status), "statx");
  const std::string id = '\n' + std::to_string(status.stx_mnt_id) + ' ';
  const std::string lines = '\n' + sys::read_file("/proc/self/mountinfo");
  const size_t begin = lines.find(id);
  return begin == std::string::npos ? "" : lines.substr(begin + 1, lines.find(" - ", begin) - begin - 1);
}

// Without peers of its own a mount would be called shared and yet nothing would ever pass, either way.
void require_peers(const SpecMount& mount, const sys::Fd& source, uint64_t flag) {
  if (flag == MS_PRIVATE) return;
  const std::string groups = peer_groups(source);
  const bool shared = groups.find(" shared:") != std::string::npos;
  if (shared || (flag == MS_SLAVE && groups.find(" master:") != std::string::npos)) return;
  throw SetupError("mount " + mount.target,
                   mount.source + " lies on a mount of the host that is not shared, so propagation " +
                       mount.propagation + " has nothing to go by; make it so with mount --make-shared");
}

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

// A link that leads out of what is mounted is refused, not followed (openat2(2), RESOLVE_BENEATH).
sys::Fd open_subpath(const SpecMount& mount, const sys::Fd& source) {
  struct open_how how {};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  sys::Fd fd(static_cast<int>(::syscall(SYS_openat2, source.get(), mount.subpath.c_str(), &how, sizeof how)));
  if (fd) return fd;
  const int error = errno;
  const std::string what = "subpath '" + mount.subpath + "' ";
  if (is_missing(error))
    throw SetupError("mount " + mount.target, what + "is not in what is mounted; make it there first");
  if (error == EXDEV || error == ELOOP)
    throw SetupError("mount " + mount.target, what + "leads out of what is mounted");
  throw sys::Error(error, "openat2", what);
}

sys::Fd bind_source(const SpecMount& mount) {
  const Propagation propagation = propagation_of(mount);
  sys::Fd place = sys::open(mount.source, O_PATH);
  require_peers(mount, place, propagation.flag);
  if (!mount.subpath.empty()) place = open_subpath(mount, place);
  const bool recursive = mount.recursive != "disabled";
  sys::Fd source = clone_mount(place.get(), "", recursive);
  change_mount(source.get(), 0, 0, propagation.flag, propagation.recursive);
  if (mount.read_only)
    change_mount(source.get(), MOUNT_ATTR_RDONLY, 0, 0, recursive && mount.recursive != "writable");
  // `options` of a volume on a folder of the host, as mount --bind takes them.
  const uint64_t attributes = split_mount_options(mount.options, 0).attributes;
  if (attributes != 0) change_mount(source.get(), attributes, 0, 0, recursive);
  return source;
}

constexpr unsigned kTmpfsMode = 01777;  // the kernel's own

unsigned tmpfs_mode(const SpecMount& mount, int root) {
  if (mount.tmpfs_mode != 0) return mount.tmpfs_mode & 07777U;
  struct stat status {};
  try {
    const sys::Fd covered = sys::open_in_root(root, mount.target, O_PATH | O_DIRECTORY);
    sys::check(::fstat(covered.get(), &status), "fstat", mount.target);
  } catch (const sys::Error& error) {
    if (error.code() != ENOENT && error.code() != ENOTDIR) throw;
    return kTmpfsMode;
  }
  return status.st_mode & 07777U;
}

sys::Fd tmpfs_source(const SpecMount& mount, int root) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", tmpfs_mode(mount, root));
  uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (mount.read_only) attributes |= MOUNT_ATTR_RDONLY;
  SplitOptions split = split_mount_options(mount.options, attributes);
  MountOptions options = {{"mode", mode}};
  if (mount.tmpfs_size > 0) options.emplace_back("size", std::to_string(mount.tmpfs_size));
  options.insert(options.end(), split.file_system.begin(), split.file_system.end());
  return new_mount("tmpfs", options, split.attributes);
}

// What is mounted at the place, in this mount namespace only. Found by path again, as what lies below a mount
// that hangs nowhere cannot be cloned before Linux 6.15.
sys::Fd root_at(const std::string& place, const sys::Fd& mount) {
  attach_mount(mount.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
  return sys::open(place, O_PATH | O_DIRECTORY);
}

sys::Fd layers_source(const Spec& spec, const SpecMount& mount, const std::string& name) {
  const std::string place = own_place(spec, name);
  std::vector<std::string> lowers = mount.lower_dirs;
  std::string upper, work;
  if (mount.read_only) {
    // An overlay without an upper folder has two layers at least.
    if (lowers.size() == 1) lowers.push_back(own_place(spec, name + ".empty"));
  } else {
    upper = mount.scratch + "/upper";
    work = mount.scratch + "/work";
    for (const std::string& folder : {upper, work}) {
      if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) sys::fail("mkdir", folder);
    }
  }
  const sys::Fd root = root_at(place, mount_overlay(lowers, upper, work, place));
  try {
    return clone_mount(sys::open_in_root(root.get(), mount.source, O_PATH).get(), "", false);
  } catch (const sys::Error& error) {
    if (!is_missing(error.code())) throw;
    throw SetupError("mount " + mount.target, "the image has no " + mount.source);
  }
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

sys::Fd file_source(const Spec& spec, const SpecMount& mount, const std::string& name) {
  const std::string place = own_place(spec, name);
  const sys::Fd memory =
      new_mount("tmpfs", {{"mode", "0700"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  attach_mount(memory.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
  const std::string path = place + "/file";
  const sys::Fd file = sys::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  sys::write_all(file.get(),
                 mount.source.empty() ? from_hex(mount.content_hex) : sys::read_file(mount.source));
  sys::check(::fchown(file.get(), mount.uid, mount.gid), "fchown", path);
  sys::check(::fchmod(file.get(), mount.mode & 07777), "fchmod", path);
  sys::Fd source = clone_mount(AT_FDCWD, path, false);
  if (mount.read_only) change_mount(source.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
  return source;
}

sys::Fd device_part(const Spec& spec, const SpecMount& mount, const std::string& name,
                    const sys::Fd& device) {
  if (mount.subpath.empty()) return sys::dup(device.get());
  const sys::Fd root = root_at(own_place(spec, name), device);
  return clone_mount(open_subpath(mount, root).get(), "", false);
}

}  // namespace

std::string own_place(const Spec& spec, const std::string& name) {
  const std::string place = spec.run_dir + "/" + name;
  if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) sys::fail("mkdir", place);
  return place;
}

bool is_own(const SpecMount& mount) {
  return mount.type != SpecMount::Type::kBind;
}

sys::Fd open_source(const SpecMount& mount) {
  return bind_source(mount);
}

sys::Fd open_device(const SpecMount& mount) {
  const SplitOptions split = split_mount_options(mount.options, mount.read_only ? MOUNT_ATTR_RDONLY : 0);
  MountOptions options = {{"source", mount.source}};
  options.insert(options.end(), split.file_system.begin(), split.file_system.end());
  // Said to the file system as well, which else wants to write to a medium that may not let it. Not for a
  // read-only mount of a volume that others write to.
  if (std::find(mount.options.begin(), mount.options.end(), "ro") != mount.options.end())
    options.emplace_back("ro", "");
  return new_mount(mount.fs_type, options, split.attributes);
}

std::vector<sys::Fd> open_devices(const Spec& spec) {
  std::vector<sys::Fd> devices(spec.mounts.size());
  for (size_t i = 0; i < devices.size(); ++i) {
    const SpecMount& mount = spec.mounts[i];
    if (mount.type == SpecMount::Type::kDevice)
      devices[i] =
          in_step("mount " + mount.source + " at " + mount.target, [&] { return open_device(mount); });
  }
  return devices;
}

sys::Fd own_source(const Spec& spec, size_t index, const sys::Fd& device, int root) {
  const SpecMount& mount = spec.mounts[index];
  const std::string name = "mount" + std::to_string(index);
  if (mount.type == SpecMount::Type::kTmpfs) return tmpfs_source(mount, root);
  if (mount.type == SpecMount::Type::kFile) return file_source(spec, mount, name);
  if (mount.type == SpecMount::Type::kDevice) return device_part(spec, mount, name, device);
  return layers_source(spec, mount, name);
}

sys::Fd target_for(int root, const SpecMount& mount, const sys::Fd& source) {
  struct stat status {};
  sys::check(::fstat(source.get(), &status), "fstat", mount.source);
  const bool folder = S_ISDIR(status.st_mode);
  // Made as the tmpfs will be: the next start is to find the same.
  const unsigned mode = mount.type == SpecMount::Type::kTmpfs ? status.st_mode & 07777U : 0755U;
  try {
    return make_target(root, mount.target, folder ? TargetKind::kFolder : TargetKind::kFile, mode);
  } catch (const sys::Error& error) {
    if (error.code() == EROFS)
      throw SetupError("mount " + mount.target,
                       "it is not there, and what it would lie in is read-only; make it there first");
    if (error.code() != EISDIR && error.code() != ENOTDIR) throw;
    const std::string what = mount.type == SpecMount::Type::kBind ? mount.source : "what is mounted there";
    throw SetupError("mount " + mount.target,
                     what +
                         (folder ? " is a folder, and the container has a file there"
                                 : " is no folder, and the container has a folder there") +
                         "; mount the same kind, or choose another target");
  }
}

}  // namespace engine
