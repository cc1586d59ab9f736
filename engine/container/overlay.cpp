#include "engine/container/overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/container/mount_fd.h"
#include "sys/error.h"

namespace engine {

namespace {

// Layers come from strangers: a redirect or metacopy attribute in one must never be followed, and none is
// written, so that the upper folder stays what a tar of it would hold.
const MountOptions kStrict = {{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}};

}  // namespace

bool has_lowerdir_plus(const std::string& release) {
  int major = 0, minor = 0;
  return std::sscanf(release.c_str(), "%d.%d", &major, &minor) == 2 &&
         (major > 6 || (major == 6 && minor >= 8));
}

sys::Fd mount_overlay(const std::vector<std::string>& lower, const std::string& upper,
                      const std::string& work, const std::string& scratch) {
  utsname kernel{};
  ::uname(&kernel);
  // 255 bytes are the longest value fsconfig takes. An older kernel is not even tried: it would write each
  // refusal to its log.
  if (!has_lowerdir_plus(kernel.release) || upper.size() > 255 || work.size() > 255)
    return mount_overlay_classic(lower, upper, work, scratch);
  MountOptions options = kStrict;
  for (const std::string& dir : lower) options.emplace_back("lowerdir+", dir);
  if (!upper.empty()) {
    options.emplace_back("upperdir", upper);
    options.emplace_back("workdir", work);
  }
  return new_mount("overlay", options, upper.empty() ? MOUNT_ATTR_RDONLY : 0);
}

sys::Fd mount_overlay_classic(const std::vector<std::string>& lower, const std::string& upper,
                              const std::string& work, const std::string& scratch) {
  // mount(2) takes one page of options, too small for the paths of 128 layers: each is named by its
  // descriptor.
  std::vector<sys::Fd> held;
  const auto name = [&held](const std::string& path) {
    held.push_back(sys::open(path, O_PATH | O_DIRECTORY));
    return std::to_string(held.back().get());
  };
  const sys::Fd before = sys::open(".", O_PATH | O_DIRECTORY);
  sys::check(::chdir("/proc/self/fd"), "chdir", "/proc/self/fd");
  std::string data = "lowerdir=";
  for (size_t i = 0; i < lower.size(); ++i) data += (i == 0 ? "" : ":") + name(lower[i]);
  if (!upper.empty()) data += ",upperdir=" + name(upper) + ",workdir=" + name(work);
  for (const auto& [key, value] : kStrict) data += ',' + key + '=' + value;
  const int result =
      ::mount("overlay", scratch.c_str(), "overlay", upper.empty() ? MS_RDONLY : 0, data.c_str());
  const int error = errno;
  sys::check(::fchdir(before.get()), "fchdir");
  if (result != 0) throw sys::Error(error, "mount overlay", scratch);
  sys::Fd mount = clone_mount(AT_FDCWD, scratch, false);
  sys::check(::umount2(scratch.c_str(), MNT_DETACH), "umount2", scratch);
  return mount;
}

}  // namespace engine
