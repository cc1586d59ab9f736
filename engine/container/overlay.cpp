#include "engine/container/overlay.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "engine/container/mount_fd.h"
#include "sys/error.h"

namespace engine {

namespace {

// Layers come from strangers: a redirect or metacopy attribute in one must never be followed, and none is
// written, so that the upper folder stays what a tar of it would hold.
const MountOptions kStrict = {{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}};

}  // namespace

// Overlay's own context came with Linux 6.5, lowerdir+ with 6.8. Between them lowerdir+ is refused as it is
// named; before, the context takes any option and the file system says no when it is to be made of them.
bool is_older_kernel(const sys::Error& error) {
  return error.code() == EINVAL &&
         (error.object().starts_with("lowerdir+") || error.object().starts_with("create"));
}

sys::Fd mount_overlay(const std::vector<std::string>& lower, const std::string& upper,
                      const std::string& work, const std::string& scratch) {
  MountOptions options = kStrict;
  for (const std::string& dir : lower) options.emplace_back("lowerdir+", dir);
  if (!upper.empty()) {
    options.emplace_back("upperdir", upper);
    options.emplace_back("workdir", work);
  }
  try {
    return new_mount("overlay", options, upper.empty() ? MOUNT_ATTR_RDONLY : 0);
  } catch (const sys::Error& error) {
    // 256 bytes is the longest value fsconfig takes.
    const bool too_long = error.code() == EINVAL && (upper.size() > 255 || work.size() > 255);
    if (!is_older_kernel(error) && !too_long) throw;
  }
  return mount_overlay_classic(lower, upper, work, scratch);
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
