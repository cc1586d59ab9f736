#pragma once
// A service of the typed, normalised Project. Every short form is expanded, every path absolute, every
// default that the Compose Specification fixes filled in. Plain data, freely copied.
// Source: Compose Specification; ../shared/reference/compose-semantics.md.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "parser/attachments.h"
#include "parser/build_section.h"
#include "parser/deploy_section.h"
#include "parser/diagnostic.h"
#include "parser/value_types.h"

namespace parser {

using Words = std::vector<std::string>;

struct Dependency {
  enum class Condition { kStarted, kHealthy, kCompletedSuccessfully };
  Condition condition = Condition::kStarted;
  bool restart = false;
  bool required = true;
  Mark mark;
  Extensions extensions;
};

struct HealthCheck {
  bool disable = false;
  Words test;  // {"CMD", ...}, {"CMD-SHELL", "..."} or {"NONE"}; empty: the image's
  std::optional<Duration> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
  Extensions extensions;
};

struct Restart {
  enum class Policy { kNo, kAlways, kOnFailure, kUnlessStopped };
  Policy policy = Policy::kNo;
  int max_retries = 0;  // kOnFailure, and kAlways of deploy.restart_policy; 0: no limit
  // Written as `restart`, and what holds; else this is the default, or what deploy.restart_policy says, which
  // overrules `restart`.
  bool given = false;
};

struct EnvFile {
  std::string path;   // absolute
  std::string shown;  // what messages call it
  bool required = true;
  bool raw = false;  // format: raw
  Mark mark;
  std::string where;  // "services.web.env_file[0]"
};

struct Logging {
  std::string driver;  // empty: json-file
  StringMap options;
  Mark mark;
  Extensions extensions;
};

// post_start, pre_stop, pre_start.
struct Hook {
  std::optional<Words> command;
  std::string image;  // pre_start; empty: the service's
  std::string user;
  bool privileged = false;
  std::string working_dir;
  OptionalMap environment;
  bool per_replica = false;  // pre_start
  Mark mark;
  Extensions extensions;
};

// develop.watch[]
struct Watch {
  std::string path;    // absolute
  std::string action;  // rebuild, sync, restart, sync+restart, sync+exec
  std::string target;  // in the container
  std::vector<std::string> ignore, include;
  std::optional<Hook> exec;
  bool initial_sync = false;
  Mark mark;
  Extensions extensions;
};

struct Develop {
  std::vector<Watch> watch;
  Extensions extensions;
};

struct BlkioConfig {
  struct WeightDevice {
    std::string path;
    int weight = 0;
    Extensions extensions;
  };
  struct Throttle {
    std::string path;
    int64_t rate = 0;  // bytes or operations a second
    Extensions extensions;
  };
  int weight = 0;  // 10 to 1000; 0: default
  std::vector<WeightDevice> weight_device;
  std::vector<Throttle> device_read_bps, device_read_iops, device_write_bps, device_write_iops;
  Extensions extensions;
};

struct CredentialSpec {
  std::string config, file, registry;
  Extensions extensions;
};

struct Provider {
  std::string type;
  std::map<std::string, std::vector<std::string>> options;
  Extensions extensions;
};

struct ServiceModel {
  std::string endpoint_variable, model_variable;  // names of variables; empty: <KEY>_URL, <KEY>_MODEL
  Mark mark;
  Extensions extensions;
};

struct Service {
  std::string name;
  Mark mark;
  std::string image;  // as written; empty only when `build` is set (then <project>-<service> is used)
  std::optional<Build> build;
  std::string pull_policy;  // empty: missing; "if_not_present" is "missing"
  std::string pull_refresh_after;
  std::string platform;             // os/arch[/variant]
  std::optional<Words> command;     // unset: the image's; empty list: cleared
  std::optional<Words> entrypoint;  // unset: the image's; empty list: cleared
  // env_file and environment merged, inherited keys resolved; without values: names that are set nowhere,
  // which takes them away from what the image says. As written with LoadOptions::resolve_environment off.
  StringMap environment;
  std::set<std::string> unset_environment;
  std::vector<EnvFile> env_files;
  std::string working_dir;
  std::string user;
  std::vector<std::string> group_add;
  std::string hostname;
  std::string domainname;
  std::string container_name;
  StringMap labels;  // those of `label_files` included
  std::vector<std::string> label_files;
  StringMap annotations;
  std::optional<Logging> logging;

  std::vector<Port> ports;  // ranges expanded to one entry a target
  std::vector<std::string> expose;
  std::map<std::string, ServiceNetwork>
      networks;              // key under top-level `networks`; {"default"} when none is given
  std::string network_mode;  // "", none, host, bridge, service:x, container:x
  std::string mac_address;
  std::vector<Link> links;
  std::vector<Link> external_links;      // Link::service is the name of a container
  std::vector<std::string> extra_hosts;  // "host=ip"
  std::vector<std::string> dns, dns_opt, dns_search;

  std::vector<VolumeMount> volumes;  // `tmpfs` entries included as kTmpfs
  std::vector<std::string> volumes_from;
  std::vector<FileGrant> configs, secrets;
  StringMap storage_opt;

  std::map<std::string, Dependency>
      depends_on;  // implied ones (links, network_mode: service:x, ...) included
  std::optional<HealthCheck> healthcheck;
  Restart restart;
  std::string stop_signal;                    // empty: the image's, else SIGTERM
  std::optional<Duration> stop_grace_period;  // unset: 10 s
  std::vector<Hook> pre_start, post_start, pre_stop;
  std::optional<int> scale;
  int replicas = 1;  // scale, else deploy.replicas, else 1
  std::optional<Deploy> deploy;
  std::optional<Develop> develop;
  std::vector<std::string> profiles;
  std::optional<bool> attach;

  std::vector<std::string> cap_add, cap_drop;  // without CAP_, upper case; may be ALL
  std::vector<std::string> security_opt;       // files absolute
  std::string
      seccomp_profile;  // text of the file that security_opt names; set by who reads it, not by the parser
  bool privileged = false;
  bool read_only = false;
  std::optional<bool> init;
  bool tty = false;
  bool stdin_open = false;
  std::string cgroup, cgroup_parent, ipc, pid, uts, userns_mode, isolation, runtime;
  StringMap sysctls;
  std::map<std::string, Ulimit> ulimits;
  std::vector<Device> devices;
  std::vector<std::string> device_cgroup_rules;
  std::vector<DeviceRequest> gpus;

  // As written at the service; 0: not given. What holds is in `limits`.
  double cpus = 0;
  int64_t mem_limit = 0;   // bytes
  int64_t pids_limit = 0;  // -1: no limit
  // What holds: the above, else deploy.resources.limits; 0: no limit.
  struct Limits {
    double cpus = 0;
    int64_t memory = 0;  // bytes
    int64_t pids = 0;
    int64_t memory_reservation = 0;  // bytes; mem_reservation, else deploy.resources.reservations.memory
  } limits;
  int64_t mem_reservation = 0;                    // bytes, 0: not given
  int64_t memswap_limit = 0;                      // bytes, memory included; -1: no limit; 0: not given
  std::optional<int> mem_swappiness;              // 0 to 100
  int64_t shm_size = 0;                           // bytes, 0: 64 MiB
  int64_t cpu_shares = 0;                         // 0: default
  int64_t cpu_quota = 0, cpu_period = 0;          // microseconds, 0: not given
  int64_t cpu_rt_runtime = 0, cpu_rt_period = 0;  // microseconds, 0: not given
  int64_t cpu_count = 0;
  double cpu_percent = 0;
  std::string cpuset;
  bool oom_kill_disable = false;
  int oom_score_adj = 0;  // -1000 to 1000
  std::optional<BlkioConfig> blkio_config;
  std::optional<CredentialSpec> credential_spec;
  std::optional<Provider> provider;
  std::map<std::string, ServiceModel> models;
  bool use_api_socket = false;
  Extensions extensions;
};

}  // namespace parser
