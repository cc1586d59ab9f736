#pragma once
// What the parts of up's planner share: what the plan is about, and how far it has come. Each part adds its
// steps to it: networks and volumes (resource_steps.h), ends of containers (departures.h), replicas
// (slot_steps.h), in the order of up_plan.cpp. It refers to the caller's project, observation and options.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/plan/contention.h"
#include "compose/plan/convergence.h"
#include "compose/plan/graph.h"
#include "compose/plan/network_review.h"
#include "compose/plan/one_off.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/start_order.h"
#include "compose/plan/step_list.h"

namespace compose {

// A service the plan is about. Besides the selected ones these are the users of a network that is recreated,
// and those that ask to be restarted with one that is replaced (depends_on.restart).
struct ServiceState {
  const parser::Service* service = nullptr;
  bool selected = false;
  std::string restart_reason;  // its running containers are restarted; empty: they are not
  Convergence convergence;
};

// The container that lends a service's volumes, and the step that makes it (-1: it is there).
struct Loan {
  std::string container;
  int create = -1;
  bool released = false;  // the one before it is stopped first
  std::string name{};     // that it has in the end
  int placed = -1;        // after it, it has that
};

struct UpScene {
  // `wanted_one_off`: made beside what it needs; may be null.
  UpScene(const parser::Project& given_project, const Observed& given_observed,
          const UpOptions& given_options, const OneOffOptions* wanted_one_off, bool all_at_once = false)
      : project(given_project),
        observed(given_observed),
        options(given_options),
        one_off(wanted_one_off),
        at_once(all_at_once),
        graph(ServiceGraph::of(given_project)) {}

  const parser::Project& project;
  const Observed& observed;
  const UpOptions& options;
  const OneOffOptions* one_off;
  const bool at_once;  // nothing is updated by groups
  const ServiceGraph graph;

  // What is to be done.
  Selection selection;
  std::map<std::string, int> replicas;  // of selected services
  std::map<std::string, ServiceState> states;
  std::set<const engine::ContainerInfo*> orphans;  // to be removed
  NetworkReview review;

  // The plan.
  StepList steps;
  std::map<std::string, int> network_removals, network_creations, volume_creations;  // steps by name
  std::map<std::string, std::vector<int>> stops;                                     // by service
  std::vector<int> replacements;      // CreateContainer steps of new containers beside running old ones
  std::vector<int> restart_stops;     // StopContainer steps of containers that are started again
  std::map<std::string, Loan> loans;  // by service
  Members members;
  Endings endings;
  std::vector<PortClaim> claims;
};

}  // namespace compose
