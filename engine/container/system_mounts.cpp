#include "engine/container/system_mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/container/host_devices.h"
#include "engine/container/mount_fd.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr uint64_t kInert = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV;

constexpr std::array kMaskedInProc = {"acpi",       "asound",        "interrupts",  "kcore",
                                      "keys",       "latency_stats", "sched_debug", "scsi",
                                      "timer_list", "timer_stats"};
constexpr std::array kReadOnlyInProc = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
constexpr std::array kMaskedInSys = {"firmware", "devices/virtual/powercap"};

// The image may hold a symlink where a system folder belongs; mounting through it is what CVE-2019-19921 was.
sys::Fd plain_folder(int parent, const char* name) {
  if (::mkdirat(parent, name, 0755) != 0 && errno != EEXIST) sys::fail("mkdir", name);
  sys::Fd fd(::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) throw SetupError(std::string("mount /") + name, "the image has no ordinary folder there");
  return fd;
}

// Opens `path` of a pseudo file system we mounted ourselves; nothing when this kernel has no such file.
std::optional<sys::Fd> open_in(int mount, const std::string& path, unsigned long magic) {
  sys::Fd fd = sys::try_open_in_root(mount, path, O_PATH | O_NOFOLLOW);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  sys::check(fd.get(), "openat2", path);
  if (!is_on(fd.get(), magic))
    throw SetupError("mask " + path, "it is not on the file system it should be on");
  return fd;
}

// A file becomes an empty, read-only one, a folder an empty, read-only one. No device node is involved, so
// nothing can be exchanged for it (CVE-2025-31133).
class Mask {
 public:
  // `place`: folder where what covers is mounted, for kernels before 6.15 clone nothing that is nowhere.
  explicit Mask(const std::string& place)
      : empty_(new_mount("tmpfs", {{"size", "4k"}, {"mode", "0755"}}, kInert)) {
    if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST) sys::fail("mkdir", place);
    attach_mount(empty_.get(), sys::open(place, O_PATH | O_DIRECTORY).get());
    sys::openat(empty_.get(), "file", O_WRONLY | O_CREAT | O_EXCL, 0444);
    sys::check(::mkdirat(empty_.get(), "folder", 0555), "mkdir", "folder");
  }
  void cover(const sys::Fd& target) const {
    struct stat status {};
    sys::check(::fstat(target.get(), &status), "fstat");
    const sys::Fd clone = clone_mount(empty_.get(), S_ISDIR(status.st_mode) ? "folder" : "file", false);
    change_mount(clone.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
    attach_mount(clone.get(), target.get());
  }

 private:
  sys::Fd empty_;
};

void make_node(int dev, const char* name, mode_t mode, int major, int minor) {
  sys::check(::mknodat(dev, name, S_IFCHR | mode, ::makedev(major, minor)), "mknod", name);
}

void make_standard_nodes(int dev) {
  make_node(dev, "null", 0666, 1, 3);
  make_node(dev, "zero", 0666, 1, 5);
  make_node(dev, "full", 0666, 1, 7);
  make_node(dev, "random", 0666, 1, 8);
  make_node(dev, "urandom", 0666, 1, 9);
  make_node(dev, "tty", 0666, 5, 0);
}

void make_links(int dev) {
  const auto link = [&](const char* to, const char* name) {
    sys::check(::symlinkat(to, dev, name), "symlink", name);
  };
  link("/proc/self/fd", "fd");
  link("/proc/self/fd/0", "stdin");
  link("/proc/self/fd/1", "stdout");
  link("/proc/self/fd/2", "stderr");
  link("pts/ptmx", "ptmx");
  if (::access("/proc/kcore", F_OK) == 0) link("/proc/kcore", "core");  // some kernels have none
}

sys::Fd mount_below(int dev, const char* name, const sys::Fd& mount) {
  sys::check(::mkdirat(dev, name, 0755), "mkdir", name);
  const sys::Fd target = sys::openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  attach_mount(mount.get(), target.get());
  return sys::openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

// Where the first separator is a slash, it is a path already; else a slash stands for a dot within a name, as
// sysctl(8) has it.
std::string path_of_sysctl(std::string name) {
  const size_t separator = name.find_first_of("./");
  if (separator != std::string::npos && name[separator] == '.')
    for (char& c : name) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return "sys/" + name;
}

void set_sysctl(int proc, const std::string& name, const std::string& value) {
  try {
    const sys::Fd file = sys::open_in_root(proc, path_of_sysctl(name), O_WRONLY | O_NOFOLLOW);
    sys::check(::write(file.get(), value.data(), value.size()), "write");
  } catch (const sys::Error& error) {
    throw SetupError("set sysctl " + name + " to '" + value + "'",
                     error.code() == ENOENT
                         ? "this kernel has no such setting"
                         : std::string("the kernel refuses it: ") + std::strerror(error.code()));
  }
}

}  // namespace

void mount_proc(int root, const Spec& spec, const sys::Fd& shared) {
  const sys::Fd target = plain_folder(root, "proc");
  const sys::Fd own = shared ? sys::Fd() : new_mount("proc", {}, kInert);
  const sys::Fd& proc = shared ? shared : own;
  attach_mount(proc.get(), target.get());
  for (const std::string& setting : spec.sysctls) {
    const size_t equals = setting.find('=');
    set_sysctl(proc.get(), setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (spec.privileged || spec.unmasked) return;
  for (const char* path : kReadOnlyInProc) {
    const auto found = open_in(proc.get(), path, PROC_SUPER_MAGIC);
    if (!found) continue;
    const sys::Fd clone = clone_mount(found->get(), "", false);
    change_mount(clone.get(), MOUNT_ATTR_RDONLY, 0, 0, false);
    attach_mount(clone.get(), found->get());
  }
  const Mask mask(spec.run_dir + "/masks");
  for (const char* path : kMaskedInProc) {
    if (const auto found = open_in(proc.get(), path, PROC_SUPER_MAGIC)) mask.cover(*found);
  }
}

std::vector<std::string> masked_paths() {
  std::vector<std::string> paths;
  paths.reserve(kMaskedInProc.size() + kMaskedInSys.size());
  for (const char* path : kMaskedInProc) paths.push_back(std::string("/proc/") + path);
  for (const char* path : kMaskedInSys) paths.push_back(std::string("/sys/") + path);
  return paths;
}

std::vector<std::string> read_only_paths() {
  std::vector<std::string> paths;
  paths.reserve(kReadOnlyInProc.size());
  for (const char* path : kReadOnlyInProc) paths.push_back(std::string("/proc/") + path);
  return paths;
}

Console open_terminal(int pts) {
  Console console;
  console.master = sys::openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW);
  if (!is_on(console.master.get(), DEVPTS_SUPER_MAGIC)) {
    throw SetupError("open a terminal", "/dev/pts in the container is no devpts");
  }
  const int unlocked = 0;
  sys::check(::ioctl(console.master.get(), TIOCSPTLCK, &unlocked), "ioctl", "TIOCSPTLCK");
  // The peer by descriptor: a name could be anything by the time it is opened.
  console.terminal.reset(::ioctl(console.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  sys::check(console.terminal.get(), "ioctl", "TIOCGPTPEER");
  return console;
}

Console mount_dev(int root, const Spec& spec, const sys::Fd& shm) {
  const sys::Fd target = plain_folder(root, "dev");
  const sys::Fd dev =
      new_mount("tmpfs", {{"size", "65536k"}, {"mode", "0755"}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
  attach_mount(dev.get(), target.get());
  if (spec.privileged) {
    copy_host_devices(dev.get());
  } else {
    make_standard_nodes(dev.get());
  }
  make_links(dev.get());
  const sys::Fd pts = mount_below(
      dev.get(), "pts",
      new_mount("devpts", {{"newinstance", ""}, {"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}},
                MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  if (shm) {
    mount_below(dev.get(), "shm", shm);
  } else if (spec.ipc.mode != "none") {
    mount_below(
        dev.get(), "shm",
        new_mount("tmpfs", {{"source", "shm"}, {"size", std::to_string(spec.shm_size)}, {"mode", "1777"}},
                  kInert));
  }
  mount_below(dev.get(), "mqueue", new_mount("mqueue", {}, kInert));
  if (!spec.tty) return {};
  Console console = open_terminal(pts.get());
  const sys::Fd file = make_target(dev.get(), "/console", TargetKind::kFile);
  attach_mount(clone_mount(console.terminal.get(), "", false).get(), file.get());
  return console;
}

void mount_sys(int root, const Spec& spec) {
  const sys::Fd target = plain_folder(root, "sys");
  const sys::Fd mount = new_mount("sysfs", {}, kInert | (spec.privileged ? 0 : MOUNT_ATTR_RDONLY));
  attach_mount(mount.get(), target.get());
  if (spec.privileged || spec.unmasked) return;
  const Mask mask(spec.run_dir + "/masks");
  for (const char* path : kMaskedInSys) {
    if (const auto found = open_in(mount.get(), path, SYSFS_MAGIC)) mask.cover(*found);
  }
}

void mount_cgroups(int root, const Cgroup& cgroup, bool privileged) {
  const sys::Fd target = sys::try_open_in_root(root, "/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!target) {
    return;  // a kernel without cgroups
  }
  const uint64_t attributes = kInert | (privileged ? 0 : MOUNT_ATTR_RDONLY);
  if (cgroup.unified()) {
    attach_mount(new_mount("cgroup2", {}, attributes).get(), target.get());
    return;
  }
  const sys::Fd folder = new_mount("tmpfs", {{"size", "64k"}, {"mode", "0755"}}, kInert);
  attach_mount(folder.get(), target.get());
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) {
    const std::string name = hierarchy.mount_point.substr(hierarchy.mount_point.rfind('/') + 1);
    const sys::Fd mount = clone_mount(AT_FDCWD, cgroup.folder(hierarchy), false);
    change_mount(mount.get(), attributes, 0, MS_PRIVATE, false);
    mount_below(folder.get(), name.c_str(), mount);
    for (const std::string& controller : hierarchy.controllers) {  // "cpu" -> "cpu,cpuacct"
      if (hierarchy.controllers.size() > 1 && controller != name) {
        sys::check(::symlinkat(name.c_str(), folder.get(), controller.c_str()), "symlink", controller);
      }
    }
  }
  change_mount(folder.get(), attributes, 0, 0, false);
}

}  // namespace engine
