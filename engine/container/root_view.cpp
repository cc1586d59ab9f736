#include "engine/container/root_view.h"
#include "engine/container/id_map.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <vector>

#include "engine/container/mount_fd.h"
#include "engine/container/mount_source.h"
#include "engine/container/overlay.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

namespace {

// What is only there while the container runs is an empty folder, in which other mounts find their places.
sys::Fd cover(int root, const std::string& path) {
  sys::Fd empty = new_mount("tmpfs", {{"mode", "0755"}}, 0);
  attach_mount(empty.get(), make_target(root, path, TargetKind::kFolder).get());
  return empty;
}

void close_file(int root, const std::string& path) {
  const sys::Fd file = make_target(root, path, TargetKind::kFile);
  const sys::Fd clone = clone_mount(file.get(), "", false);
  change_mount(clone.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
  attach_mount(clone.get(), file.get());
}

void mount_one(int root, const Spec& spec, size_t index) {
  const SpecMount& mount = spec.mounts[index];
  const sys::Fd device = mount.type == SpecMount::Type::kDevice ? open_device(mount) : sys::Fd();
  const sys::Fd source = is_own(mount) ? own_source(spec, index, device, root) : open_source(mount);
  map_ids(mount, source.get(), root, spec.user);
  attach_mount(source.get(), target_for(root, mount, source).get());
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
  std::vector<sys::Fd> covers;
  for (const char* folder : {"/proc", "/sys", "/dev"})
    in_step(std::string("cover ") + folder, [&] { covers.push_back(cover(root.get(), folder)); });
  for (const char* file : kMadeAtStart)
    in_step(std::string("close ") + file, [&] { close_file(root.get(), file); });
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    in_step("mount " + spec.mounts[i].target, [&] {
      if (spec.mounts[i].type == SpecMount::Type::kTmpfs) {
        covers.push_back(cover(root.get(), spec.mounts[i].target));
      } else {
        mount_one(root.get(), spec, i);
      }
    });
  }
  for (const sys::Fd& cover : covers) change_mount(cover.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
  if (spec.read_only) {
    in_step("make the rootfs read-only", [&] { change_mount(root.get(), MOUNT_ATTR_RDONLY, 0, 0, false); });
  }
  return root;
}

}  // namespace engine
