#include "engine/bundled_image.h"
#include "scene.h"

using namespace compose;
using namespace compose::test;

TEST_CASE("a fresh project gets its network, volume and containers, and a second up has nothing to do") {
  Scene scene;
  add_volume(scene.project, "data");
  add_service(scene.project, "db").volumes = {mount("data", "/data")};
  add_service(scene.project, "web");
  depend(scene.project, "web", "db");
  const Plan plan = scene.plan();
  CHECK(brief(plan) ==
        "Create demo_default, Create demo_data, Create demo-db-1, Start demo-db-1, Create demo-web-1, Start "
        "demo-web-1");
  CHECK(runs_after(plan, step_of(plan, "Start demo-web-1"), step_of(plan, "Start demo-db-1")));
  scene.up();
  CHECK(scene.plan().empty());
}

TEST_CASE("a changed service is recreated under a temporary name, and the plan says what changed") {
  Scene scene;
  add_service(scene.project, "web").environment["DEBUG"] = "0";
  scene.up();
  const std::string old_id = scene.container("demo-web-1").id;
  scene.project.services.at("web").environment["DEBUG"] = "1";
  const Plan plan = scene.plan();
  CHECK(brief(plan) ==
        "Create demo-web-1, Stop demo-web-1, Remove demo-web-1, Rename demo-web-1, Start demo-web-1");
  const auto& create = std::get<CreateContainer>(plan.steps[0].action);
  CHECK(create.config->name == old_id.substr(0, 12) + "_demo-web-1");
  CHECK(create.config->labels.at("com.docker.compose.replace") == "demo-web-1");
  CHECK(plan.steps[0].reason == "config changed: environment.DEBUG '0' -> '1'");
  scene.up();
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1"});
  CHECK(scene.container("demo-web-1").id != old_id);
  CHECK(scene.plan().empty());
}

TEST_CASE("what does not reach the container does not recreate it") {
  Scene scene;
  add_service(scene.project, "db");
  add_service(scene.project, "web");
  scene.up();
  parser::Service& web = scene.project.services.at("web");
  web.depends_on["db"] = {};
  web.profiles = {"dev"};
  web.pull_policy = "never";
  web.attach = false;
  web.build = parser::Build{};
  CHECK(scene.plan().empty());
  CHECK(scene.plan({.services = {"web"}}).empty());
}

TEST_CASE("a new image under the same name recreates and says so") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  scene.engine.add_image("busybox", "sha256:" + std::string(64, '2'));
  CHECK(reason_of(scene.plan(), "Create demo-web-1") ==
        "image changed: busybox 111111111111 -> 222222222222");
}

TEST_CASE("anonymous volumes move to the new container unless they are renewed") {
  Scene scene;
  scene.engine.anonymous_targets = {"/var/lib/data"};
  add_service(scene.project, "db").user = "1";
  scene.up();
  const std::string volume = scene.container("demo-db-1").mounts.front().volume;
  scene.project.services.at("db").user = "2";
  scene.up();
  CHECK(scene.container("demo-db-1").mounts.front().volume == volume);

  const Plan plan = scene.plan({.renew_anonymous_volumes = true});
  CHECK(reason_of(plan, "Create demo-db-1") == "asked for by --renew-anon-volumes");
  scene.up({.renew_anonymous_volumes = true});
  CHECK(scene.container("demo-db-1").mounts.front().volume != volume);
  CHECK(scene.engine.volumes().size() == 1);
}

TEST_CASE("a volume that is now mounted over an anonymous one's place is not inherited there") {
  Scene scene;
  add_service(scene.project, "db").volumes = {mount("", "/data")};
  scene.up();
  add_volume(scene.project, "data");
  scene.project.services.at("db").volumes = {mount("data", "/data")};
  const Plan plan = scene.plan();
  const auto& create =
      std::get<CreateContainer>(plan.steps[static_cast<size_t>(step_of(plan, "Create demo-db-1"))].action);
  CHECK(create.config->inherited_volumes.empty());
}

TEST_CASE("created and exited containers are started, running and restarting ones are left alone") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up({.no_start = true});
  CHECK(reason_of(scene.plan(), "Start demo-web-1") == "not started yet");
  scene.up();
  scene.engine.set_state("demo-web-1", engine::State::kExited, 3);
  CHECK(brief(scene.plan()) == "Start demo-web-1");
  CHECK(reason_of(scene.plan(), "Start demo-web-1") == "exited with 3");
  scene.engine.set_state("demo-web-1", engine::State::kRestarting);
  CHECK(scene.plan().empty());
}

TEST_CASE("no_recreate keeps what differs, force_recreate replaces what does not") {
  Scene scene;
  add_service(scene.project, "db");
  add_service(scene.project, "web");
  depend(scene.project, "web", "db");
  scene.up();
  const Plan forced = scene.plan({.services = {"web"}, .force_recreate = true});
  CHECK(reason_of(forced, "Create demo-web-1") == "asked for by --force-recreate");
  CHECK_FALSE(has_step(forced, "Create demo-db-1"));
  const Plan both = scene.plan({.services = {"web"}, .force_recreate = true, .always_recreate_deps = true});
  CHECK(reason_of(both, "Create demo-db-1") == "asked for by --always-recreate-deps");
  scene.project.services.at("web").user = "1000";
  CHECK(scene.plan({.no_recreate = true}).empty());
}

TEST_CASE("an up for some services leaves the others alone and takes what they need") {
  Scene scene;
  for (const char* name : {"db", "web", "other"}) add_service(scene.project, name);
  depend(scene.project, "web", "db");
  const Plan plan = scene.plan({.services = {"web"}});
  CHECK(brief(plan) ==
        "Create demo_default, Create demo-db-1, Start demo-db-1, Create demo-web-1, Start demo-web-1");
  CHECK_FALSE(has_step(scene.plan({.services = {"web"}, .no_deps = true}), "Create demo-db-1"));
}

TEST_CASE("scaling up counts on from the highest number") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up({.scale = {{"web", 3}}});
  scene.engine.stop_container("demo-web-2", {});
  scene.engine.remove_container(scene.container("demo-web-2").id, false, false);
  const Plan plan = scene.plan({.scale = {{"web", 3}}});
  CHECK(brief(plan) == "Create demo-web-4, Start demo-web-4");
}

TEST_CASE("scaling down takes outdated containers first, then the highest numbers") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up({.scale = {{"web", 2}}});
  scene.project.services.at("web").user = "1000";
  scene.up({.scale = {{"web", 4}}, .no_recreate = true});
  CHECK(scene.names().size() == 4);
  scene.project.services.at("web").replicas = 1;
  const Plan plan = scene.plan();
  CHECK(reason_of(plan, "Stop demo-web-1") == "scaled to 1");
  scene.up();
  CHECK(scene.names() == std::vector<std::string>{"demo-web-3"});
  scene.up({.scale = {{"web", 0}}});
  CHECK(scene.names().empty());
}

TEST_CASE("a container that lost its network or volume is recreated") {
  Scene scene;
  add_volume(scene.project, "data");
  add_service(scene.project, "db").volumes = {mount("data", "/data")};
  scene.up();
  Observed observed = scene.observed();
  observed.volumes.clear();
  CHECK(reason_of(plan_up(scene.project, observed, {}), "Create demo-db-1") == "volume demo_data was gone");
  observed = scene.observed();
  observed.networks[0].id = "another";
  CHECK(reason_of(plan_up(scene.project, observed, {}), "Create demo-db-1") ==
        "not connected to network demo_default");
  observed.networks.clear();
  CHECK(reason_of(plan_up(scene.project, observed, {}), "Create demo-db-1") ==
        "network demo_default was gone");
}

TEST_CASE("a static address is freed before the new container takes it") {
  Scene scene;
  add_service(scene.project, "db").networks["default"].ipv4_address = "10.0.0.9";
  scene.up();
  scene.project.services.at("db").user = "1";
  const Plan plan = scene.plan();
  CHECK(brief(plan) ==
        "Stop demo-db-1, Disconnect demo-db-1, Create demo-db-1, Remove demo-db-1, "
        "Rename demo-db-1, Start demo-db-1");
  scene.up();
  CHECK(scene.container("demo-db-1").endpoints.front().address == "10.0.0.9");
}

TEST_CASE("two services may swap their addresses, names and ports") {
  Scene scene;
  for (const char* name : {"a", "b"}) {
    const bool a = name[0] == 'a';
    parser::Service& service = add_service(scene.project, name);
    service.networks["default"].ipv4_address = a ? "10.0.0.8" : "10.0.0.9";
    service.ports = {port(a ? 8080 : 9090, 80)};
    service.container_name = a ? "first" : "second";
  }
  scene.up();
  std::swap(scene.project.services.at("a").networks, scene.project.services.at("b").networks);
  std::swap(scene.project.services.at("a").ports, scene.project.services.at("b").ports);
  std::swap(scene.project.services.at("a").container_name, scene.project.services.at("b").container_name);
  scene.up();
  CHECK(scene.container("first").endpoints.front().address == "10.0.0.8");
  CHECK(service_of(scene.container("first")) == "b");
  CHECK(scene.plan().empty());
}

TEST_CASE("fixed addresses are given out before the pool is used") {
  Scene scene;
  add_service(scene.project, "api");
  add_service(scene.project, "db").networks["default"].ipv4_address = "10.0.0.2";
  const Plan plan = scene.plan();
  CHECK(runs_after(plan, step_of(plan, "Create demo-api-1"), step_of(plan, "Create demo-db-1")));
}

TEST_CASE("a port moves from one service to another after the old holder has stopped") {
  Scene scene;
  add_service(scene.project, "api");
  add_service(scene.project, "web").ports = {port(8080, 80)};
  depend(scene.project, "web", "api");
  scene.up();
  scene.project.services.at("web").ports.clear();
  scene.project.services.at("api").ports = {port(8080, 80)};
  const Plan plan = scene.plan();
  CHECK(runs_after(plan, step_of(plan, "Start demo-api-1"), step_of(plan, "Stop demo-web-1")));
  scene.up();
}

TEST_CASE("a one-shot job that others wait for is run again only when it changes") {
  Scene scene;
  scene.engine.behaviours["migrate"] = {Behaviour::Kind::kExits, 0, 0};
  add_service(scene.project, "migrate");
  add_service(scene.project, "web");
  depend(scene.project, "web", "migrate", parser::Dependency::Condition::kCompletedSuccessfully);
  scene.up();
  CHECK(scene.plan().empty());
  scene.engine.stop_container("demo-web-1", {});
  CHECK(brief(scene.plan()) == "Start demo-web-1");
  scene.engine.set_state("demo-migrate-1", engine::State::kExited, 1);
  CHECK(has_step(scene.plan(), "Start demo-migrate-1"));
  scene.engine.set_state("demo-migrate-1", engine::State::kExited, 0);
  scene.project.services.at("migrate").command = std::vector<std::string>{"migrate", "2"};
  CHECK(has_step(scene.plan(), "Start demo-migrate-1"));
}

TEST_CASE("an exited service nobody waits for is started again") {
  Scene scene;
  scene.engine.behaviours["job"] = {Behaviour::Kind::kExits, 0, 0};
  add_service(scene.project, "job");
  scene.up();
  CHECK(brief(scene.plan()) == "Start demo-job-1");
}

TEST_CASE("depends_on.restart stops the dependent first and starts it when the replaced dependency is up") {
  Scene scene;
  scene.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
  for (const char* name : {"db", "web", "proxy", "aside"}) add_service(scene.project, name);
  depend(scene.project, "web", "db", parser::Dependency::Condition::kHealthy, true);
  depend(scene.project, "proxy", "web", parser::Dependency::Condition::kStarted, true);
  depend(scene.project, "aside", "db");
  scene.up();
  scene.project.services.at("db").user = "1";
  const Plan plan = scene.plan({.services = {"db"}});
  CHECK_FALSE(has_step(plan, "Stop demo-aside-1"));
  CHECK_FALSE(has_step(plan, "Create demo-web-1"));
  CHECK(reason_of(plan, "Stop demo-web-1") == "db is replaced (depends_on.restart)");
  CHECK(runs_after(plan, step_of(plan, "Stop demo-db-1"), step_of(plan, "Stop demo-web-1")));
  CHECK(runs_after(plan, step_of(plan, "Stop demo-web-1"), step_of(plan, "Stop demo-proxy-1")));
  CHECK(runs_after(plan, step_of(plan, "Start demo-web-1"), step_of(plan, "Wait demo-db-1")));
  CHECK(runs_after(plan, step_of(plan, "Start demo-proxy-1"), step_of(plan, "Start demo-web-1")));
  scene.up();
  CHECK(scene.plan().empty());
}

TEST_CASE("links without a shared network lead to the first replica there is") {
  Scene scene;
  add_service(scene.project, "api").network_mode = "none";
  scene.up({.scale = {{"api", 2}}});
  scene.engine.stop_container("demo-api-1", {});
  scene.engine.remove_container(scene.container("demo-api-1").id, false, false);
  add_service(scene.project, "web").links = {{"api", "backend"}};
  depend(scene.project, "web", "api");
  const Plan plan = scene.plan();
  const auto& create =
      std::get<CreateContainer>(plan.steps[static_cast<size_t>(step_of(plan, "Create demo-web-1"))].action);
  CHECK(create.config->links.at("backend") == "demo-api-2");
}

TEST_CASE(
    "a load balancer that runs takes other settings in place; anything else, or one that is down, is made "
    "anew") {
  Scene scene;
  const std::string image_id = "sha256:" + std::string(64, '3');
  scene.engine.add_image("compose/lb", image_id, {{engine::kLoadBalancerLabel, "1"}});
  parser::Service& balancer = add_service(scene.project, "lb");
  balancer.image = "compose/lb";
  balancer.environment["BALANCE"] = "roundrobin";
  scene.up();
  const std::string id = scene.container("demo-lb-1").id;
  balancer.environment["BALANCE"] = "leastconn";
  const Plan plan = scene.plan();
  REQUIRE(brief(plan) == "Reconfigure demo-lb-1");
  CHECK(plan.steps[0].reason == "config changed: environment.BALANCE 'roundrobin' -> 'leastconn'");
  const auto& step = std::get<ReconfigureContainer>(plan.steps[0].action);
  CHECK(step.container == id);
  CHECK(step.environment == std::map<std::string, std::string>{{"BALANCE", "leastconn"}});
  CHECK(step.labels.at(label::kConfigHash) == config_hash(scene.project, balancer));
  CHECK(brief(scene.plan({.force_recreate = true})).find("Create demo-lb-1") == 0);
  scene.engine.add_image("compose/lb", image_id);  // somebody else's program, whatever it is called
  CHECK(brief(scene.plan()).find("Create demo-lb-1") == 0);
  scene.engine.add_image("compose/lb", image_id, {{engine::kLoadBalancerLabel, "1"}});
  balancer.user = "1";
  CHECK(brief(scene.plan()).find("Create demo-lb-1") == 0);
  balancer.user.clear();
  scene.engine.stop_container(id, 0);
  CHECK(brief(scene.plan()).find("Create demo-lb-1") == 0);
}
