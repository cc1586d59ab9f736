#include "engine/build/variables.h"

#include <sys/utsname.h>

#include <algorithm>

namespace engine::build {
namespace {

std::string normal_arch(const std::string& machine) {
  static const std::map<std::string, std::string> kNames = {
      {"x86_64", "amd64"}, {"x86-64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"},
      {"i386", "386"},     {"armv7l", "arm"},   {"armhf", "arm"}};
  const auto it = kNames.find(machine);
  return it == kNames.end() ? machine : it->second;
}

std::string own_arch() {
  utsname name{};
  ::uname(&name);
  return normal_arch(name.machine);
}

}  // namespace

std::string own_platform() {
  return "linux/" + own_arch();
}

bool is_own_platform(const std::string& platform) {
  std::string rest = platform;
  if (rest == "linux") return true;
  if (rest.starts_with("linux/")) rest.erase(0, 6);
  if (rest == "arm64/v8") rest = "arm64";
  return normal_arch(rest) == own_arch();
}

const std::map<std::string, std::string>& platform_args() {
  static const std::map<std::string, std::string> kArgs = [] {
    std::map<std::string, std::string> args;
    for (const std::string prefix : {"BUILD", "TARGET"}) {
      args[prefix + "PLATFORM"] = own_platform();
      args[prefix + "OS"] = "linux";
      args[prefix + "ARCH"] = own_arch();
      args[prefix + "VARIANT"] = "";
    }
    return args;
  }();
  return kArgs;
}

const std::set<std::string>& proxy_args() {
  static const std::set<std::string> kNames = {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy",
                                               "FTP_PROXY",  "ftp_proxy",  "NO_PROXY",    "no_proxy",
                                               "ALL_PROXY",  "all_proxy"};
  return kNames;
}

std::optional<std::string> BuildArgs::get(const std::string& name) {
  const auto it = args_.find(name);
  if (it == args_.end()) return std::nullopt;
  used_.insert(name);
  return it->second;
}

std::vector<std::string> BuildArgs::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : args_) {
    if (!used_.contains(name) && !proxy_args().contains(name) && name != kCheckArgument)
      names.push_back(name);
  }
  return names;
}

std::optional<std::string> env_get(const std::vector<std::string>& env, const std::string& key) {
  for (const std::string& entry : env) {
    if (entry.starts_with(key) && entry.size() > key.size() && entry[key.size()] == '=') {
      return entry.substr(key.size() + 1);
    }
  }
  return std::nullopt;
}

void env_set(std::vector<std::string>& env, const std::string& key, const std::string& value) {
  const std::string entry = key + "=" + value;
  const auto it = std::find_if(env.begin(), env.end(),
                               [&](const std::string& old) { return old.starts_with(key + "="); });
  if (it == env.end()) {
    env.push_back(entry);
  } else {
    *it = entry;
  }
}

}  // namespace engine::build
