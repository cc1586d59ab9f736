#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/system/subcommands.h"
#include "compose/plan/labels.h"
#include "compose/ui/template.h"
#include "engine/container/cgroup.h"
#include "engine/security_options.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

// PRETTY_NAME of os-release(5).
std::string operating_system() {
  std::istringstream lines(sys::read_file_if_exists("/etc/os-release").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::string key = "PRETTY_NAME=";
    if (!line.starts_with(key)) continue;
    std::string name = line.substr(key.size());
    std::erase(name, '"');
    return name;
  }
  return "Linux";
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

void add_cgroups(ordered_json& info) {
  std::vector<std::string> controllers;
  bool v1 = false, v2 = false;
  const engine::Cgroup any("/compose");  // for the hierarchies that the host has
  for (const engine::CgroupHierarchy& hierarchy : any.hierarchies()) {
    (hierarchy.v2 ? v2 : v1) = true;
    const auto names =
        hierarchy.v2
            ? words(sys::read_file_if_exists(hierarchy.mount_point + "/cgroup.controllers").value_or(""))
            : hierarchy.controllers;
    for (const std::string& name : names)
      if (!name.starts_with("name=")) controllers.push_back(name);
  }
  std::sort(controllers.begin(), controllers.end());
  controllers.erase(std::unique(controllers.begin(), controllers.end()), controllers.end());
  info["CgroupDriver"] = "cgroupfs";
  info["CgroupVersion"] = v1 && v2 ? "hybrid" : v2 ? "2" : "1";
  info["CgroupControllers"] = controllers;
}

void add_counts(Context& context, ordered_json& info) {
  using engine::State;
  size_t running = 0, paused = 0, stopped = 0;
  for (const auto& container : context.engine().containers("")) {
    const State state = container.status.state;
    (state == State::kRunning || state == State::kRestarting ? running
     : state == State::kPaused                               ? paused
                                                             : stopped)++;
  }
  info["Containers"] = running + paused + stopped;
  info["ContainersRunning"] = running;
  info["ContainersPaused"] = paused;
  info["ContainersStopped"] = stopped;
  info["Images"] = context.engine().images().size();
}

// statfs(2), f_type of those that a data root usually lies on.
std::string file_system(const std::string& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return "unknown";
  switch (static_cast<unsigned>(status.f_type)) {
    case 0xef53U:
      return "extfs";
    case 0x58465342U:
      return "xfs";
    case 0x9123683eU:
      return "btrfs";
    case 0x01021994U:
      return "tmpfs";
    case 0x794c7630U:
      return "overlayfs";
    default:
      return "unknown";
  }
}

// What this kernel has of what confines containers; proc(5), namespaces(7).
ordered_json security_options() {
  auto options = ordered_json::array();
  if (engine::has_apparmor()) options.push_back("name=apparmor");
  if (::access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0)
    options.push_back("name=seccomp,profile=builtin");
  if (::access("/proc/self/ns/cgroup", F_OK) == 0) options.push_back("name=cgroupns");
  return options;
}

ordered_json gathered(Context& context) {
  ordered_json info;
  add_counts(context, info);
  info["Driver"] = "overlay";
  info["DriverStatus"] = {{"Backing Filesystem", file_system(context.engine().paths().data_root)}};
  info["LoggingDriver"] = "json-file";
  add_cgroups(info);
  info["SecurityOptions"] = security_options();
  struct utsname kernel {};
  sys::check(::uname(&kernel), "uname", "");
  info["KernelVersion"] = kernel.release;
  info["OperatingSystem"] = operating_system();
  info["OSType"] = "linux";
  info["Architecture"] = kernel.machine;
  info["NCPU"] = ::sysconf(_SC_NPROCESSORS_ONLN);
  struct sysinfo memory {};
  sys::check(::sysinfo(&memory), "sysinfo", "");
  info["MemTotal"] = static_cast<int64_t>(memory.totalram) * memory.mem_unit;
  info["Name"] = kernel.nodename;
  info["DockerRootDir"] = context.engine().paths().data_root;
  info["RunRoot"] = context.engine().paths().run_root;
  info["ServerVersion"] = kVersion;
  return info;
}

std::string text_of(const ordered_json& info) {
  std::string text;
  for (const auto& [name, value] : info.items()) {
    text += name + ": ";
    if (value.is_array()) {
      for (const auto& item : value) text += item.get<std::string>() + ' ';
      text.pop_back();
    } else if (value.is_object()) {
      for (const auto& [key, entry] : value.items()) text += "\n " + key + ": " + entry.get<std::string>();
    } else {
      text += value.is_string() ? value.get<std::string>() : value.dump();
    }
    text += '\n';
  }
  return text;
}

}  // namespace

int system_info(Context& context, const Words& args) {
  std::string format;
  Arguments arguments("system info [OPTIONS]", "Show what this engine and host are and can do.");
  arguments.option("-f,--format", format, "json or a template");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  try {
    if (format.empty()) {
      print(text_of(gathered(context)));
    } else if (format == "json") {
      print(gathered(context).dump() + '\n');
    } else {
      const ui::Template output(format);
      print(output.render(gathered(context)) + '\n');
    }
  } catch (const ui::TemplateError& error) {
    throw CommandError(std::string("--format: ") + error.what());
  }
  return 0;
}

}  // namespace compose::cli
