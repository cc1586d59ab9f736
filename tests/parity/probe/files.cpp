// What is hidden, what is read-only, what the engine puts into /etc, and the kernel's settings.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "probe.h"

namespace probe {

namespace {

constexpr const char* kHidden[] = {"/proc/acpi",
                                   "/proc/asound",
                                   "/proc/config.gz",
                                   "/proc/interrupts",
                                   "/proc/kallsyms",
                                   "/proc/kcore",
                                   "/proc/keys",
                                   "/proc/key-users",
                                   "/proc/kmsg",
                                   "/proc/kpageflags",
                                   "/proc/latency_stats",
                                   "/proc/sched_debug",
                                   "/proc/scsi",
                                   "/proc/timer_list",
                                   "/proc/timer_stats",
                                   "/proc/vmallocinfo",
                                   "/sys/devices/system/cpu/cpu0/thermal_throttle",
                                   "/sys/devices/virtual/powercap",
                                   "/sys/firmware",
                                   "/sys/fs/bpf",
                                   "/sys/fs/pstore",
                                   "/sys/kernel/debug",
                                   "/sys/kernel/security",
                                   "/sys/kernel/tracing"};

std::string folder_content(const char* path) {
  DIR* const dir = ::opendir(path);
  if (dir == nullptr) return error_name(errno);
  int entries = 0;
  while (::readdir(dir) != nullptr) ++entries;
  ::closedir(dir);
  return entries <= 2 ? "empty" : "shown";
}

std::string file_content(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return error_name(errno);
  char byte = 0;
  const ssize_t n = ::read(fd, &byte, 1);
  const std::string content = n < 0 ? error_name(errno) : n == 0 ? "empty" : "shown";
  ::close(fd);
  return content;
}

std::string hidden(const char* path) {
  struct stat status {};
  if (::lstat(path, &status) != 0) return error_name(errno);
  if (S_ISDIR(status.st_mode)) return "folder, " + folder_content(path);
  const std::string kind = S_ISCHR(status.st_mode) ? "device " + std::to_string(::major(status.st_rdev)) +
                                                         ':' + std::to_string(::minor(status.st_rdev))
                                                   : "file";
  return kind + ", " + file_content(path);
}

// Opened only: what is written to some of these stops the machine.
std::string writable(const char* path) {
  struct stat status {};
  if (::lstat(path, &status) != 0) return error_name(errno);
  if (S_ISDIR(status.st_mode)) {
    struct statvfs mount {};
    ::statvfs(path, &mount);
    return (mount.f_flag & ST_RDONLY) != 0 ? "read-only" : "writable";
  }
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return error_name(errno);
  ::close(fd);
  return "writable";
}

void show_setting(const std::string& name, const std::string& path) {
  std::string value = read_text(path);
  for (char& c : value)
    if (c == '\n' || c == '\t') c = ' ';
  while (!value.empty() && value.back() == ' ') value.pop_back();
  row("sysctl." + name, value);
}

}  // namespace

void show_files() {
  for (const char* path : kHidden) row(std::string("hidden.") + path, hidden(path));
  for (const char* path : {"/",
                           "/etc",
                           "/proc",
                           "/proc/1/oom_score_adj",
                           "/proc/bus",
                           "/proc/fs",
                           "/proc/irq",
                           "/proc/mtrr",
                           "/proc/self/attr/current",
                           "/proc/self/comm",
                           "/proc/self/gid_map",
                           "/proc/self/mem",
                           "/proc/self/setgroups",
                           "/proc/sys",
                           "/proc/sys/fs/binfmt_misc",
                           "/proc/sys/kernel/core_pattern",
                           "/proc/sys/kernel/hostname",
                           "/proc/sys/kernel/modprobe",
                           "/proc/sys/kernel/shmmax",
                           "/proc/sys/net/ipv4/ip_forward",
                           "/proc/sys/vm/panic_on_oom",
                           "/proc/sysrq-trigger",
                           "/proc/timer_list",
                           "/sys",
                           "/sys/fs/cgroup",
                           "/sys/fs/cgroup/memory",
                           "/sys/fs/cgroup/devices/devices.allow",
                           "/sys/fs/cgroup/memory/release_agent",
                           "/sys/kernel/uevent_helper",
                           "/sys/power/state",
                           "/dev",
                           "/dev/shm",
                           "/dev/mqueue",
                           "/etc/hostname",
                           "/etc/hosts",
                           "/etc/resolv.conf"}) {
    row(std::string("write.") + path, writable(path));
  }
  show_setting("net.ipv4.ip_unprivileged_port_start", "/proc/sys/net/ipv4/ip_unprivileged_port_start");
  show_setting("net.ipv4.ping_group_range", "/proc/sys/net/ipv4/ping_group_range");
  show_setting("kernel.shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced");
  show_setting("kernel.domainname", "/proc/sys/kernel/domainname");
  show_setting("fs.mqueue.queues_max", "/proc/sys/fs/mqueue/queues_max");
  char name[256]{};
  ::gethostname(name, sizeof name - 1);
  const std::string file = read_text("/etc/hostname");
  row("hostname", file == std::string(name) + '\n' ? "as in /etc/hostname" : "unlike /etc/hostname");
  row("hostname.letters", std::to_string(std::strlen(name)));
}

}  // namespace probe
