#pragma once
// The engine's own vocabulary: what a caller asks for (…Config) and what there is (…Info). Plain data.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/container/spec.h"
#include "engine/container/status.h"

namespace engine {

using Labels = std::map<std::string, std::string>;

// The network of containers that name none, as Docker has it. The engine makes it with its first container
// and removes it with the last, so that nothing of it stays on the host. Names resolve on it as on any other.
inline constexpr char kDefaultNetwork[] = "bridge";
// ContainerConfig::owner of one that is to go by itself once it has ended, but may wait for its start.
inline constexpr char kNoOwner[] = "none";

struct PublishedPort {
  std::string host_ip;  // empty: every IPv4 address; ::, every IPv6 address. In a configuration empty stands
                        // for both, as far as the container has them
  uint16_t host_port =
      0;  // 0 asks for a free one (from 32768..60999); never 0 in an Info of a running container
  uint16_t host_port_end = 0;  // last of a range to choose a free one from; 0 or equal: just host_port
  uint16_t container_port = 0;
  std::string protocol = "tcp";
  bool operator==(const PublishedPort&) const = default;
};

struct MountConfig {
  enum class Type { kBind, kVolume, kTmpfs, kImage };
  Type type = Type::kVolume;
  // kBind: absolute host path; kVolume: volume name, empty: a new anonymous volume; kImage: reference or id
  std::string source;
  std::string target;
  bool read_only = false;
  bool create_host_path = true;
  std::string propagation;
  std::string recursive;  // kBind: "", enabled, disabled, writable, readonly
  // kBind: "", owner (who owns the source is the container's user in it), HOST:CONTAINER[,HOST:CONTAINER]
  std::string idmap;
  bool nocopy = false;
  Labels labels;                           // kVolume: of a new anonymous volume
  std::string subpath;                     // kVolume, kImage: what of it is mounted; must be there
  int64_t tmpfs_size = 0;                  // bytes; 0: the kernel's default
  uint32_t tmpfs_mode = 0;                 // 0: 01777
  std::vector<std::string> tmpfs_options;  // others of tmpfs(5) and mount(8)
};

// A file that is the container's own, with bytes, owner and mode that nothing on the host has: a secret or
// config. It is in memory, over `target`, and read-only; no layer and no archive of the container holds it.
struct FileConfig {
  std::string target;
  std::string source;   // host path, read when the container is made; empty: `content`
  std::string content;  // not in JSON, not in the database: it goes to a file of the container's folder
  uint32_t uid = 0, gid = 0, mode = 0444;
};

// All volumes and binds of another container, but for places where this one has a mount of its own.
struct VolumesFrom {
  std::string container;  // id or name
  bool read_only = false;
};

struct LogConfig {
  std::string driver = "json-file";            // json-file, local, none
  std::map<std::string, std::string> options;  // engine/log_options.h
};

struct AttachmentConfig {
  std::string network;  // name
  std::vector<std::string> aliases;
  std::string ipv4_address, ipv6_address;    // empty: from the pool
  std::string mac_address;                   // empty: made from the address
  std::string interface_name;                // empty: eth0, eth1 and so on
  int gateway_priority = 0;                  // interfaces.h
  std::vector<std::string> link_local_ips;   // further addresses, of 169.254.0.0/16 or fe80::/10
  std::map<std::string, std::string> links;  // connect_network: further ones, which become the container's
  std::map<std::string, std::string> driver_opts = {};  // netmgr/driver.h has those of an endpoint
};

// What stands in /etc/resolv.conf (resolv.conf(5)); of what is empty the host's.
struct ResolverConfig {
  std::vector<std::string> servers;  // addresses; asked in this order from within the container's network
  std::vector<std::string> search;   // "." alone: none
  std::vector<std::string> options;  // "ndots:2", "timeout:1"
};

struct HealthConfig {  // unset members: the image's, else Docker's defaults
  bool disable = false;
  std::vector<std::string> test;
  std::optional<int64_t> interval_ms, timeout_ms, start_period_ms, start_interval_ms;
  std::optional<int> retries;
};

struct ContainerConfig {
  std::string name;
  std::string image;                                            // reference or id; must be in the store
  std::optional<std::vector<std::string>> command, entrypoint;  // unset: the image's
  std::map<std::string, std::string> environment;               // laid over the image's
  std::string working_dir, user, hostname, domainname;
  std::vector<std::string> group_add;  // by name in the image's /etc/group, or number
  Labels labels;
  std::map<std::string, std::string> annotations;  // kept and shown
  std::vector<MountConfig> mounts;
  std::map<std::string, std::string>
      inherited_volumes;  // target -> anonymous volume to carry over (recreate)
  std::vector<PublishedPort> ports;
  std::vector<std::string> expose;
  std::vector<AttachmentConfig> networks;
  // "", none, host, or "container:" and the id or name of the one whose network it has; with a mode
  // `networks` is empty.
  std::string network_mode;
  std::vector<std::string> extra_hosts;  // host=ip
  ResolverConfig resolver;
  // Alias -> the name that the linked one has on a network they share. On the default network these are links
  // as Docker has them there: the linked container must run first, and variables tell of it.
  std::map<std::string, std::string> links;
  bool publish_all = false;  // its `ports` are those it exposes: kept and shown
  std::optional<HealthConfig> healthcheck;
  std::string restart = "no";
  int restart_max = 0;
  int64_t restart_delay_ms = -1, restart_window_ms = 0;  // container/restart_policy.h
  std::string stop_signal;                               // empty: the image's, else SIGTERM
  std::optional<int64_t> stop_grace_ms;
  std::vector<std::string> cap_add, cap_drop;
  std::vector<std::string> security_opt;       // security_options.h
  std::map<std::string, std::string> sysctls;  // of its own namespaces
  // Empty: its own; "host"; "container:" and id or name; pid and uts also "private", ipc also "private",
  // "shareable" (others may have it) and "none" (without /dev/shm).
  std::string ipc_mode, pid_mode, uts_mode;
  std::string cgroupns_mode;  // empty or private; host
  std::string userns_mode;    // empty or host, which is the same: there are no others
  bool privileged = false, read_only = false, init = false, tty = false;
  bool stdin_open = false;   // its standard input never ends; else it is empty
  bool auto_remove = false;  // it goes when it has ended, with its anonymous volumes
  std::string owner;         // auto_remove, set by the engine: the process that is going to start it
  int64_t shm_size = 0;      // bytes; 0: 64 MiB
  Resources resources;
  std::string cgroup_parent;  // absolute path below the hierarchies' roots; empty: the engine's own
  std::vector<SpecUlimit> ulimits;
  std::vector<SpecDevice> devices;
  std::vector<std::string> device_cgroup_rules;
  int oom_score_adj = 0;
  std::vector<FileConfig> files;
  std::vector<VolumesFrom> volumes_from;  // when made, they become `mounts`
  LogConfig log;
};
std::string to_json(const ContainerConfig& config);
ContainerConfig container_config_from_json(const std::string& text);

// A subnet of a network and what of it is given out.
struct PoolConfig {
  std::string subnet;                                     // "172.28.0.0/16", "fd00:28::/64"
  std::string gateway;                                    // empty: the lowest address that is given out
  std::string ip_range;                                   // empty: the whole subnet
  std::map<std::string, std::string> aux_addresses = {};  // name -> address that no container gets
  bool operator==(const PoolConfig&) const = default;
};

struct NetworkConfig {
  std::string name;
  std::string driver = "bridge";  // netmgr/driver.h
  std::vector<PoolConfig> pools;  // one of each family that the network has, more only for some drivers; one
                                  // that is missing is chosen
  bool enable_ipv4 = true, enable_ipv6 = false;
  bool internal = false;
  bool attachable = false;  // kept and shown: any container can be attached to every network
  std::map<std::string, std::string> driver_opts;
  Labels labels;
};
// The first pool of a family; nullptr for none.
const PoolConfig* pool_of(const std::vector<PoolConfig>& pools, bool v6);
std::string to_json(const NetworkConfig& config);
NetworkConfig network_config_from_json(const std::string& text);

struct VolumeConfig {
  std::string name;  // empty: anonymous, a 64-hex name is made
  std::string driver = "local";
  std::map<std::string, std::string> driver_opts;
  Labels labels;
  bool anonymous = false;
};
std::string to_json(const VolumeConfig& config);
VolumeConfig volume_config_from_json(const std::string& text);

struct EndpointInfo {
  std::string network;  // name
  std::string network_id;
  std::string address;  // IPv4; empty: none
  int prefix = 0;
  std::string gateway;
  std::string mac;
  std::vector<std::string> aliases;
  std::string address6 = {};  // IPv6; empty: none
  int prefix6 = 0;
  std::string gateway6 = {};
};

struct MountInfo {
  MountConfig::Type type = MountConfig::Type::kVolume;
  std::string volume;  // kVolume: its name; kImage: the image's id
  bool anonymous = false;
  std::string source;  // host path
  std::string target;
  bool read_only = false;
};

struct ContainerInfo {
  std::string id;
  std::string name;
  std::string image;     // reference as asked for
  std::string image_id;  // sha256:...
  std::string command;   // entrypoint and command joined, for display
  int64_t created_ms = 0;
  Labels labels;
  Status status;
  std::vector<PublishedPort> ports;
  std::vector<std::string> expose;  // "80/tcp"
  std::vector<EndpointInfo> endpoints;
  std::vector<MountInfo> mounts;
  std::string log_driver;
  std::string log_path;
};

struct NetworkInfo {
  std::string id, name, driver;
  std::vector<PoolConfig> pools = {};
  bool enable_ipv4 = true, enable_ipv6 = false;
  bool internal = false, attachable = false;
  Labels labels = {};
  int64_t created_ms = 0;
  std::map<std::string, std::string> driver_opts = {};
};

struct VolumeInfo {
  std::string name, driver, mountpoint;
  Labels labels;
  bool anonymous = false;
  int64_t created_ms = 0;
  std::map<std::string, std::string> driver_opts = {};
};

// A root file system becomes an image of one layer.
struct ImportRequest {
  std::string archive;               // path or http(s) URL of a tar, in any compression libarchive knows
  std::string origin;                // for the history; empty: the archive's name or the URL
  std::string reference;             // empty: the image gets no name
  std::vector<std::string> changes;  // Dockerfile lines that change the configuration: CMD, ENV, ...
  std::string message;               // comment of the history; empty: "Imported from ORIGIN"
};

struct ImageInfo {
  std::string id;                       // sha256:<64 hex> of the config blob
  std::vector<std::string> references;  // "docker.io/library/busybox:latest"
  int64_t created_ms = 0;
  int64_t tagged_ms = 0;  // when a reference was last given or pulled; 0: not known
  int64_t size = 0;       // bytes on disk of all layers
  Labels labels;
};

}  // namespace engine
