#include "engine/container/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "engine/container/clone.h"
#include "engine/container/freezer.h"
#include "engine/container/limits.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// Of v1. The kernel moves a caller who is its process' only thread without the lock over all of them, for
// which cgroup.procs waits until every processor has passed a grace period.
constexpr const char* kOwnThread = "/tasks";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (;;) {
    const size_t to = text.find(separator, from);
    parts.push_back(text.substr(from, to == std::string::npos ? to : to - from));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

// "36 35 98:0 /root /mount opts shared:1 - cgroup cgroup rw,cpu,cpuacct" (man 5 proc_pid_mountinfo)
std::vector<CgroupHierarchy> find_hierarchies() {
  static const std::set<std::string> controllers = {"cpu",     "cpuacct",    "cpuset",   "memory",  "devices",
                                                    "freezer", "blkio",      "pids",     "hugetlb", "net_cls",
                                                    "rdma",    "perf_event", "net_prio", "misc"};
  std::vector<CgroupHierarchy> found;
  std::set<std::string> seen;
  for (const std::string& line : split(sys::read_file("/proc/self/mountinfo"), '\n')) {
    const size_t dash = line.find(" - cgroup");
    if (dash == std::string::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3) continue;
    CgroupHierarchy hierarchy{left[4], right[0] == "cgroup2", {}};
    if (!hierarchy.v2) {
      for (const std::string& option : split(right[2], ',')) {
        if (controllers.contains(option) || option.starts_with("name="))
          hierarchy.controllers.push_back(option);
      }
    }
    // A hierarchy may be mounted more than once; its options tell it, the first mount will do.
    if (seen.insert(right[0] + right[2]).second) found.push_back(std::move(hierarchy));
  }
  return found;
}

std::vector<pid_t> members(const std::string& folder) {
  std::vector<pid_t> pids;
  const auto text = sys::read_file_if_exists(folder + "/cgroup.procs");
  if (!text) return pids;
  for (const std::string& line : split(*text, '\n')) {
    if (!line.empty()) pids.push_back(std::atoi(line.c_str()));
  }
  return pids;
}

std::string membership(pid_t pid) {
  try {
    return sys::read_file("/proc/" + std::to_string(pid) + "/cgroup");
  } catch (const sys::Error&) {
    return {};  // it is gone
  }
}

// Of v2: the line that begins with "0::" (man 7 cgroups). Empty when the process is gone.
std::string v2_group(pid_t pid) {
  const std::string text = '\n' + membership(pid);
  const size_t begin = text.find("\n0::");
  return begin == std::string::npos ? "" : text.substr(begin + 4, text.find('\n', begin + 1) - begin - 4);
}

bool is_member(pid_t pid, const std::string& path) {
  const std::string text = membership(pid);
  return text.find(':' + path + '\n') != std::string::npos ||
         text.find(':' + path + '/') != std::string::npos;
}

void add_members(const std::string& folder, std::set<pid_t>& all) {
  for (const std::string& group : sub_groups(folder)) add_members(group, all);
  for (const pid_t pid : members(folder)) all.insert(pid);
}

void kill_members(const std::string& folder, const std::string& path) {
  for (const std::string& group : sub_groups(folder)) kill_members(group, path);
  for (const pid_t pid : members(folder)) {
    const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // Looked at again now that the descriptor pins the process: the number may have passed to a stranger.
    if (pidfd && is_member(pid, path)) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  }
}

int remove_groups(const std::string& folder);

// The deepest first, as the kernel wants it. 0, or the errno of the first that would not go.
int remove_sub_groups(const std::string& folder) {
  int failed = 0;
  for (const std::string& group : sub_groups(folder)) {
    const int error = remove_groups(group);
    if (failed == 0) failed = error;
  }
  return failed;
}

int remove_groups(const std::string& folder) {
  if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return 0;
  if (errno != EBUSY) return errno;
  const int error = remove_sub_groups(folder);
  if (error != 0) return error;
  return ::rmdir(folder.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

// The dead leave their group a little after they are reaped. How often that is waited for is counted over all
// hierarchies.
class Patience {
 public:
  bool wait() {
    if (left_ == 0) return false;
    --left_;
    ::poll(nullptr, 0, 10);
    return true;
  }

 private:
  int left_ = 200;
};

bool has(const CgroupHierarchy& hierarchy, const char* controller) {
  const auto& names = hierarchy.controllers;
  return std::find(names.begin(), names.end(), controller) != names.end();
}

// Looked for once: where they are mounted does not change while a command runs.
const std::vector<CgroupHierarchy>& present_hierarchies() {
  static const std::vector<CgroupHierarchy> found = find_hierarchies();
  return found;
}

void refuse_unenforceable(const Resources& rest) {
  const auto refuse = [](const std::string& limit, const std::string& controller) {
    throw Error(Error::Kind::kUnavailable, limit +
                                               " cannot be enforced: this host has no cgroup controller " +
                                               controller + "; enable it or take the limit out");
  };
  if (rest.memory != 0) refuse("the memory limit", "memory");
  if (rest.memory_swap != 0) refuse("the limit of memory and swap", "memory with swap accounting");
  if (rest.memory_reservation != 0) refuse("the memory reservation", "memory");
  if (rest.memory_swappiness >= 0) refuse("mem_swappiness", "memory of version 1");
  if (rest.oom_kill_disable) refuse("oom_kill_disable", "memory of version 1");
  if (rest.cpus != 0 || rest.cpu_quota != 0 || rest.cpu_period != 0) refuse("the limit of cpus", "cpu");
  if (rest.cpu_shares != 0) refuse("cpu_shares", "cpu");
  if (rest.cpu_rt_runtime != 0 || rest.cpu_rt_period != 0)
    refuse("cpu_rt_runtime", "cpu of version 1 with real-time groups (CONFIG_RT_GROUP_SCHED)");
  if (!rest.cpuset.empty()) refuse("cpuset", "cpuset");
  if (rest.pids != 0) refuse("the pids limit", "pids");
  if (rest.blkio_weight != 0 || !rest.blkio_weight_device.empty())
    refuse("blkio_config.weight", "blkio (or io) with weights");
  for (const auto* rates :
       {&rest.device_read_bps, &rest.device_write_bps, &rest.device_read_iops, &rest.device_write_iops}) {
    if (!rates->empty()) refuse("blkio_config's rates", "blkio (or io)");
  }
}

}  // namespace

std::vector<std::string> sub_groups(const std::string& folder) {
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") found.push_back(folder + '/' + name);
  }
  return found;
}

bool set_limit(const std::string& folder, const std::string& knob, const std::string& value,
               const std::string& limit) {
  const std::string file = folder + '/' + knob;
  if (::access(file.c_str(), F_OK) != 0) return false;
  try {
    sys::write_knob(file, value);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kUnavailable, limit + ": the kernel does not take '" + value + "' for " + knob +
                                               ": " + std::strerror(error.code()));
  }
  return true;
}

std::string block_device_number(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode))
    throw Error(Error::Kind::kInvalid, "blkio_config: " + path + " is no block device of this machine");
  return std::to_string(::major(status.st_rdev)) + ':' + std::to_string(::minor(status.st_rdev));
}

Cgroup::Cgroup(std::string path) : Cgroup(std::move(path), present_hierarchies()) {}

Cgroup::Cgroup(std::string path, std::vector<CgroupHierarchy> hierarchies)
    : path_(std::move(path)), hierarchies_(std::move(hierarchies)) {
  if (path_.size() < 2 || path_[0] != '/' || path_.find("..") != std::string::npos) {
    throw Error(Error::Kind::kInvalid, "cgroup path " + path_ + " is not an absolute path below the root");
  }
}

bool Cgroup::unified() const {
  return std::all_of(hierarchies_.begin(), hierarchies_.end(), [](const auto& h) { return h.v2; });
}

void Cgroup::create(const Resources& resources, const DeviceAccess& devices) {
  bool cleared = false;
  Resources rest = resources;
  bool devices_ruled = devices.all;
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    const bool controlled = hierarchy.v2 && cgroup_v2::has_controllers(hierarchy.mount_point);
    if (controlled) cgroup_v2::enable_controllers(hierarchy.mount_point, path_);
    if (::mkdir(folder(hierarchy).c_str(), 0755) != 0) {
      if (errno == EEXIST && !std::exchange(cleared, true)) clear();
      sys::make_dirs(folder(hierarchy));
    }
    if (!hierarchy.v2) {
      cgroup_v1::apply(hierarchy, path_, rest, devices);
      if (has(hierarchy, "devices")) devices_ruled = true;
    } else if (controlled) {
      cgroup_v2::apply(folder(hierarchy), rest);
    }
  }
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (devices_ruled || !hierarchy.v2) continue;
    cgroup_v2::restrict_devices(folder(hierarchy), devices.rules);  // v1's controller has not done it
    devices_ruled = true;
  }
  if (!devices_ruled) {
    throw Error(
        Error::Kind::kUnavailable,
        "access to the host's devices cannot be restricted: this host has neither the cgroup "
        "controller devices nor cgroup v2 mounted; mount one of them, or make the container privileged");
  }
  refuse_unenforceable(rest);
}

void set_limits(const Cgroup& cgroup, const Resources& resources) {
  Resources rest = resources;
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) {
    const std::string folder = cgroup.folder(hierarchy);
    if (!hierarchy.v2) {
      cgroup_v1::apply_limits(hierarchy, folder.substr(hierarchy.mount_point.size()), rest);
    } else if (cgroup_v2::has_controllers(hierarchy.mount_point)) {
      cgroup_v2::apply(folder, rest);
    }
  }
  refuse_unenforceable(rest);
}

sys::Fd Cgroup::birth_folder() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (hierarchy.v2) return sys::open(folder(hierarchy), O_RDONLY | O_DIRECTORY);
  }
  return {};
}

sys::Fd Cgroup::birth_folder_beside(pid_t pid) const {
  const std::string group = v2_group(pid);
  if (group != path_ && !group.starts_with(path_ + '/')) return {};
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (hierarchy.v2) return sys::open(hierarchy.mount_point + group, O_RDONLY | O_DIRECTORY);
  }
  return {};
}

void Cgroup::join_v1() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (!hierarchy.v2) sys::write_knob(folder(hierarchy) + kOwnThread, "0");
  }
}

// Once more where it fails: the group may have been empty, and removed by somebody else meanwhile.
void Cgroup::enter(const CgroupHierarchy& hierarchy) const noexcept {
  for (int attempt = 0; attempt < 3; ++attempt) {
    try {
      sys::make_dirs(folder(hierarchy));
      if (has(hierarchy, "cpuset")) cgroup_v1::inherit_cpuset(hierarchy.mount_point, path_);
      sys::write_knob(folder(hierarchy) + (hierarchy.v2 ? "/cgroup.procs" : kOwnThread), "0");
      return;
    } catch (const std::exception&) {
      continue;
    }
  }
}

void Cgroup::enter() const noexcept {
  enter(false);
}

sys::Fd Cgroup::made_birth_folder() const noexcept {
  try {
    for (const CgroupHierarchy& hierarchy : hierarchies_)
      if (hierarchy.v2) sys::make_dirs(folder(hierarchy));
    return birth_folder();
  } catch (const std::exception&) {
    return {};
  }
}

pid_t Cgroup::fork_inside() const {
  sys::Fd pidfd, born = made_birth_folder();
  pid_t pid = -1;
  try {
    pid = clone_process(0, born, pidfd);
  } catch (const sys::Error&) {
    if (!born) throw;
    born.reset();  // removed meanwhile, or closed to processes
    pid = clone_process(0, born, pidfd);
  }
  if (pid == 0) enter(static_cast<bool>(born));
  return pid;
}

void Cgroup::enter(bool born) const noexcept {
  for (const CgroupHierarchy& hierarchy : hierarchies_)
    if (!hierarchy.v2 || !born) enter(hierarchy);
}

void Cgroup::enter_born() const noexcept {
  enter(v2_group(::getpid()) == path_);
}

uint64_t Cgroup::oom_kills() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    const auto text = sys::read_file_if_exists(folder(hierarchy) +
                                               (hierarchy.v2 ? "/memory.events" : "/memory.oom_control"));
    if (!text) continue;
    const size_t at = text->find("oom_kill ");
    if (at != std::string::npos) return std::strtoull(text->c_str() + at + 9, nullptr, 10);
  }
  return 0;
}

std::vector<pid_t> Cgroup::processes() const {
  std::set<pid_t> all;
  for (const CgroupHierarchy& hierarchy : hierarchies_) add_members(folder(hierarchy), all);
  return {all.begin(), all.end()};
}

void Cgroup::kill_all() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) kill_members(folder(hierarchy), path_);
  // Whoever is halted by v1's freezer dies once it goes on.
  if (Freezer::is_on_this_host(*this)) Freezer(*this).thaw();
}

void Cgroup::clear() const {
  kill_all();
  Patience patience;
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    const std::string path = folder(hierarchy);
    while (remove_sub_groups(path) == EBUSY && patience.wait()) kill_all();
    if (hierarchy.v2) cgroup_v2::keep_controllers(path);
  }
}

void Cgroup::remove() const {
  int failed = 0;
  std::string failed_at;
  Patience patience;
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    const std::string path = folder(hierarchy);
    int error = remove_groups(path);
    while (error == EBUSY) {
      kill_all();
      if (!patience.wait()) break;
      error = remove_groups(path);
    }
    if (error == 0 || failed != 0) continue;
    failed = error;
    failed_at = path;
  }
  if (failed != 0) throw sys::Error(failed, "rmdir", failed_at);
}

void remove_empty_cgroup(const std::string& path) {
  const Cgroup cgroup(path);
  // A group that still holds another one stays: the kernel refuses.
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) ::rmdir(cgroup.folder(hierarchy).c_str());
}

}  // namespace engine
