#include "engine/container/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

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

bool is_member(pid_t pid, const std::string& path) {
  try {
    return sys::read_file("/proc/" + std::to_string(pid) + "/cgroup").find(':' + path + '\n') !=
           std::string::npos;
  } catch (const sys::Error&) {
    return false;
  }
}

void refuse_unenforceable(const SpecResources& rest) {
  const auto refuse = [](const std::string& limit, const std::string& controller) {
    throw Error(Error::Kind::kUnavailable, limit +
                                               " cannot be enforced: this host has no cgroup controller " +
                                               controller + "; enable it or take the limit out");
  };
  if (rest.memory != 0) refuse("the memory limit", "memory");
  if (rest.memory_swap != 0) refuse("the memory+swap limit", "memory (with swap accounting)");
  if (rest.cpus != 0) refuse("the cpus limit", "cpu");
  if (rest.cpu_shares != 0) refuse("cpu_shares", "cpu");
  if (rest.pids != 0) refuse("the pids limit", "pids");
}

}  // namespace

const std::vector<DeviceAllowed>& standard_devices() {
  static const std::vector<DeviceAllowed> devices = {
      {1, 3}, {1, 5}, {1, 7}, {1, 8},   {1, 9},  // null zero full random urandom
      {5, 0}, {5, 1}, {5, 2}, {136, -1}};        // tty console ptmx, pts/*
  return devices;
}

Cgroup::Cgroup(std::string path) : path_(std::move(path)), hierarchies_(find_hierarchies()) {
  if (path_.size() < 2 || path_[0] != '/' || path_.find("..") != std::string::npos) {
    throw Error(Error::Kind::kInvalid, "cgroup path " + path_ + " is not an absolute path below the root");
  }
}

bool Cgroup::unified() const {
  return std::all_of(hierarchies_.begin(), hierarchies_.end(), [](const auto& h) { return h.v2; });
}

void Cgroup::create(const SpecResources& resources, DeviceRule devices) {
  const bool v2_only = unified();
  kill_all();
  SpecResources rest = resources;
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (hierarchy.v2 && v2_only) cgroup_v2::enable_controllers(hierarchy.mount_point, path_);
    sys::make_dirs(folder(hierarchy));
    if (!hierarchy.v2) {
      cgroup_v1::apply(hierarchy, folder(hierarchy), rest, devices);
      const auto& names = hierarchy.controllers;
      if (std::find(names.begin(), names.end(), "cpuset") != names.end()) {
        cgroup_v1::inherit_cpuset(hierarchy.mount_point, path_);
      }
    } else if (v2_only) {
      cgroup_v2::apply(folder(hierarchy), rest);
      if (devices == DeviceRule::kStandard) cgroup_v2::restrict_devices(folder(hierarchy));
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

void Cgroup::join_v1() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    if (!hierarchy.v2) sys::write_knob(folder(hierarchy) + "/cgroup.procs", "0");
  }
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

void Cgroup::kill_all() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    for (const pid_t pid : members(folder(hierarchy))) {
      const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      // Looked at again now that the descriptor pins the process: the number may have passed to a stranger.
      if (pidfd && is_member(pid, path_)) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    }
  }
}

void Cgroup::remove() const {
  for (const CgroupHierarchy& hierarchy : hierarchies_) {
    const std::string path = folder(hierarchy);
    for (int attempt = 0; ::rmdir(path.c_str()) != 0; ++attempt) {
      if (errno == ENOENT) break;
      if (errno != EBUSY || attempt == 200) sys::fail("rmdir", path);
      kill_all();
      ::poll(nullptr, 0, 10);  // the dead leave their group a little after they are reaped
    }
  }
}

void remove_empty_cgroup(const std::string& path) {
  const Cgroup cgroup(path);
  // A group that still holds another one stays: the kernel refuses.
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) ::rmdir(cgroup.folder(hierarchy).c_str());
}

}  // namespace engine
