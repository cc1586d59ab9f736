#include "engine/copy/source_walk.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "engine/error.h"
#include "engine/image/entry_path.h"
#include "engine/image/tree_walk.h"
#include "sys/error.h"
#include "sys/folder.h"

namespace engine {

namespace {

constexpr long kMqueueMagic = 0x19800202;  // ipc/mqueue.c
constexpr std::array<long, 10> kNoStores = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC,   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
    DEBUGFS_MAGIC,    TRACEFS_MAGIC, SECURITYFS_MAGIC,   BPF_FS_MAGIC,        kMqueueMagic};

std::vector<std::string> names_of(int path_fd, const std::string& what) {
  std::vector<std::string> names = sys::names_in(open_to_list(path_fd, what), what);
  std::sort(names.begin(), names.end());
  return names;
}

class Walk {
 public:
  Walk(const WalkLimits& limits, const std::function<void(const SourceObject&)>& visit)
      : limits_(limits), visit_(visit) {}

  void object(const SourceObject& object, size_t depth) {
    if (limits_.cancelled && limits_.cancelled()) throw Error(Error::Kind::kUnavailable, "cancelled");
    const struct stat& status = object.status;
    if (!S_ISDIR(status.st_mode)) return visit_(object);
    if (limits_.except && *limits_.except == std::pair(status.st_dev, status.st_ino)) {
      if (object.path.empty()) throw Error(Error::Kind::kInvalid, "a folder cannot be copied into itself");
      return leave_out(object.path, "it is where the copy goes to");
    }
    if (depth > 0 && is_kernels_own(object.fd)) return visit_(object);  // the folder for it, as in an image
    if (depth > kMaxDepth) {
      throw Error(Error::Kind::kInvalid, "folders lie deeper than " + std::to_string(kMaxDepth) + " at " +
                                             quoted(object.path) + "; such a tree is not copied");
    }
    visit_(object);
    for (const std::string& name : names_of(object.fd, object.path)) child(object, name, depth);
  }

 private:
  void child(const SourceObject& folder, const std::string& name, size_t depth) {
    const sys::Fd fd = open_name(folder.fd, name);
    if (!fd) return;
    struct stat status {};
    const std::string path = folder.path.empty() ? name : folder.path + '/' + name;
    sys::check(::fstat(fd.get(), &status), "fstat", path);
    object({path, status, fd.get()}, depth + 1);
  }
  void leave_out(const std::string& path, const std::string& why) const {
    if (limits_.left_out) limits_.left_out(path, why);
  }

  const WalkLimits& limits_;
  const std::function<void(const SourceObject&)>& visit_;
};

}  // namespace

bool is_kernels_own(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return false;
  const auto type = static_cast<long>(status.f_type);
  return std::find(kNoStores.begin(), kNoStores.end(), type) != kNoStores.end();
}

void walk_source(const Place& top, const WalkLimits& limits,
                 const std::function<void(const SourceObject&)>& visit) {
  Walk(limits, visit).object({"", top.status, top.object.get()}, 0);
}

}  // namespace engine
