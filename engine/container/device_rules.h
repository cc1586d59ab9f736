#pragma once
// Which devices the processes of a container may use, and the device files it is given.
// Source: kernel, Documentation/admin-guide/cgroup-v1/devices.rst.
#include <string>
#include <vector>

#include "engine/container/spec.h"

namespace engine {

struct DeviceRule {
  char type = 'a';             // c, b, or a: both
  int major = -1, minor = -1;  // -1: any
  std::string access;          // of r, w, m
  std::string text() const;    // "c 1:3 rwm"
};

struct DeviceAccess {
  bool all = false;  // privileged
  std::vector<DeviceRule> rules;
};

// "c 1:3 rwm", "a *:* rwm". Throws engine::Error(kInvalid) quoting the text.
DeviceRule parse_device_rule(const std::string& text);

// A device file to be made in the container.
struct DeviceNode {
  std::string target;
  unsigned mode = 0;  // type and permissions (man 7 inode)
  unsigned major = 0, minor = 0;
  unsigned uid = 0, gid = 0;
  std::string permissions;
};
// The host's device file, or all below a folder. Throws engine::Error(kInvalid) when there is none.
std::vector<DeviceNode> device_nodes(const SpecDevice& device);

// The rules of a container: making nodes, which is harmless without the right to open them and which package
// managers do, the standard devices, those of the spec. Throws as the above.
DeviceAccess device_access(const Spec& spec);

}  // namespace engine
