#include "scene.h"

using namespace compose;
using namespace compose::test;

TEST_CASE("replicas with one fixed host port are refused before anything starts, with the ways out") {
  Scene scene;
  add_service(scene.project, "web").ports = {port(8080, 80)};
  const std::string error = plan_error([&] { scene.plan({.scale = {{"web", 3}}}); });
  CHECK_THAT(error, Catch::Contains("3 replicas cannot share host port 8080/tcp") &&
                        Catch::Contains("\"8080-8082:80\"") && Catch::Contains("load balancer"));
}

TEST_CASE("a port range with room is given to every replica") {
  Scene scene;
  add_service(scene.project, "web").ports = {port(8080, 80, 8082)};
  const Plan plan = scene.plan({.scale = {{"web", 3}}});
  for (const char* name : {"Create demo-web-1", "Create demo-web-2", "Create demo-web-3"}) {
    const auto& create =
        std::get<CreateContainer>(plan.steps[static_cast<size_t>(step_of(plan, name))].action);
    CHECK(create.config->ports.at(0).host_port == 8080);
    CHECK(create.config->ports.at(0).host_port_end == 8082);
  }
  CHECK_THAT(plan_error([&] {
               scene.plan({.scale = {{"web", 4}}});
             }),
             Catch::Contains("4 replicas cannot share the 3 host ports 8080-8082/tcp"));
}

TEST_CASE("two services on one host port are an error, unless address or protocol tell them apart") {
  Scene scene;
  add_service(scene.project, "a").ports = {port(8080, 80)};
  add_service(scene.project, "b").ports = {port(8080, 81)};
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("services \"a\" and \"b\" both publish host port 8080/tcp"));
  scene.project.services.at("b").ports[0].protocol = "udp";
  CHECK(plan_error([&] { scene.plan(); }).empty());
  scene.project.services.at("b").ports[0].protocol = "tcp";
  scene.project.services.at("b").ports[0].host_ip = "127.0.0.1";
  CHECK_FALSE(plan_error([&] { scene.plan(); }).empty());
  scene.project.services.at("a").ports[0].host_ip = "127.0.0.2";
  CHECK(plan_error([&] { scene.plan(); }).empty());
  CHECK(plan_error([&] { scene.plan({.services = {"a"}}); }).empty());
}

TEST_CASE("a range has to have room beside the fixed ports within it") {
  Scene scene;
  add_service(scene.project, "a").ports = {port(8080, 80, 8081)};
  add_service(scene.project, "b").ports = {port(8080, 80)};
  CHECK(plan_error([&] { scene.plan(); }).empty());
  CHECK_FALSE(plan_error([&] { scene.plan({.scale = {{"a", 2}}}); }).empty());
}

TEST_CASE("a port held by an orphan that stays is an error that names it") {
  Scene scene;
  add_service(scene.project, "old").ports = {port(8080, 80)};
  scene.up();
  scene.project.services.clear();
  add_service(scene.project, "web").ports = {port(8080, 80)};
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("8080/tcp is held by container demo-old-1") &&
                                                    Catch::Contains("--remove-orphans"));
  scene.up({.remove_orphans = true});
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1"});
}

TEST_CASE("container_name and fixed addresses forbid replicas") {
  Scene scene;
  add_service(scene.project, "web").container_name = "front";
  CHECK_THAT(plan_error([&] {
               scene.plan({.scale = {{"web", 2}}});
             }),
             Catch::Contains("container_name \"front\""));
  scene.project.services.at("web").container_name.clear();
  scene.project.services.at("web").networks["default"].ipv4_address = "10.0.0.5";
  CHECK_THAT(plan_error([&] { scene.plan({.scale = {{"web", 2}}}); }), Catch::Contains("10.0.0.5"));
  CHECK_THAT(plan_error([&] { scene.plan({.scale = {{"web", -1}}}); }), Catch::Contains("-1"));
}

TEST_CASE("unknown services are refused with the nearest name") {
  Scene scene;
  add_service(scene.project, "web");
  scene.project.disabled_services["debug"].profiles = {"dev"};
  CHECK(plan_error([&] { scene.plan({.services = {"wev"}}); }) ==
        "no such service: wev, did you mean 'web'?");
  CHECK(plan_error([&] { scene.plan({.services = {"unlike"}}); }) == "no such service: unlike");
  CHECK(plan_error([&] { scene.plan({.scale = {{"db", 1}}}); }) == "no such service: db");
  CHECK_THAT(plan_error([&] { scene.plan({.services = {"debug"}}); }), Catch::Contains("profiles (dev)"));
}

TEST_CASE("a dependency cycle is printed") {
  Scene scene;
  for (const char* name : {"a", "b", "c"}) add_service(scene.project, name);
  depend(scene.project, "a", "b");
  depend(scene.project, "b", "c");
  depend(scene.project, "c", "a");
  CHECK(plan_error([&] { scene.plan(); }) == "dependency cycle between services: a -> b -> c -> a");
}

TEST_CASE("waiting for the health of a service whose check is switched off is an error") {
  Scene scene;
  add_service(scene.project, "web");
  parser::HealthCheck off;
  off.test = {"NONE"};
  add_service(scene.project, "db").healthcheck = off;
  depend(scene.project, "web", "db", parser::Dependency::Condition::kHealthy);
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("switched off"));
  depend(scene.project, "web", "db", parser::Dependency::Condition::kHealthy, false, false);
  CHECK(plan_error([&] { scene.plan(); }).empty());
}

TEST_CASE("an image that is not there is an error before anything starts") {
  Scene scene;
  add_service(scene.project, "web").image = "nginx";
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("service \"web\": image \"nginx\""));
}

TEST_CASE("a project remembers its folder: up, down and stop from another one are refused with both paths") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  scene.project.working_dir = "/home/other/demo";
  for (const std::string& error : {plan_error([&] { scene.plan(); }), plan_error([&] {
                                     plan_down(&scene.project, "demo", scene.observed(), {});
                                   }),
                                   plan_error([&] { plan_stop(&scene.project, scene.observed(), {}); })}) {
    CHECK_THAT(error,
               Catch::Contains("/srv/demo") && Catch::Contains("/home/other/demo") && Catch::Contains("-p"));
  }
  CHECK_FALSE(plan_down(nullptr, "demo", scene.observed(), {}).empty());
}

TEST_CASE("orphans are warned of, removed when asked, and never taken from a sibling file's stack") {
  Scene scene;
  add_service(scene.project, "web");
  add_service(scene.project, "old");
  scene.up();
  Scene sibling;
  sibling.project.config_files = {"/srv/demo/other.yaml"};
  scene.project.services.erase("old");
  const Plan warned = scene.plan();
  CHECK(warned.empty());
  REQUIRE(warned.warnings.size() == 1);
  CHECK_THAT(warned.warnings[0], Catch::Contains("[demo-old-1]") && Catch::Contains("--remove-orphans"));
  CHECK(scene.plan({.ignore_orphans = true}).warnings.empty());
  CHECK(brief(scene.plan({.remove_orphans = true})) == "Stop demo-old-1, Remove demo-old-1");
  scene.project.config_files = {"/srv/demo/compose.yaml", "/srv/demo/more.yaml"};
  CHECK_FALSE(has_step(scene.plan({.remove_orphans = true, .ignore_orphans = false}), "Remove demo-old-1"));
  CHECK(scene.plan().warnings.empty());
}

TEST_CASE("services left out by profiles are no orphans and ended one-off containers are") {
  Scene scene;
  add_service(scene.project, "web");
  add_service(scene.project, "debug");
  scene.up();
  scene.project.disabled_services["debug"] = scene.project.services.at("debug");
  scene.project.services.erase("debug");
  CHECK(scene.plan({.remove_orphans = true}).empty());
  auto one_off =
      container_config(scene.project, scene.project.services.at("web"), 1, "demo-web-run-1", "sha256:1");
  one_off.labels["com.docker.compose.oneoff"] = "True";
  const std::string id = scene.engine.create_container(one_off).id;
  scene.engine.start_container(id);
  CHECK(scene.plan({.remove_orphans = true}).empty());
  scene.engine.stop_container(id, {});
  CHECK(brief(scene.plan({.remove_orphans = true})) == "Remove demo-web-run-1");
}
