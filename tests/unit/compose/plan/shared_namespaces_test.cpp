#include "compose/plan/shared_namespaces.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

const engine::ContainerConfig& created(const Plan& plan, const std::string& container) {
  const auto id = static_cast<size_t>(step_of(plan, "Create " + container));
  return *std::get<CreateContainer>(plan.steps[id].action).config;
}

}  // namespace

TEST_CASE("only service:NAME lends a namespace of a service") {
  CHECK(lending_service("service:db") == "db");
  for (const char* mode : {"", "host", "private", "container:db"}) CHECK(lending_service(mode).empty());
  parser::Service service;
  service.uts = "service:db";
  CHECK(shares_namespace(service, "db"));
  CHECK_FALSE(shares_namespace(service, "web"));
}

TEST_CASE("namespaces of a service are those of its first container there is") {
  Scene scene;
  add_service(scene.project, "api");
  scene.up({.scale = {{"api", 2}}});
  scene.engine.stop_container("demo-api-1", {});
  scene.engine.remove_container(scene.container("demo-api-1").id, false, false);
  parser::Service& web = add_service(scene.project, "web");
  web.ipc = "service:api";
  web.pid = "container:other";
  depend(scene.project, "web", "api");
  const Plan plan = scene.plan();
  CHECK(created(plan, "demo-web-1").ipc_mode == "container:demo-api-2");
  CHECK(created(plan, "demo-web-1").pid_mode == "container:other");
  CHECK(created(plan, "demo-web-1").uts_mode.empty());
  CHECK(created(scene.plan({.services = {"web"}, .no_deps = true}), "demo-web-1").ipc_mode ==
        "container:demo-api-2");
}

TEST_CASE("who has a namespace of a service that is replaced is restarted, whatever depends_on says") {
  Scene scene;
  add_service(scene.project, "db").environment["COLOR"] = "red";
  add_service(scene.project, "web").pid = "service:db";
  depend(scene.project, "web", "db");
  scene.up();
  scene.project.services.at("db").environment["COLOR"] = "blue";
  const Plan plan = scene.plan();
  INFO(to_text(plan));
  CHECK(reason_of(plan, "Start demo-web-1") == "db is replaced (shares its namespace)");
  CHECK(runs_after(plan, step_of(plan, "Start demo-web-1"), step_of(plan, "Start demo-db-1")));
  CHECK(runs_after(plan, step_of(plan, "Stop demo-db-1"), step_of(plan, "Stop demo-web-1")));
}

TEST_CASE("of a seccomp profile the engine gets the text and the description a digest") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  web.security_opt = {"seccomp:/srv/demo/p.json", "no-new-privileges"};
  web.seccomp_profile = R"({"defaultAction":"SCMP_ACT_ALLOW"})";
  const auto config = container_config(project, web, 1, "demo-web-1", "sha256:abc");
  CHECK(config.security_opt ==
        std::vector<std::string>{R"(seccomp={"defaultAction":"SCMP_ACT_ALLOW"})", "no-new-privileges"});
  CHECK(config.labels.at(label::kConfig).find("SCMP_ACT") == std::string::npos);
}
