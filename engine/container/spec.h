#pragma once
// What the runtime needs to start one container, all names resolved: the file spec.json in the container's
// run folder. Written by the engine, read by compose-monitor. JSON keys equal the member names.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/resources.h"

namespace engine {

// One thing mounted into the rootfs, in order (targets are sorted so that a parent comes before a child).
struct SpecMount {
  // kLayers: what a stack of layers shows at `source`. kFile: a file of its own, in memory only.
  // kDevice: a file system of type `fs_type` that is on `source`.
  enum class Type { kBind, kTmpfs, kLayers, kFile, kDevice };
  Type type = Type::kBind;
  // kBind: host path (file or folder), opened O_PATH by the runtime; kLayers: path within; kFile: host path
  // of a file whose bytes it gets, empty: `content_hex`; kDevice: as mount(2) takes it
  std::string source;
  std::string target;  // absolute in the container; made when missing, resolved inside the rootfs
  bool read_only = false;
  std::string propagation;  // "", rprivate, private, rshared, shared, rslave, slave
  // kBind, what becomes of mounts below the source: "", enabled: they come along, read-only where the kernel
  // can; disabled: they stay away; writable: with `read_only` they keep their own; readonly: all are
  // read-only, or it fails.
  std::string recursive{};
  std::string idmap{};    // kBind: whose ids change places, see id_map.h; empty: nobody's
  std::string subpath{};  // kBind, kDevice: what below the source is mounted; must be there, beneath it
  std::string fs_type{};  // kDevice
  std::vector<std::string>
      options{};           // kTmpfs, kDevice: of the file system or of mount(8), "uid=5", "noexec"
  int64_t tmpfs_size = 0;  // bytes
  uint32_t tmpfs_mode = 0;
  std::vector<std::string> lower_dirs{};  // kLayers: topmost first
  std::string scratch{};      // kLayers: empty folder of the same file system that takes what is written
  std::string content_hex{};  // kFile: its bytes, two hex digits each
  uint32_t uid = 0, gid = 0, mode = 0444;  // kFile
};

// A limit as it was asked for (man 2 getrlimit): `nofile` for RLIMIT_NOFILE; -1: unlimited.
struct SpecUlimit {
  std::string name;
  int64_t soft = 0, hard = 0;
};

struct SpecHealthCheck {
  std::vector<std::string> test;  // empty or {"NONE"}: none; {"CMD", ...}; {"CMD-SHELL", "..."}
  int64_t interval_ms = 30000, timeout_ms = 30000, start_period_ms = 0, start_interval_ms = 5000;
  int retries = 3;
};

// A device file of the host that the container gets.
struct SpecDevice {
  std::string source;       // path on the host
  std::string target;       // absolute path in the container
  std::string permissions;  // what may be done with it: of r, w, m
};

// A network the container is on, as its DNS server needs it.
struct SpecNetwork {
  std::string directory;           // Paths::run_network(id): the files of all endpoints that answer now
  std::string address;             // own IPv4 address on it; empty: none
  std::vector<std::string> names;  // names others find this container by on it
  std::string address6 = {};       // own IPv6 address on it; empty: none
};

// A further name for one on a shared network, that this container alone knows.
struct SpecLink {
  std::string alias, name;
};

// Whose namespace it is in.
struct SpecNamespace {
  std::string mode;  // empty: its own; host; container; ipc also none: its own, without /dev/shm
  std::string container, state_dir;  // container: whose, its name and state folder
};

struct Spec {
  std::string id;  // 64 hex digits
  std::string name;
  std::string hostname;    // set where the uts namespace is its own
  std::string domainname;  // likewise; empty: none
  // rootfs: overlay, made in the container's own mount namespace, so no host mount ever exists
  std::vector<std::string> lower_dirs;  // topmost first
  std::string upper_dir, work_dir;
  bool read_only = false;
  // process
  std::vector<std::string> args;  // entrypoint + command
  std::vector<std::string> env;   // KEY=VALUE
  std::string working_dir = "/";
  std::string
      user;  // "", name, uid, name:group, uid:gid; resolved in the container's /etc/passwd and /etc/group
  std::vector<std::string> groups;  // further ones, by name or number
  std::vector<SpecMount> mounts;
  bool init = false;  // compose-init as PID 1
  bool tty = false;
  uint16_t rows = 0, columns = 0;  // of the terminal at the start; 0: the kernel's default
  bool stdin_open = false;         // its stdin never ends; else it is /dev/null unless somebody is attached
  // confinement
  std::vector<std::string> capabilities;  // bounding set, with CAP_ prefix
  bool privileged = false;
  std::string seccomp_bpf;     // file with the compiled filter (array of struct sock_filter); empty: none
  uint32_t seccomp_flags = 0;  // SECCOMP_FILTER_FLAG_*
  bool no_new_privs = false;
  bool unmasked = false;             // nothing of /proc and /sys is masked or made read-only
  std::string apparmor;              // profile; empty: none
  std::vector<std::string> sysctls;  // "net.core.somaxconn=1024"
  SpecNamespace ipc, pid, uts;
  bool host_cgroup_namespace = false;
  int64_t shm_size = 64 << 20;
  int oom_score_adj = 0;
  std::vector<SpecDevice> devices;               // beside the standard ones
  std::vector<std::string> device_cgroup_rules;  // "c 1:3 rwm" (kernel, cgroup-v1/devices)
  std::vector<SpecUlimit> ulimits;               // the others are resource_limits.h's standard ones
  // cgroup
  std::string cgroup;           // path below each hierarchy: "/compose/<id>"
  std::string monitors_cgroup;  // that of its monitor: "/compose/monitors"
  Resources resources;
  // network: the namespace comes as a file descriptor beside the spec, unless it is the host's or another's
  bool host_network = false;
  SpecNamespace net;  // container, or empty
  std::vector<SpecNetwork> networks;
  std::vector<SpecLink> links;
  std::vector<std::string> dns_upstreams;  // the servers that names which are not ours are asked of
  bool dns_from_inside = false;            // asked from the container's network, not from the host's
  bool dns_server = false;                 // serve 127.0.0.11:53 inside
  std::vector<std::string> exposed;        // "80/tcp"; what a load balancer may find it by
  // It is a load balancer of the image that we carry: its monitor writes its configuration (lb_desk.h).
  bool load_balancer = false;
  // life
  std::string restart = "no";  // no, always, on-failure, unless-stopped
  int restart_max = 0;
  int64_t restart_delay_ms = -1, restart_window_ms = 0;  // restart_policy.h
  SpecHealthCheck healthcheck;
  std::string stop_signal = "SIGTERM";
  int64_t stop_grace_ms = 10000;
  // logs
  std::string log_path;      // json-file format; empty: none is kept
  int64_t log_max_size = 0;  // bytes; 0: no rotation
  int log_max_file = 1;
  bool log_compress = false;  // what is rotated away
  std::string log_attrs;      // JSON object that every line of the log carries; empty: none
  // Program and arguments the monitor turns into at the very end of a container that was not stopped by
  // `stop` (whose caller tidies up itself); empty: none.
  std::vector<std::string> exit_hook;
  // events (engine/events/journal.h)
  std::string events_dir;   // empty: none are written
  std::string event_attrs;  // JSON object that every event of the container carries
  // places
  std::string run_dir;    // control socket, FIFOs, pid files
  std::string state_dir;  // status.json (durable)
};

std::string to_json(const Spec& spec);
// Throws engine::Error(kInvalid) naming the key.
Spec spec_from_json(const std::string& text);

}  // namespace engine
