#include "engine/container/mount_fd.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace engine {

namespace {

constexpr int kMostLinks = 40;  // as the kernel's own limit

// "e overlay: No changes allowed in reconfigure": one record a read, a class letter in front (man 2 fsopen).
std::string kernel_message(int context) {
  std::string text;
  char record[512];
  for (;;) {
    const ssize_t n = ::read(context, record, sizeof record);
    if (n <= 2) return text;
    std::string line(record + 2, static_cast<size_t>(n) - 2);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    if (record[0] == 'e') text += " (" + line + ')';
  }
}

struct SplitPath {
  std::string parent, name;
};

SplitPath split(const std::string& path) {
  size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const size_t slash = path.rfind('/', end - 1);
  if (slash == std::string::npos) return {".", path.substr(0, end)};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1, end - slash - 1)};
}

sys::Fd make_target_at(int root, const std::string& path, TargetKind kind, unsigned mode, int links) {
  if (links > kMostLinks) throw sys::Error(ELOOP, "make mount target", path);
  if (sys::Fd found = sys::try_open_in_root(root, path, O_PATH)) return found;
  if (errno != ENOENT) sys::fail("openat2", path);
  const SplitPath at = split(path);
  if (at.name.empty() || at.name == "." || at.name == "..")
    throw sys::Error(ENOENT, "make mount target", path);
  const sys::Fd parent = make_target_at(root, at.parent, TargetKind::kFolder, 0755, links + 1);
  if (kind == TargetKind::kFolder) {
    if (::mkdirat(parent.get(), at.name.c_str(), mode) == 0) return sys::open_in_root(root, path, O_PATH);
  } else {
    const sys::Fd made(
        ::openat(parent.get(), at.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (made) return sys::open_in_root(root, path, O_PATH);
  }
  if (errno != EEXIST) sys::fail("make mount target", path);
  // Something is there and yet could not be opened: a symlink to nowhere, as /var/run often is. What it names
  // is made.
  char link[4096];
  const ssize_t n = ::readlinkat(parent.get(), at.name.c_str(), link, sizeof link);
  if (n <= 0 || n == static_cast<ssize_t>(sizeof link)) throw sys::Error(ENOENT, "make mount target", path);
  const std::string to(link, static_cast<size_t>(n));
  return make_target_at(root, to[0] == '/' ? to : at.parent + '/' + to, kind, mode, links + 1);
}

}  // namespace

sys::Fd new_mount(const std::string& type, const MountOptions& options, uint64_t attributes) {
  const sys::Fd context(sys::check(::fsopen(type.c_str(), FSOPEN_CLOEXEC), "fsopen", type));
  const auto require = [&](int result, const std::string& what) {
    if (result == 0) return;
    const int error = errno;
    throw sys::Error(error, "mount " + type, what + kernel_message(context.get()));
  };
  const auto set = [&](const std::string& key, const std::string& value) {
    require(::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0), key + '=' + value);
  };
  bool has_source = false;
  for (const auto& [key, value] : options) {
    has_source = has_source || key == "source";
    if (value.empty()) {
      require(::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0), key);
    } else {
      set(key, value);
    }
  }
  if (!has_source) set("source", type);  // else df and mount would call it "none"
  require(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "create");
  const int mount = ::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
  require(mount < 0 ? -1 : 0, "fsmount");
  return sys::Fd(mount);
}

sys::Fd clone_mount(int dir, const std::string& path, bool recursive) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (path.empty() ? AT_EMPTY_PATH : 0U) |
                         (recursive ? AT_RECURSIVE : 0U);
  return sys::Fd(sys::check(::open_tree(dir, path.c_str(), flags), "open_tree", path));
}

void change_mount(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive) {
  struct mount_attr attributes {};
  attributes.attr_set = set;
  attributes.attr_clr = clear;
  attributes.propagation = propagation;
  sys::check(::mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                             sizeof attributes),
             "mount_setattr");
}

void attach_mount(int mount, int target) {
  sys::check(::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
             "move_mount");
}

sys::Fd make_target(int root, const std::string& path, TargetKind kind, unsigned mode) {
  sys::Fd target = make_target_at(root, path, kind, mode, 0);
  struct stat status {};
  sys::check(::fstat(target.get(), &status), "fstat", path);
  const bool folder = S_ISDIR(status.st_mode);
  if (folder != (kind == TargetKind::kFolder))
    throw sys::Error(folder ? EISDIR : ENOTDIR, "mount target", path);
  return target;
}

bool is_on(int fd, unsigned long magic) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 && static_cast<unsigned long>(status.f_type) == magic;
}

}  // namespace engine
