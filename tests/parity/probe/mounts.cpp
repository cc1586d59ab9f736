// /proc/self/mountinfo (man 5 proc), without what is an accident of the machine.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "probe.h"

namespace probe {

namespace {

struct Mount {
  std::string root, point, options, type, source, super;
  bool shared = false, slave = false;
};

Mount parse(const std::string& line) {
  Mount mount;
  std::istringstream words(line);
  std::string word;
  words >> word >> word >> word >> mount.root >> mount.point >> mount.options;
  while (words >> word && word != "-") {
    mount.shared = mount.shared || word.starts_with("shared:");
    mount.slave = mount.slave || word.starts_with("master:");
  }
  words >> mount.type >> mount.source >> mount.super;
  return mount;
}

// Folders of the overlay and what only says how the host's own disk is mounted.
bool is_accident(const Mount& mount, const std::string& option) {
  if (mount.type != "tmpfs" && mount.type != "devpts" && mount.type != "proc" && mount.type != "sysfs" &&
      !mount.type.starts_with("cgroup"))
    return option != "ro" && option != "rw";
  return option.starts_with("nr_inodes");
}

std::string super_options(const Mount& mount) {
  std::istringstream options(mount.super);
  std::string kept;
  for (std::string option; std::getline(options, option, ',');) {
    if (!is_accident(mount, option)) kept += (kept.empty() ? "" : ",") + option;
  }
  return kept;
}

// A piece of a file system that the container does not have as a whole.
bool is_bind(const Mount& mount) {
  const bool whole_is_here =
      mount.type == "proc" || mount.type == "sysfs" || mount.type.starts_with("cgroup");
  return mount.source.starts_with('/') || (mount.root != "/" && !whole_is_here);
}

std::string described(const Mount& mount) {
  const std::string tied = (mount.shared ? " shared" : "") + std::string(mount.slave ? " slave" : "");
  if (is_bind(mount)) return "bind " + mount.options + tied;
  return mount.type + ' ' + mount.source + ' ' + mount.options + ' ' + super_options(mount) + tied;
}

}  // namespace

void show_mounts() {
  std::istringstream lines(read_text("/proc/self/mountinfo"));
  std::map<std::string, std::vector<std::string>> found;
  for (std::string line; std::getline(lines, line);) {
    const Mount mount = parse(line);
    found[mount.point].push_back(described(mount));
  }
  for (const auto& [point, mounts] : found) {
    for (size_t i = 0; i < mounts.size(); ++i)
      row("mount." + point + (i == 0 ? "" : "#" + std::to_string(i + 1)), mounts[i]);
  }
}

}  // namespace probe
