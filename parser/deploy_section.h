#pragma once
// The `deploy` section of a service. Plain data. Source: Compose Deploy Specification.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parser/attachments.h"
#include "parser/value_types.h"

namespace parser {

// deploy.update_config and deploy.rollback_config.
struct UpdateConfig {
  std::optional<uint64_t> parallelism;  // replicas at a time; 0: all
  std::optional<Duration> delay;
  std::string failure_action;  // continue, rollback, pause; empty: pause
  std::optional<Duration> monitor;
  double max_failure_ratio = 0;
  std::string order;  // start-first, stop-first; empty: stop-first
  Extensions extensions;
};

struct GenericResource {
  std::string kind;
  int64_t value = 0;
  Extensions extensions, spec_extensions;  // of the item, of its discrete_resource_spec
};

// deploy.resources.limits and deploy.resources.reservations.
struct Resources {
  double cpus = 0;                                 // 0: not given
  int64_t memory = 0;                              // bytes, 0: not given
  int64_t pids = 0;                                // limits only; 0: not given, -1: no limit
  std::vector<DeviceRequest> devices;              // reservations only
  std::vector<GenericResource> generic_resources;  // reservations only
  Extensions extensions;
};

struct DeployRestart {
  std::string condition;  // none, on-failure, any; empty: any
  std::optional<Duration> delay;
  std::optional<uint64_t> max_attempts;  // 0: no limit
  std::optional<Duration> window;
  Extensions extensions;
};

struct Placement {
  struct Preference {
    std::string spread;
    Extensions extensions;
  };
  std::vector<std::string> constraints;
  std::vector<Preference> preferences;
  uint64_t max_replicas_per_node = 0;
  Extensions extensions;
};

struct Deploy {
  std::string mode;  // replicated, global, replicated-job, global-job; empty: replicated
  std::optional<int> replicas;
  StringMap labels;
  std::optional<UpdateConfig> update_config, rollback_config;
  std::optional<Resources> limits, reservations;
  Extensions resources_extensions;
  std::optional<DeployRestart> restart_policy;
  std::optional<Placement> placement;
  std::string endpoint_mode;  // vip, dnsrr or empty
  Extensions extensions;
};

}  // namespace parser
