#pragma once
// Projects and situations for the planner's tests: a project in code, a fake engine that plans are run on.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "compose/execute/executor.h"
#include "compose/plan/labels.h"
#include "compose/plan/planner.h"
#include "fake_engine.h"
#include "places.h"

namespace compose::test {

class QuietSink : public ProgressSink {
 public:
  void step_changed(const Step&, StepStatus, const std::string&) override {}
  void build_event(const Step&, const BuildEvent&) override {}
  void warning(const std::string& text) override { warnings.push_back(text); }
  std::vector<std::string> warnings;
};

inline parser::Project empty_project() {
  parser::Project project;
  project.name = "demo";
  project.working_dir = "/srv/demo";
  project.config_files = {"/srv/demo/compose.yaml"};
  parser::Network network;
  network.key = "default";
  network.name = "demo_default";
  network.driver = "bridge";
  project.networks["default"] = network;
  return project;
}

inline parser::Service& add_service(parser::Project& project, const std::string& name) {
  parser::Service& service = project.services[name];
  service.name = name;
  service.image = "busybox";
  service.networks["default"] = {};
  return service;
}

inline void depend(parser::Project& project, const std::string& service, const std::string& need,
                   parser::Dependency::Condition condition = parser::Dependency::Condition::kStarted,
                   bool restart = false, bool required = true) {
  project.services.at(service).depends_on[need] = {condition, restart, required, {}, {}};
}

inline parser::Volume& add_volume(parser::Project& project, const std::string& key) {
  parser::Volume& volume = project.volumes[key];
  volume.key = key;
  volume.name = project.name + "_" + key;
  volume.driver = "local";
  return volume;
}

inline parser::Network& add_network(parser::Project& project, const std::string& key) {
  parser::Network& network = project.networks[key];
  network.key = key;
  network.name = project.name + "_" + key;
  network.driver = "bridge";
  return network;
}

inline parser::Port port(uint16_t published, uint16_t target, uint16_t published_end = 0) {
  parser::Port port;
  port.published = published;
  port.published_end = published_end == 0 ? published : published_end;
  port.target = target;
  return port;
}

inline parser::VolumeMount mount(const std::string& source, const std::string& target) {
  parser::VolumeMount mount;
  mount.source = source;
  mount.target = target;
  return mount;
}

// A project whose plans are really run, on a fake engine.
struct Scene {
  Scene() { engine.add_image("busybox", "sha256:" + std::string(64, '1')); }

  Observed observed() { return engine.observe(project.name); }
  Plan plan(const UpOptions& options = {}) { return plan_up(project, observed(), options); }
  RunResult execute(const Plan& plan) { return run(plan, engine, sink, cancellation, {parallel}); }
  void up(const UpOptions& options = {}) {
    const RunResult result = execute(plan(options));
    INFO(compose::join(result.errors, "\n"));
    REQUIRE(result.ok);
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const auto& container : engine.containers(project.name)) found.push_back(container.name);
    std::sort(found.begin(), found.end());
    return found;
  }
  engine::ContainerInfo container(const std::string& name) {
    const auto found = engine.find_container(name);
    REQUIRE(found);
    return *found;
  }

  int parallel = 0;  // 1: containers are always made in the same order
  parser::Project project = empty_project();
  FakeEngine engine;
  QuietSink sink;
  Cancellation cancellation;
};

// "Create demo-web-1, Start demo-web-1": verbs and resources without their kind, in plan order.
inline std::string brief(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    if (!text.empty()) text += ", ";
    text += verb(step.action) + " " + step.resource.substr(step.resource.find(' ') + 1);
  }
  return text;
}

// Number of the first step with this verb and resource; fails the test without one.
inline int step_of(const Plan& plan, const std::string& what) {
  for (const Step& step : plan.steps) {
    if (verb(step.action) + " " + step.resource.substr(step.resource.find(' ') + 1) == what) return step.id;
  }
  INFO(to_text(plan));
  FAIL("no step " << what);
  return -1;
}

inline bool has_step(const Plan& plan, const std::string& what) {
  for (const Step& step : plan.steps) {
    if (verb(step.action) + " " + step.resource.substr(step.resource.find(' ') + 1) == what) return true;
  }
  return false;
}

// True when `later` can only run after `first`, over any number of edges.
inline bool runs_after(const Plan& plan, int later, int first) {
  for (const int before : plan.steps[static_cast<size_t>(later)].after) {
    if (before == first || runs_after(plan, before, first)) return true;
  }
  return false;
}

inline std::string reason_of(const Plan& plan, const std::string& what) {
  return plan.steps[static_cast<size_t>(step_of(plan, what))].reason;
}

// Message of the PlanError that `act` throws; "" when it throws none.
template <typename Act>
std::string plan_error(const Act& act) {
  try {
    act();
  } catch (const PlanError& error) {
    return error.what();
  }
  return "";
}

// Compares with tests/golden/plan/<name>.txt; UPDATE_GOLDEN=1 writes it.
inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = places::source("tests/golden/plan/" + name + ".txt");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  CHECK(text == golden.str());
}

}  // namespace compose::test
