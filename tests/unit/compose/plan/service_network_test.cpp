#include "compose/plan/service_network.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

const engine::ContainerConfig& created(const Plan& plan, const std::string& container) {
  const auto id = static_cast<size_t>(step_of(plan, "Create " + container));
  return *std::get<CreateContainer>(plan.steps[id].action).config;
}

engine::ContainerConfig config_of(const parser::Project& project, const parser::Service& service) {
  engine::ContainerConfig config;
  set_network(project, service, config);
  return config;
}

parser::Service& with_mode(parser::Project& project, const std::string& name, const std::string& mode) {
  parser::Service& service = add_service(project, name);
  service.networks.clear();
  service.network_mode = mode;
  return service;
}

bool warns(const Plan& plan, const std::string& text) {
  return std::any_of(plan.warnings.begin(), plan.warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("networks are attached by priority, then by name, and the first has the service's MAC address") {
  parser::Project project = empty_project();
  for (const char* key : {"a", "b", "c"}) add_network(project, key);
  parser::Service& web = add_service(project, "web");
  web.networks.clear();
  web.networks["a"].priority = -1;
  web.networks["b"].gw_priority = 3;
  web.networks["c"].interface_name = "up";
  web.networks["default"] = {};
  web.mac_address = "02:42:ac:11:00:03";
  const auto config = config_of(project, web);
  REQUIRE(config.networks.size() == 4);
  CHECK(config.networks[0].network == "demo_b");
  CHECK(config.networks[0].gateway_priority == 3);
  CHECK(config.networks[0].mac_address == "02:42:ac:11:00:03");
  CHECK(config.networks[1].network == "demo_c");
  CHECK(config.networks[1].interface_name == "up");
  CHECK(config.networks[1].mac_address.empty());
  CHECK(config.networks[2].network == "demo_default");
  CHECK(config.networks[3].network == "demo_a");
}

TEST_CASE("a network_mode is none, the host's, that of a container, or the one network it names") {
  parser::Project project = empty_project();
  add_service(project, "db");
  const auto mode = [&](const std::string& text) {
    parser::Service service = with_mode(project, "web", text);
    service.ports = {port(80, 80)};
    return config_of(project, service);
  };
  CHECK(mode("host").network_mode == "host");
  CHECK(mode("none").networks.empty());
  CHECK(mode("service:db").network_mode == "container:demo-db-1");
  CHECK(mode("container:x").network_mode == "container:x");
  CHECK(mode("container:x").ports.empty());
  for (const char* name : {"bridge", "town"}) {
    const auto named = mode(name);
    CHECK(named.network_mode.empty());
    REQUIRE(named.networks.size() == 1);
    CHECK(named.networks[0].network == name);
    CHECK(named.networks[0].aliases.empty());
    CHECK(named.ports.size() == 1);
  }
}

TEST_CASE("a network that a mode names must be there, or be made by the same plan") {
  Scene scene;
  with_mode(scene.project, "web", "hots");
  CHECK_THROWS_WITH(scene.plan(), Catch::Contains("service \"web\": network_mode 'hots'") &&
                                      Catch::Contains("did you mean 'host'?"));
  scene.project.services.at("web").network_mode = "default2";
  add_network(scene.project, "default2");
  CHECK_THROWS_WITH(scene.plan(), Catch::Contains("one of this file is given under 'networks' instead"));
  scene.project.services.at("web").network_mode = "demo_default";
  CHECK_THROWS_AS(scene.plan(), PlanError);
  add_service(scene.project, "db");
  const Plan plan = scene.plan();
  CHECK(runs_after(plan, step_of(plan, "Create demo-web-1"), step_of(plan, "Create demo_default")));
  with_mode(scene.project, "web", "bridge");
  CHECK_NOTHROW(scene.plan());
}

TEST_CASE("who has the network of a service has that of its first container, and starts again with it") {
  Scene scene;
  add_service(scene.project, "db");
  scene.up({.scale = {{"db", 2}}});
  scene.engine.stop_container("demo-db-1", {});
  scene.engine.remove_container(scene.container("demo-db-1").id, false, false);
  with_mode(scene.project, "web", "service:db");
  depend(scene.project, "web", "db");
  CHECK(created(scene.plan(), "demo-web-1").network_mode == "container:demo-db-2");
  scene.up();
  CHECK(scene.plan().empty());
  // It runs, but on a network that ended with the other.
  scene.engine.stop_container("demo-db-2", {});
  const Plan plan = scene.plan();
  INFO(to_text(plan));
  CHECK(reason_of(plan, "Start demo-web-1") == "db starts again (shares its namespace)");
  CHECK(runs_after(plan, step_of(plan, "Start demo-web-1"), step_of(plan, "Start demo-db-2")));
  const Plan started = plan_start(&scene.project, scene.observed(), {});
  INFO(to_text(started));
  CHECK(runs_after(started, step_of(started, "Start demo-web-1"), step_of(started, "Stop demo-web-1")));
  CHECK(runs_after(started, step_of(started, "Start demo-web-1"), step_of(started, "Start demo-db-2")));
}

TEST_CASE("stopping one whose network another has warns of that, unless both are stopped") {
  Scene scene;
  add_service(scene.project, "db");
  with_mode(scene.project, "web", "service:db");
  depend(scene.project, "web", "db");
  scene.up();
  CHECK(warns(plan_stop(&scene.project, scene.observed(), {.services = {"db"}}),
              "demo-web-1 has the network of demo-db-1, which ends now"));
  CHECK(plan_stop(&scene.project, scene.observed(), {}).warnings.empty());
}

TEST_CASE("external links keep their names, and warn of containers that are not there or out of reach") {
  Scene scene;
  parser::Service& web = add_service(scene.project, "web");
  web.external_links = {{"legacy", "old"}, {"apart", "apart"}, {"gone", "gone"}};
  engine::ContainerInfo other;
  other.name = "apart";
  other.id = std::string(64, 'a');
  Observed observed = scene.observed();
  observed.others.push_back(other);
  other.name = "legacy";
  other.id = std::string(64, 'b');
  other.endpoints.push_back({"demo_default", "", "", 0, "", "", {}});
  observed.others.push_back(other);
  const Plan plan = plan_up(scene.project, observed, {});
  CHECK(created(plan, "demo-web-1").links ==
        std::map<std::string, std::string>{{"old", "legacy"}, {"apart", "apart"}, {"gone", "gone"}});
  CHECK(warns(plan, "external link to gone: there is no such container"));
  CHECK(warns(plan, "external link to apart: it is on no network of this service"));
  CHECK_FALSE(warns(plan, "external link to legacy"));
}
