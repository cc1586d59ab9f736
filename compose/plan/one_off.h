#pragma once
// A one-off container (`compose run`): a service's container as one command wants it, beside the service's
// replicas and not one of them. Pure. Source: docker compose run.
#include <optional>
#include <string>
#include <vector>

#include "compose/plan/planner.h"

namespace compose {

struct OneOff {
  parser::Service service;   // what the file says, with what was asked for laid over it (one_off_service)
  std::string name;          // of the container
  std::string slug;          // 64 hex digits
  bool use_aliases = false;  // it answers to the service's names on its networks
  bool auto_remove = false;
};

// What the command line says beside the attributes that parser::read_service_flags reads.
struct OneOffWishes {
  std::vector<std::string> command;  // empty: the service's
  std::string user, working_dir;     // empty: the service's
  bool service_ports = false;
  bool tty = false, interactive = false;
};

// `given`: of the attributes that flags have, what they say. It has one container, no restart, and no ports
// but those asked for. A mount takes the place of one with the same target; a new entrypoint takes the
// service's command away; a capability that is added is not dropped, and the other way round.
parser::Service one_off_service(parser::Service service, const parser::Service& given,
                                const OneOffWishes& wishes);

// <project>-<service>-run-<12 hex>
std::string one_off_name(const parser::Project& project, const std::string& service, const std::string& slug);

engine::ContainerConfig one_off_config(const parser::Project& project, const OneOff& one_off,
                                       const std::string& image_id);

struct OneOffOptions {
  OneOff one_off;
  bool no_deps = false;
  bool remove_orphans = false, ignore_orphans = false;
  bool start = true;  // false: the last step makes the container, which is then started by the caller
};

// What the service needs is brought up as `up` does; the container is made when the conditions of depends_on
// hold. The service's replicas are left alone. Images must be observed. Throws PlanError as plan_up.
Plan plan_one_off(const parser::Project& project, const Observed& observed, const OneOffOptions& options);

}  // namespace compose
