// Whether a service is up to date does not depend on how it was asked for: by name, with all, or by another
// that needs it.
#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

// What could tempt a planner to see a service otherwise beside others: links, shared namespaces, volumes,
// networks, jobs.
void build(Scene& scene) {
  parser::Project& project = scene.project;
  add_network(project, "back");
  add_volume(project, "data");
  for (const char* name : {"db", "web", "side", "job"}) add_service(project, name);
  project.services.at("db").networks["back"] = {};
  project.services.at("db").volumes = {mount("data", "/data")};
  project.services.at("web").links = {{"db", "database"}};
  project.services.at("web").replicas = 2;
  project.services.at("side").networks.clear();
  project.services.at("side").network_mode = "service:web";
  scene.engine.behaviours["job"] = {Behaviour::Kind::kExits, 0, 0};
  depend(project, "web", "db");
  depend(project, "web", "job", parser::Dependency::Condition::kCompletedSuccessfully);
  depend(project, "side", "web");
}

std::map<std::string, std::string> hashes(Scene& scene) {
  std::map<std::string, std::string> found;
  for (const auto& container : scene.engine.containers("demo"))
    found[container.name] = label_of(container.labels, label::kConfigHash);
  return found;
}

// Why a service's containers are made, by name.
std::map<std::string, std::string> reasons(const Plan& plan, const std::string& service) {
  std::map<std::string, std::string> found;
  for (const Step& step : plan.steps) {
    const auto* create = std::get_if<CreateContainer>(&step.action);
    if (create != nullptr && create->service == service) found[step.resource] = step.reason;
  }
  return found;
}

const char* const kNames[] = {"db", "web", "side", "job"};

}  // namespace

TEST_CASE("what was made with all is up to date when it is named, and the other way round") {
  Scene together;
  build(together);
  together.up();
  for (const char* name : kNames) {
    INFO(name);
    CHECK(together.plan({.services = {name}}).empty());
    CHECK(together.plan({.services = {name}, .no_deps = true}).empty());
  }
  Scene apart;
  build(apart);
  for (const char* name : kNames) apart.up({.services = {name}});
  CHECK(apart.plan().empty());
  CHECK(hashes(apart) == hashes(together));
}

TEST_CASE("the reason why a service is made anew is the same whether it or all are named") {
  for (const char* name : kNames) {
    INFO(name);
    Scene scene;
    build(scene);
    scene.up();
    scene.project.services.at(name).user = "7";
    const auto all = reasons(scene.plan(), name);
    CHECK_FALSE(all.empty());
    CHECK(reasons(scene.plan({.services = {name}}), name) == all);
    CHECK(reasons(scene.plan({.services = {name}, .no_deps = true}), name) == all);
    // A dependency is brought up to date with who needs it.
    if (std::string(name) == "db") CHECK(reasons(scene.plan({.services = {"web"}}), name) == all);
    scene.up({.services = {name}});
    CHECK(scene.plan({.services = {name}}).empty());
  }
}
