// What is in /dev, and which devices can be made and opened.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "probe.h"

namespace probe {

namespace {

std::string octal(unsigned mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", mode & 07777U);
  return text;
}

std::string described(const std::string& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) {
    char target[256]{};
    return ::readlink(path.c_str(), target, sizeof target - 1) < 0 ? error_name(errno)
                                                                   : std::string("link to ") + target;
  }
  const std::string who =
      ' ' + octal(status.st_mode) + ' ' + std::to_string(status.st_uid) + ':' + std::to_string(status.st_gid);
  if (S_ISDIR(status.st_mode)) return "folder" + who;
  if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) return "file" + who;
  return (S_ISCHR(status.st_mode) ? "c " : "b ") + std::to_string(::major(status.st_rdev)) + ':' +
         std::to_string(::minor(status.st_rdev)) + who;
}

void show_folder(const std::string& folder) {
  DIR* const dir = ::opendir(folder.c_str());
  if (dir == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir)) names.emplace_back(entry->d_name);
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    const std::string path = folder + '/' + name;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    row("dev." + path, described(path, status));
    if (S_ISDIR(status.st_mode)) show_folder(path);
  }
}

struct Device {
  const char* name;
  mode_t type;
  unsigned major, minor;
};

constexpr Device kDevices[] = {{"mem", S_IFCHR, 1, 1},         {"port", S_IFCHR, 1, 4},
                               {"kmsg", S_IFCHR, 1, 11},       {"null", S_IFCHR, 1, 3},
                               {"zero", S_IFCHR, 1, 5},        {"full", S_IFCHR, 1, 7},
                               {"random", S_IFCHR, 1, 8},      {"urandom", S_IFCHR, 1, 9},
                               {"tty", S_IFCHR, 5, 0},         {"console", S_IFCHR, 5, 1},
                               {"ptmx", S_IFCHR, 5, 2},        {"pts/0", S_IFCHR, 136, 0},
                               {"tty0", S_IFCHR, 4, 0},        {"ttyS0", S_IFCHR, 4, 64},
                               {"watchdog", S_IFCHR, 10, 130}, {"hwrng", S_IFCHR, 10, 183},
                               {"tun", S_IFCHR, 10, 200},      {"fuse", S_IFCHR, 10, 229},
                               {"kvm", S_IFCHR, 10, 232},      {"loop-control", S_IFCHR, 10, 237},
                               {"vsock", S_IFCHR, 10, 241},    {"userfaultfd", S_IFCHR, 10, 257},
                               {"loop0", S_IFBLK, 7, 0},       {"sda", S_IFBLK, 8, 0},
                               {"vda", S_IFBLK, 254, 0},       {"zero 0:0", S_IFCHR, 0, 0}};

// The watchdog would bark.
bool only_made(const Device& device) {
  return std::string(device.name) == "watchdog";
}

void try_device(const Device& device) {
  const std::string path = "/tmp/.confinement-probe-device";
  const std::string name = device.name;
  const auto make = [&] {
    return ::mknod(path.c_str(), device.type | 0600U, ::makedev(device.major, device.minor));
  };
  attempt("mknod." + name, make);
  for (const auto& [how, flags] : {std::pair{"read", O_RDONLY}, {"write", O_WRONLY}}) {
    if (only_made(device)) break;
    attempt(std::string("open.") + how + '.' + name,
            [&, flag = flags] { return ::open(path.c_str(), flag | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); });
  }
  ::unlink(path.c_str());
}

void try_terminals() {
  attempt("ptmx.new", [] { return ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC); });
  attempt("ptmx.peer", [] {
    const int master = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return -1;
    char name[64];
    return ::ptsname_r(master, name, sizeof name) != 0 ? -1 : ::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  });
}

}  // namespace

void show_devices() {
  show_folder("/dev");
  for (const Device& device : kDevices) try_device(device);
  try_terminals();
}

}  // namespace probe
