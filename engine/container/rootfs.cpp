#include "engine/container/rootfs.h"
#include "engine/container/id_map.h"

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
#include "engine/container/mount_source.h"
#include "engine/container/overlay.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

namespace {

// Opened while the host's tree still has its own propagation, so that a shared or slave mount stays tied to
// it.
std::vector<sys::Fd> open_sources(const Spec& spec) {
  std::vector<sys::Fd> sources;
  for (const SpecMount& mount : spec.mounts) {
    if (is_own(mount)) {
      sources.emplace_back();
      continue;
    }
    sources.push_back(
        in_step("mount " + mount.source + " at " + mount.target, [&] { return open_source(mount); }));
  }
  return sources;
}

void attach_source(int root, const SpecMount& mount, const sys::Fd& source) {
  const sys::Fd target = target_for(root, mount, source);
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

Console enter_rootfs(const Spec& spec, const Cgroup& cgroup, const std::string& init_program,
                     const Borrowed& borrowed) {
  ::umask(0);  // modes are as written here
  const std::vector<sys::Fd> sources = open_sources(spec);
  sys::Fd init;
  if (spec.init)
    init = in_step("find compose-init", [&] { return clone_mount(AT_FDCWD, init_program, false); });
  in_step("make mounts private",
          [] { sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/"); });
  const sys::Fd root = in_step("mount the rootfs", [&] { return attach_root(spec); });
  in_step("mount /proc", [&] { mount_proc(root.get(), spec, borrowed.proc); });
  Console console = in_step("mount /dev", [&] { return mount_dev(root.get(), spec, borrowed.shm); });
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
      const sys::Fd own =
          is_own(spec.mounts[i]) ? own_source(spec, i, borrowed.devices[i], root.get()) : sys::Fd();
      const sys::Fd& source = own ? own : sources[i];
      map_ids(spec.mounts[i], source.get(), root.get(), spec.user);
      attach_source(root.get(), spec.mounts[i], source);
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
