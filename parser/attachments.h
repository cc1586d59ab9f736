#pragma once
// What is attached to a container from outside: ports, mounts, networks, links, devices. Plain data. Source:
// Compose Specification.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/value_types.h"

namespace parser {

struct Port {
  std::string host_ip;     // empty: all addresses
  uint16_t published = 0;  // first host port; 0: the engine chooses a free one
  uint16_t published_end =
      0;  // last host port of a range for this one target; equals `published` without range
  uint16_t target = 0;
  std::string protocol = "tcp";  // tcp, udp, sctp
  std::string mode = "ingress";
  std::string name;
  std::string app_protocol;
  Mark mark;
  Extensions extensions;
};

struct VolumeMount {
  enum class Type { kVolume, kBind, kTmpfs, kImage, kCluster, kNamedPipe };
  Type type = Type::kVolume;
  // kVolume: key under top-level `volumes`, empty for an anonymous one; kBind: absolute path; kImage: image
  std::string source;
  std::string target;  // absolute path in the container
  bool read_only = false;
  std::string consistency;
  bool create_host_path = true;  // kBind
  std::string propagation;       // kBind; empty: rprivate
  std::string recursive;         // kBind: enabled, disabled, writable, readonly; empty: enabled
  std::string selinux;           // kBind: z, Z or empty
  // kBind, bind.x-idmap: "owner" (true), or HOST:CONTAINER ids, for the group also after a comma; empty: none
  std::string idmap;
  bool nocopy = false;      // kVolume
  StringMap labels;         // kVolume, of an anonymous one
  std::string subpath;      // kVolume, kImage: folder in it
  int64_t tmpfs_size = 0;   // bytes, 0: kernel default
  uint32_t tmpfs_mode = 0;  // 0: 01777
  // Others of tmpfs(5) and mount(8): "uid=1000", "noexec", "size=50%".
  std::vector<std::string> tmpfs_options;
  std::string short_tmpfs;  // the entry of `tmpfs` that this is; empty: from `volumes`
  Mark mark;
  Extensions extensions;       // of the mount
  Extensions part_extensions;  // of its part `bind`, `volume`, `tmpfs` or `image`
};

struct ServiceNetwork {
  std::vector<std::string> aliases;
  std::string interface_name;
  std::string ipv4_address, ipv6_address;
  std::vector<std::string> link_local_ips;
  std::string mac_address;
  StringMap driver_opts;
  int priority = 0;     // the highest is attached first
  int gw_priority = 0;  // the highest gives the default route
  Mark mark;
  Extensions extensions;
};

struct Link {
  std::string service;
  std::string alias;
};

struct Device {
  std::string source;       // path on the host, or a CDI name
  std::string target;       // path in the container
  std::string permissions;  // of r, w, m; "rwm" when not given
  Mark mark;
  Extensions extensions;
};

// A request for devices that the engine chooses (GPUs): `gpus`, deploy.resources.reservations.devices.
struct DeviceRequest {
  std::vector<std::string> capabilities;
  std::string driver;
  int64_t count = 0;  // -1: all; 0: not given
  std::vector<std::string> device_ids;
  StringMap options;
  Mark mark;
  Extensions extensions;
};

}  // namespace parser
