#include "leftovers.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "run.h"
#include "sys/file.h"

namespace it {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A process may end while it is read.
std::string process_file(const std::string& pid, const char* name) {
  try {
    return sys::read_file_if_exists("/proc/" + pid + '/' + name).value_or("");
  } catch (const std::exception&) {
    return "";
  }
}

bool is_zombie(const std::string& pid) {
  const std::string stat = process_file(pid, "stat");
  const size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.compare(name_end + 2, 1, "Z") == 0;
}

std::vector<std::string> cgroup_paths(const std::set<std::string>& ids) {
  std::vector<std::string> paths;
  std::vector<std::string> parents{"/sys/fs/cgroup/compose/"};
  for (const std::string& controller : entries("/sys/fs/cgroup")) {
    parents.push_back("/sys/fs/cgroup/" + controller + "/compose/");
  }
  for (const std::string& parent : parents) {
    for (const std::string& id : ids) {
      if (::access((parent + id).c_str(), F_OK) == 0) paths.push_back(parent + id);
    }
  }
  return paths;
}

}  // namespace

std::set<std::string> entries(const std::string& folder) {
  std::set<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.insert(name);
  }
  return names;
}

std::vector<int> processes_of(const std::string& text) {
  std::vector<int> found;
  for (const std::string& pid : entries("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(::getpid()))
      continue;
    if (process_file(pid, "cmdline").find(text) == std::string::npos &&
        process_file(pid, "environ").find(text) == std::string::npos) {
      continue;
    }
    if (!is_zombie(pid)) found.push_back(std::stoi(pid));
  }
  return found;
}

std::string command_line(int pid) {
  std::string text = process_file(std::to_string(pid), "cmdline");
  std::replace(text.begin(), text.end(), '\0', ' ');
  return std::to_string(pid) + ' ' + text;
}

std::vector<std::string> mounts_below(const std::string& path) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(sys::read_file("/proc/self/mountinfo"))) {
    if (line.find(path) != std::string::npos) found.push_back("mount " + line);
  }
  return found;
}

std::vector<std::string> cgroups_of(const std::set<std::string>& ids) {
  std::vector<std::string> found;
  for (const std::string& path : cgroup_paths(ids)) found.push_back("cgroup " + path);
  return found;
}

void remove_cgroups(const std::set<std::string>& ids) {
  const auto gone = [&ids] {
    for (const std::string& path : cgroup_paths(ids)) {
      std::istringstream pids(sys::read_file_if_exists(path + "/cgroup.procs").value_or(""));
      for (int pid = 0; pids >> pid;) ::kill(pid, SIGKILL);
      std::ofstream(path + "/freezer.state") << "THAWED";  // what is paused dies once it goes on
      ::rmdir(path.c_str());
    }
    return cgroup_paths(ids).empty();
  };
  eventually(gone, std::chrono::seconds(5));
}

std::vector<std::string> links_and_rules() {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(run({"ip", "-o", "link"}).out)) {
    const bool ours = line.find(": lo:") != std::string::npos || line.find(": host0@") != std::string::npos ||
                      line.find(": peer0@") != std::string::npos;
    if (!ours) found.push_back("link " + line);
  }
  for (const std::string& line : lines_of(run({"nft", "list", "ruleset"}).out))
    found.push_back("nftables " + line);
  return found;
}

}  // namespace it
