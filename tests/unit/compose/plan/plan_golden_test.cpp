#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

// A shop: database with volume, migration job, replicated api, web in front, an optional mailer.
void build_shop(Scene& scene) {
  scene.parallel = 1;
  scene.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
  scene.engine.behaviours["migrate"] = {Behaviour::Kind::kExits, 0, 0};
  parser::Project& project = scene.project;
  add_volume(project, "data");
  add_network(project, "back");
  for (const char* name : {"db", "migrate", "api", "web", "mail"}) add_service(project, name);
  for (const char* name : {"db", "migrate", "api"}) project.services.at(name).networks = {{"back", {}}};
  project.services.at("db").volumes = {mount("data", "/var/lib/mysql")};
  project.services.at("api").networks["default"] = {};
  project.services.at("api").replicas = 2;
  project.services.at("web").ports = {port(8080, 80)};
  depend(project, "migrate", "db", parser::Dependency::Condition::kHealthy);
  depend(project, "api", "db", parser::Dependency::Condition::kHealthy, true);
  depend(project, "api", "migrate", parser::Dependency::Condition::kCompletedSuccessfully);
  depend(project, "web", "api");
  depend(project, "web", "mail", parser::Dependency::Condition::kStarted, false, false);
}

}  // namespace

TEST_CASE("golden: the first up of a shop") {
  Scene scene;
  build_shop(scene);
  check_golden("first-up", to_text(scene.plan()));
}

TEST_CASE("golden: an up after the database's environment changed") {
  Scene scene;
  build_shop(scene);
  scene.up();
  scene.project.services.at("db").environment["MODE"] = "fast";
  check_golden("changed-db", to_text(scene.plan()));
}

TEST_CASE("golden: an up after the back network changed") {
  Scene scene;
  build_shop(scene);
  scene.up();
  scene.project.networks.at("back").ipam.emplace_back().subnet = "10.9.0.0/24";
  check_golden("changed-network", to_text(scene.plan()));
}

TEST_CASE("golden: scaling api down after its image changed") {
  Scene scene;
  build_shop(scene);
  scene.up();
  scene.engine.add_image("busybox", "sha256:" + std::string(64, '2'));
  check_golden("scaled-down",
               to_text(scene.plan({.services = {"api"}, .scale = {{"api", 1}}, .no_deps = true})));
}

TEST_CASE("golden: down with volumes, from labels alone") {
  Scene scene;
  build_shop(scene);
  scene.up();
  check_golden("down", to_text(plan_down(nullptr, "demo", scene.observed(), {.volumes = true})));
}

TEST_CASE("golden: a restart of the database") {
  Scene scene;
  build_shop(scene);
  scene.up();
  check_golden("restart", to_text(plan_restart(&scene.project, scene.observed(), {.services = {"db"}})));
}
