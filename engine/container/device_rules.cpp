#include "engine/container/device_rules.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cctype>
#include <cstdlib>
#include <memory>

#include "engine/error.h"
#include "sys/error.h"

namespace engine {

namespace {

std::string number_text(int number) {
  return number < 0 ? "*" : std::to_string(number);
}

[[noreturn]] void refuse_rule(const std::string& text) {
  throw Error(Error::Kind::kInvalid, "device rule '" + text +
                                         "': expected a type of a, b, c, then MAJOR:MINOR (each a number or "
                                         "*), then what is allowed, of r, w, m: \"c 1:3 rwm\"");
}

// The number or * at `at`, which is moved behind it.
int read_number(const std::string& text, size_t& at) {
  if (at < text.size() && text[at] == '*') {
    ++at;
    return -1;
  }
  const size_t begin = at;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) ++at;
  if (at == begin || at - begin > 7) refuse_rule(text);
  return std::atoi(text.substr(begin, at - begin).c_str());
}

DeviceNode node_of(const std::string& target, const struct stat& status, const std::string& permissions) {
  return {target,        status.st_mode, ::major(status.st_rdev), ::minor(status.st_rdev), status.st_uid,
          status.st_gid, permissions};
}

bool is_device(const struct stat& status) {
  return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
}

void add_folder(const SpecDevice& device, const std::string& below, std::vector<DeviceNode>& nodes) {
  const std::string folder = device.source + below;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) sys::fail("opendir", folder);
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    const std::string path = below + '/' + name;
    struct stat status {};
    if (name == "." || name == ".." || ::lstat((device.source + path).c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) add_folder(device, path, nodes);
    if (is_device(status)) nodes.push_back(node_of(device.target + path, status, device.permissions));
  }
}

// null zero full random urandom, tty console ptmx, pts/*, and net/tun: images of VPNs make that node
// themselves, and to do anything with it takes CAP_NET_ADMIN.
std::vector<DeviceRule> standard_rules() {
  std::vector<DeviceRule> rules = {{'c', -1, -1, "m"}, {'b', -1, -1, "m"}};
  for (const int minor : {3, 5, 7, 8, 9}) rules.push_back({'c', 1, minor, "rwm"});
  for (const int minor : {0, 1, 2}) rules.push_back({'c', 5, minor, "rwm"});
  rules.push_back({'c', 136, -1, "rwm"});
  rules.push_back({'c', 10, 200, "rwm"});
  return rules;
}

}  // namespace

std::string DeviceRule::text() const {
  return std::string(1, type) + ' ' + number_text(major) + ':' + number_text(minor) + ' ' + access;
}

DeviceRule parse_device_rule(const std::string& text) {
  DeviceRule rule;
  if (text.size() < 7 || std::string("abc").find(text[0]) == std::string::npos || text[1] != ' ')
    refuse_rule(text);
  rule.type = text[0];
  size_t at = 2;
  rule.major = read_number(text, at);
  if (at >= text.size() || text[at++] != ':') refuse_rule(text);
  rule.minor = read_number(text, at);
  if (at >= text.size() || text[at++] != ' ') refuse_rule(text);
  rule.access = text.substr(at);
  if (rule.access.empty() || rule.access.find_first_not_of("rwm") != std::string::npos) refuse_rule(text);
  return rule;
}

std::vector<DeviceNode> device_nodes(const SpecDevice& device) {
  struct stat status {};
  if (::stat(device.source.c_str(), &status) != 0)
    throw Error(Error::Kind::kInvalid, "device " + device.source + ": there is no such file on this machine");
  if (is_device(status)) return {node_of(device.target, status, device.permissions)};
  std::vector<DeviceNode> nodes;
  if (S_ISDIR(status.st_mode)) add_folder(device, "", nodes);
  if (nodes.empty())
    throw Error(Error::Kind::kInvalid,
                "device " + device.source + ": it is no device, and no folder of devices");
  return nodes;
}

DeviceAccess device_access(const Spec& spec) {
  if (spec.privileged) return {true, {}};
  DeviceAccess access{false, standard_rules()};
  for (const SpecDevice& device : spec.devices) {
    for (const DeviceNode& node : device_nodes(device)) {
      access.rules.push_back({S_ISBLK(node.mode) ? 'b' : 'c', static_cast<int>(node.major),
                              static_cast<int>(node.minor), node.permissions});
    }
  }
  for (const std::string& text : spec.device_cgroup_rules) access.rules.push_back(parse_device_rule(text));
  return access;
}

}  // namespace engine
