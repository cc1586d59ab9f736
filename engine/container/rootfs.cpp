#include "engine/container/rootfs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/device_rules.h"
#include "engine/container/mount_fd.h"
#include "engine/container/overlay.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

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

sys::Fd bind_source(const SpecMount& mount) {
  const Propagation propagation = propagation_of(mount);
  sys::Fd source = clone_mount(AT_FDCWD, mount.source, true);
  change_mount(source.get(), 0, 0, propagation.flag, propagation.recursive);
  if (mount.read_only) change_mount(source.get(), MOUNT_ATTR_RDONLY, 0, 0, true);
  return source;
}

sys::Fd tmpfs_source(const SpecMount& mount) {
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", mount.tmpfs_mode == 0 ? 01777U : mount.tmpfs_mode & 07777U);
  MountOptions options = {{"mode", mode}};
  if (mount.tmpfs_size > 0) options.emplace_back("size", std::to_string(mount.tmpfs_size));
  uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (!mount.tmpfs_exec) attributes |= MOUNT_ATTR_NOEXEC;
  if (mount.read_only) attributes |= MOUNT_ATTR_RDONLY;
  return new_mount("tmpfs", options, attributes);
}

// A folder of the run folder that something is mounted on in this mount namespace only: it goes with it.
std::string own_place(const Spec& spec, const std::string& name) {
  const std::string place = spec.run_dir + "/" + name;
  if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) sys::fail("mkdir", place);
  return place;
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
  const sys::Fd overlay = mount_overlay(lowers, upper, work, place);
  attach_mount(overlay.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
  const sys::Fd root = sys::open(place, O_PATH | O_DIRECTORY);
  const sys::Fd source = sys::open_in_root(root.get(), mount.source, O_PATH);
  return clone_mount(source.get(), "", false);
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
  sys::write_all(file.get(), from_hex(mount.content_hex));
  sys::check(::fchown(file.get(), mount.uid, mount.gid), "fchown", path);
  sys::check(::fchmod(file.get(), mount.mode & 07777), "fchmod", path);
  sys::Fd source = clone_mount(AT_FDCWD, path, false);
  if (mount.read_only) change_mount(source.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
  return source;
}

// Mounts that are made in the container's own mount namespace, once it is private.
sys::Fd own_source(const Spec& spec, size_t index) {
  const SpecMount& mount = spec.mounts[index];
  const std::string name = "mount" + std::to_string(index);
  return mount.type == SpecMount::Type::kFile ? file_source(spec, mount, name)
                                              : layers_source(spec, mount, name);
}

bool is_own(const SpecMount& mount) {
  return mount.type == SpecMount::Type::kFile || mount.type == SpecMount::Type::kLayers;
}

// Opened while the host's tree still has its own propagation, so that a shared or slave mount stays tied to
// it.
std::vector<sys::Fd> open_sources(const Spec& spec) {
  std::vector<sys::Fd> sources;
  for (const SpecMount& mount : spec.mounts) {
    if (is_own(mount)) {
      sources.emplace_back();
      continue;
    }
    sources.push_back(in_step("mount " + mount.source + " at " + mount.target, [&] {
      if (mount.copy_up) throw SetupError("mount " + mount.target, "copy_up is not supported");
      return mount.type == SpecMount::Type::kBind ? bind_source(mount) : tmpfs_source(mount);
    }));
  }
  return sources;
}

void attach_source(int root, const SpecMount& mount, const sys::Fd& source) {
  struct stat status {};
  sys::check(::fstat(source.get(), &status), "fstat", mount.source);
  const auto kind = S_ISDIR(status.st_mode) ? TargetKind::kFolder : TargetKind::kFile;
  const sys::Fd target = make_target(root, mount.target, kind);
  // Covering a piece of /proc would defeat the checks that find it there (CVE-2025-52881).
  if (is_on(target.get(), PROC_SUPER_MAGIC)) {
    throw SetupError("mount " + mount.target, "a mount inside the container's /proc is not allowed");
  }
  struct stat at {
  }, top{};
  sys::check(::fstat(target.get(), &at), "fstat", mount.target);
  sys::check(::fstat(root, &top), "fstat", "/");
  if (at.st_dev == top.st_dev && at.st_ino == top.st_ino) {
    throw SetupError("mount " + mount.target, "it is the container's root folder");
  }
  attach_mount(source.get(), target.get());
}

// In the place of what has the name: the container may have been started before.
void make_devices(int root, const SpecDevice& device) {
  for (const DeviceNode& node : device_nodes(device)) {
    const size_t slash = node.target.rfind('/');
    const std::string name = node.target.substr(slash + 1);
    const sys::Fd folder = make_target(root, node.target.substr(0, slash + 1), TargetKind::kFolder);
    if (is_on(folder.get(), PROC_SUPER_MAGIC))
      throw SetupError("make device " + node.target, "it lies in the container's /proc");
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT) sys::fail("unlink", node.target);
    sys::check(::mknodat(folder.get(), name.c_str(), node.mode, ::makedev(node.major, node.minor)), "mknod",
               node.target);
    sys::check(::fchownat(folder.get(), name.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW), "chown",
               node.target);
  }
}

sys::Fd attach_root(const Spec& spec) {
  if (spec.upper_dir.empty() || spec.work_dir.empty() || spec.lower_dirs.empty()) {
    throw SetupError("mount the rootfs", "the spec names no lower_dirs, upper_dir or work_dir");
  }
  // Seen by nobody else: the host's mount namespace does not hold what is mounted here.
  const std::string place = own_place(spec, "rootfs");
  const sys::Fd overlay = mount_overlay(spec.lower_dirs, spec.upper_dir, spec.work_dir, place);
  attach_mount(overlay.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
  return sys::open(place, O_RDONLY | O_DIRECTORY);
}

void pivot(int root) {
  sys::check(::fchdir(root), "fchdir");
  sys::check(::syscall(SYS_pivot_root, ".", "."), "pivot_root");
  // The old root now lies on top of the new one at the same place (man 2 pivot_root).
  sys::check(::umount2(".", MNT_DETACH), "umount2", "old root");
  sys::check(::chdir("/"), "chdir", "/");
}

}  // namespace

Console enter_rootfs(const Spec& spec, const Cgroup& cgroup, const std::string& init_program) {
  ::umask(0);  // modes are as written here
  const std::vector<sys::Fd> sources = open_sources(spec);
  sys::Fd init;
  if (spec.init)
    init = in_step("find compose-init", [&] { return clone_mount(AT_FDCWD, init_program, false); });
  in_step("make mounts private",
          [] { sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/"); });
  const sys::Fd root = in_step("mount the rootfs", [&] { return attach_root(spec); });
  in_step("mount /proc", [&] { mount_proc(root.get(), spec); });
  Console console = in_step("mount /dev", [&] { return mount_dev(root.get(), spec); });
  for (const SpecDevice& device : spec.devices)
    in_step("make device " + device.target, [&] { make_devices(root.get(), device); });
  in_step("mount /sys", [&] { mount_sys(root.get(), spec); });
  in_step("mount /sys/fs/cgroup", [&] { mount_cgroups(root.get(), cgroup, spec.privileged); });
  if (spec.init) {
    in_step(std::string("mount ") + kInitTarget, [&] {
      change_mount(init.get(), MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, false);
      attach_mount(init.get(), make_target(root.get(), kInitTarget, TargetKind::kFile).get());
    });
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    in_step("mount " + spec.mounts[i].target, [&] {
      const sys::Fd own = is_own(spec.mounts[i]) ? own_source(spec, i) : sys::Fd();
      attach_source(root.get(), spec.mounts[i], own ? own : sources[i]);
    });
  }
  if (!spec.working_dir.empty()) {
    in_step("make working directory",
            [&] { make_target(root.get(), spec.working_dir, TargetKind::kFolder); });
  }
  if (spec.read_only) {
    in_step("make the rootfs read-only", [&] { change_mount(root.get(), MOUNT_ATTR_RDONLY, 0, 0, false); });
  }
  in_step("pivot into the rootfs", [&] { pivot(root.get()); });
  return console;
}

}  // namespace engine
