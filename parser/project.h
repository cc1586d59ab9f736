#pragma once
// The typed, normalised Project: what the parser hands to the planner. Every short form is expanded, every
// path absolute, every default that the Compose Specification fixes filled in. Plain data, freely copied.
// Source: Compose Specification; ../shared/reference/compose-semantics.md.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parser/diagnostic.h"

namespace parser {

using Duration = std::chrono::nanoseconds;
using StringMap = std::map<std::string, std::string>;

struct Build {
  std::string context;     // absolute path of a folder
  std::string dockerfile;  // relative to context, or absolute; default "Dockerfile"
  std::string dockerfile_inline;
  std::map<std::string, std::optional<std::string>> args;  // no value: dropped unless set in the environment
  StringMap labels;
  std::string target;
  std::vector<std::string> tags;
  bool no_cache = false;
  bool pull = false;
  Mark mark;             // of `context`
  Mark dockerfile_mark;  // of `dockerfile`; of `context` when there is none
};

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
};

struct VolumeMount {
  enum class Type { kVolume, kBind, kTmpfs };
  Type type = Type::kVolume;
  std::string
      source;  // kVolume: key under top-level `volumes`, empty for an anonymous one; kBind: absolute path
  std::string target;  // absolute path in the container
  bool read_only = false;
  bool create_host_path = true;  // kBind
  std::string propagation;       // kBind; empty: rprivate
  bool nocopy = false;           // kVolume
  int64_t tmpfs_size = 0;        // bytes, 0: kernel default
  uint32_t tmpfs_mode = 0;       // 0: 01777
  Mark mark;
};

struct Dependency {
  enum class Condition { kStarted, kHealthy, kCompletedSuccessfully };
  Condition condition = Condition::kStarted;
  bool restart = false;
  bool required = true;
  Mark mark;
};

struct HealthCheck {
  bool disable = false;
  std::vector<std::string> test;  // {"CMD", ...}, {"CMD-SHELL", "..."} or {"NONE"}; empty: the image's
  std::optional<Duration> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
};

struct Restart {
  enum class Policy { kNo, kAlways, kOnFailure, kUnlessStopped };
  Policy policy = Policy::kNo;
  int max_retries = 0;  // kOnFailure; 0: no limit
};

struct ServiceNetwork {
  std::vector<std::string> aliases;
  std::string ipv4_address;
  std::string mac_address;
  Mark mark;
};

struct Link {
  std::string service;
  std::string alias;
};

struct Service {
  std::string name;
  Mark mark;
  std::string image;  // as written; empty only when `build` is set (then <project>-<service> is used)
  std::optional<Build> build;
  std::string pull_policy;                             // empty: missing
  std::optional<std::vector<std::string>> command;     // unset: the image's; empty list: cleared
  std::optional<std::vector<std::string>> entrypoint;  // unset: the image's; empty list: cleared
  StringMap environment;  // env_file and environment merged, inherited keys resolved, unset ones dropped
  std::string working_dir;
  std::string user;
  std::string hostname;
  std::string container_name;
  StringMap labels;
  std::vector<Port> ports;  // ranges expanded to one entry a target
  std::vector<std::string> expose;
  std::vector<VolumeMount> volumes;  // `tmpfs` entries included as kTmpfs
  std::map<std::string, ServiceNetwork>
      networks;              // key under top-level `networks`; {"default"} when none is given
  std::string network_mode;  // "", "none", "host"
  std::vector<Link> links;
  std::map<std::string, Dependency> depends_on;  // implied ones (links) included
  std::optional<HealthCheck> healthcheck;
  Restart restart;
  std::string stop_signal;                    // empty: the image's, else SIGTERM
  std::optional<Duration> stop_grace_period;  // unset: 10 s
  int replicas = 1;                           // scale, else deploy.replicas, else 1
  std::vector<std::string> profiles;
  std::vector<std::string> cap_add, cap_drop;  // without CAP_, upper case; may be ALL
  std::vector<std::string> extra_hosts;        // "host=ip"
  bool privileged = false;
  bool read_only = false;
  bool init = false;
  int64_t mem_limit = 0;   // bytes, 0: none (mem_limit or deploy.resources.limits.memory)
  double cpus = 0;         // 0: no limit
  int64_t cpu_shares = 0;  // 0: default
  int64_t pids_limit = 0;  // 0: no limit
  int64_t shm_size = 0;    // bytes, 0: 64 MiB
  std::optional<bool> attach;
  StringMap extensions;  // x-*: name -> value as JSON text
};

struct Network {
  std::string key;
  std::string name;  // as the engine knows it: `name:`, else <project>_<key>; for external the name as is
  bool external = false;
  std::string driver;  // "bridge" when not given
  StringMap driver_opts;
  bool internal = false;
  std::string subnet;   // CIDR, empty: from the pool
  std::string gateway;  // empty: first address
  StringMap labels;
  Mark mark;
  StringMap extensions;  // x-*, as in Service
};

struct Volume {
  std::string key;
  std::string name;
  bool external = false;
  std::string driver;  // "local" when not given
  StringMap driver_opts;
  StringMap labels;
  Mark mark;
  StringMap extensions;  // x-*, as in Service
};

struct Project {
  std::string name;
  std::string working_dir;                // absolute project directory
  std::vector<std::string> config_files;  // absolute, in merge order
  std::vector<std::string> env_files;
  std::map<std::string, Service> services;           // active ones (profiles applied)
  std::map<std::string, Service> disabled_services;  // left out by profiles
  std::map<std::string, Network> networks;           // those that active services use
  std::map<std::string, Volume> volumes;             // those that active services use
  StringMap environment;                             // what interpolation saw: process, --env-file or .env
  StringMap extensions;                              // top-level x-*, as in Service
};

}  // namespace parser
