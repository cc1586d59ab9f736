#include "engine/container/root_view.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "engine/container/mount_fd.h"
#include "engine/container/mount_source.h"
#include "engine/container/overlay.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

namespace {

void cover(int root, const std::string& path) {
  const sys::Fd empty = new_mount("tmpfs", {{"mode", "0755"}}, MOUNT_ATTR_RDONLY);
  attach_mount(empty.get(), make_target(root, path, TargetKind::kFolder).get());
}

void mount_one(int root, const Spec& spec, size_t index) {
  const SpecMount& mount = spec.mounts[index];
  if (mount.type == SpecMount::Type::kTmpfs) return cover(root, mount.target);
  const sys::Fd source = is_own(mount) ? own_source(spec, index, sys::Fd()) : open_source(mount);
  struct stat status {};
  sys::check(::fstat(source.get(), &status), "fstat", mount.source);
  const auto kind = S_ISDIR(status.st_mode) ? TargetKind::kFolder : TargetKind::kFile;
  attach_mount(source.get(), make_target(root, mount.target, kind).get());
}

}  // namespace

sys::Fd mount_root_view(const Spec& spec) {
  in_step("make mounts private",
          [] { sys::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/"); });
  const std::string place = own_place(spec, "rootfs");
  in_step("mount the rootfs", [&] {
    const sys::Fd overlay = mount_overlay(spec.lower_dirs, spec.upper_dir, spec.work_dir, place);
    attach_mount(overlay.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
  });
  sys::Fd root = sys::open(place, O_RDONLY | O_DIRECTORY);
  for (const char* folder : {"/proc", "/sys", "/dev"}) {
    in_step(std::string("cover ") + folder, [&] { cover(root.get(), folder); });
  }
  for (size_t i = 0; i < spec.mounts.size(); ++i)
    in_step("mount " + spec.mounts[i].target, [&] { mount_one(root.get(), spec, i); });
  if (spec.read_only) {
    in_step("make the rootfs read-only", [&] { change_mount(root.get(), MOUNT_ATTR_RDONLY, 0, 0, false); });
  }
  return root;
}

}  // namespace engine
