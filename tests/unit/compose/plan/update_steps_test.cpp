// Plans of services with deploy.update_config: every parameter.
#include "compose/plan/update_steps.h"

#include "update_scene.h"

using namespace compose;
using namespace compose::test;

namespace {

bool begins_after(const Plan& plan, const std::string& later, const std::string& first) {
  return runs_after(plan, step_of(plan, later), step_of(plan, first));
}

std::vector<MonitorContainer> monitors(const Plan& plan) {
  std::vector<MonitorContainer> found;
  for (const Step& step : plan.steps)
    if (const auto* monitor = std::get_if<MonitorContainer>(&step.action)) found.push_back(*monitor);
  return found;
}

int delays(const Plan& plan) {
  return static_cast<int>(std::count_if(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
    return std::holds_alternative<Delay>(step.action);
  }));
}

Plan changed(UpdateScene& scene) {
  scene.up();
  scene.version("2");
  return scene.plan();
}

}  // namespace

TEST_CASE("a change of update_config alone recreates nothing") {
  UpdateScene scene;
  scene.up();
  scene.config().order = "start-first";
  scene.config().parallelism = 2;
  scene.web().deploy->rollback_config.emplace().parallelism = 3;
  CHECK(scene.plan().empty());
  scene.web().deploy.reset();
  CHECK(scene.plan().empty());
}

TEST_CASE("one replica at a time is replaced, each when the one before has proved itself") {
  UpdateScene scene;
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  CHECK(monitors(plan).size() == 3);
  for (const int next : {2, 3}) {
    const std::string before = std::to_string(next - 1), now = std::to_string(next);
    CHECK(begins_after(plan, "Create demo-web-" + now, "Monitor demo-web-" + before));
    CHECK(begins_after(plan, "Stop demo-web-" + now, "Monitor demo-web-" + before));
  }
  CHECK(plan.updates.at("web").how == "1 of 3 containers at a time, stop-first");
  scene.execute(plan);
  CHECK(scene.plan().empty());
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1", "demo-web-2", "demo-web-3"});
}

TEST_CASE("parallelism is how many are replaced at a time, and 0 is all") {
  UpdateScene scene(5);
  scene.config().parallelism = 2;
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  CHECK_FALSE(begins_after(plan, "Stop demo-web-2", "Monitor demo-web-1"));
  // Nobody of a group is stopped before all of it could be made.
  CHECK(begins_after(plan, "Stop demo-web-1", "Create demo-web-2"));
  for (const char* before : {"1", "2"})
    CHECK(begins_after(plan, "Stop demo-web-3", std::string("Monitor demo-web-") + before));
  CHECK(begins_after(plan, "Create demo-web-5", "Monitor demo-web-4"));
  scene.config().parallelism = 0;
  const Plan at_once = scene.plan();
  for (const char* first : {"1", "2", "3", "4"})
    CHECK_FALSE(begins_after(at_once, "Stop demo-web-5", std::string("Monitor demo-web-") + first));
  CHECK(at_once.updates.at("web").how == "5 of 5 containers at a time, stop-first");
}

TEST_CASE("delay is waited for between two groups, and not after the last") {
  UpdateScene scene;
  scene.config().delay = std::chrono::seconds(10);
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  CHECK(delays(plan) == 2);
  CHECK(begins_after(plan, "Delay web", "Monitor demo-web-1"));
  CHECK(begins_after(plan, "Create demo-web-2", "Delay web"));
  CHECK(to_text(plan).find("Delay Service web for 10s: deploy.update_config.delay") != std::string::npos);
}

TEST_CASE("monitor is how long a new container has to go well, by default until it is healthy") {
  UpdateScene scene;
  Plan plan = changed(scene);
  for (const auto& monitor : monitors(plan)) CHECK_FALSE(monitor.time);
  CHECK(to_text(plan).find("Monitor Container demo-web-1 until healthy, else for 5s") != std::string::npos);
  scene.config().monitor = std::chrono::seconds(30);
  plan = scene.plan();
  for (const auto& monitor : monitors(plan)) CHECK(monitor.time == milliseconds(30000));
  CHECK(to_text(plan).find("Monitor Container demo-web-1 for 30s") != std::string::npos);
}

TEST_CASE("stop-first stops the old container before it starts the new one") {
  UpdateScene scene(1);
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  CHECK(begins_after(plan, "Stop demo-web-1", "Create demo-web-1"));
  CHECK(begins_after(plan, "Start demo-web-1", "Stop demo-web-1"));
  CHECK(begins_after(plan, "Start demo-web-1", "Rename demo-web-1"));
}

TEST_CASE("start-first stops the old containers of a group when all its new ones have proved themselves") {
  UpdateScene scene(4);
  scene.config().order = "start-first";
  scene.config().parallelism = 2;
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  for (const char* stop : {"Stop demo-web-1", "Stop demo-web-2"})
    for (const char* proof : {"Monitor demo-web-1", "Monitor demo-web-2"})
      CHECK(begins_after(plan, stop, proof));
  CHECK(begins_after(plan, "Rename demo-web-1", "Remove demo-web-1"));
  CHECK(begins_after(plan, "Start demo-web-3", "Rename demo-web-2"));
  int fewest = 100;
  scene.engine.before = [&](const std::string&) { fewest = std::min(fewest, scene.running()); };
  CHECK(scene.execute(plan).ok);
  CHECK(fewest >= 4);
  scene.engine.before = [](const std::string&) {};
  CHECK(scene.plan().empty());
}

TEST_CASE(
    "how many may fail is a share of those that are updated, all of them with failure_action continue") {
  UpdateScene scene(4);
  scene.config().max_failure_ratio = 0.5;
  Plan plan = changed(scene);
  CHECK(monitors(plan).front().tolerated == 2);
  CHECK(plan.updates.at("web").on_failure == Update::OnFailure::kPause);
  scene.config().max_failure_ratio = 0.49;
  CHECK(monitors(scene.plan()).front().tolerated == 1);
  scene.config().max_failure_ratio = 0;
  CHECK(monitors(scene.plan()).front().tolerated == 0);
  scene.config().failure_action = "continue";
  plan = scene.plan();
  CHECK(monitors(plan).front().tolerated > 1000);
  CHECK(plan.updates.at("web").on_failure == Update::OnFailure::kContinue);
}

TEST_CASE("old containers are kept until the last group is through where a failure is rolled back") {
  UpdateScene scene;
  scene.config().failure_action = "rollback";
  const Plan plan = changed(scene);
  INFO(to_text(plan));
  int removed = 0;
  for (const Step& step : plan.steps) {
    if (!std::holds_alternative<RemoveContainer>(step.action)) continue;
    ++removed;
    CHECK(step.reason == "the update is through");
    CHECK(step.resource.find("_before_demo-web-") != std::string::npos);
    CHECK(runs_after(plan, step.id, step_of(plan, "Monitor demo-web-3")));
  }
  CHECK(removed == 3);
  CHECK(plan.updates.at("web").on_failure == Update::OnFailure::kRollBack);
  scene.execute(plan);
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1", "demo-web-2", "demo-web-3"});
  CHECK(scene.running() == 3);
}

TEST_CASE(
    "containers that cannot be beside their old ones are updated stop-first, with a warning that says why") {
  const auto warning = [](const std::function<void(UpdateScene&)>& set) {
    UpdateScene scene(1);
    scene.config().order = "start-first";
    set(scene);
    const Plan plan = changed(scene);
    const std::string name = scene.web().container_name.empty() ? "demo-web-1" : scene.web().container_name;
    const bool stop_first = begins_after(plan, "Start " + name, "Stop " + name);
    CHECK(stop_first == !warnings_of(plan).empty());
    return warnings_of(plan);
  };
  CHECK(warning([](auto&) {}).empty());
  CHECK(
      warning([](auto& scene) { scene.web().ports = {port(8080, 80)}; }) ==
      "service \"web\": its containers are updated stop-first, although deploy.update_config.order is "
      "start-first: host port 8080/tcp has no room for both (publish it once on a load balancer in front of "
      "the service)");
  CHECK(warning([](auto& scene) { scene.web().ports = {port(8080, 80, 8081)}; }).empty());
  CHECK(warning([](auto& scene) { scene.web().ports = {port(0, 80)}; }).empty());
  CHECK(warning([](auto& scene) { scene.web().container_name = "site"; }).empty());
  CHECK_THAT(warning([](auto& scene) { scene.web().networks["default"].ipv4_address = "10.0.0.9"; }),
             Catch::Contains("both would have the address 10.0.0.9 on network default"));
  CHECK_THAT(warning([](auto& scene) { scene.web().mac_address = "02:00:00:00:00:01"; }),
             Catch::Contains("both would have the address 02:00:00:00:00:01"));
  CHECK_THAT(warning([](auto& scene) {
               scene.web().networks.clear();
               scene.web().network_mode = "host";
             }),
             Catch::Contains("both would listen on the same ports of the network of the host"));
  CHECK_THAT(warning([](auto& scene) {
               add_service(scene.project, "side").network_mode = "service:web";
               scene.project.services.at("side").networks.clear();
               depend(scene.project, "side", "web");
             }),
             Catch::Contains("service \"side\" shares a namespace of it, which is one container's"));
  CHECK_THAT(warning([](auto& scene) {
               add_service(scene.project, "main");
               scene.web().networks.clear();
               scene.web().network_mode = "service:main";
               depend(scene.project, "web", "main");
             }),
             Catch::Contains("both would listen on the same ports of the network of main"));
  CHECK_THAT(warning([](auto& scene) {
               add_volume(scene.project, "cache").driver_opts["type"] = "tmpfs";
               scene.web().volumes = {mount("cache", "/cache")};
             }),
             Catch::Contains("volume demo_cache is a tmpfs"));
}

TEST_CASE("replicas on a range of host ports are updated by groups, also by start-first when it has room") {
  for (const char* order : {"stop-first", "start-first"}) {
    UpdateScene scene(2);
    scene.web().ports = {port(8080, 80, 8083)};
    scene.config().order = order;
    const Plan plan = changed(scene);
    INFO(to_text(plan));
    CHECK(plan.warnings.empty());
    CHECK(begins_after(plan, "Start demo-web-2", "Monitor demo-web-1"));
    CHECK(scene.execute(plan).ok);
  }
}

TEST_CASE("an update whose network is made anew is not by groups, and says so") {
  UpdateScene scene;
  scene.up();
  scene.project.networks.at("default").internal = true;
  scene.version("2");
  const Plan plan = scene.plan();
  CHECK(monitors(plan).empty());
  CHECK_THAT(warnings_of(plan), Catch::Contains("network demo_default is made anew"));
  CHECK(scene.execute(plan).ok);
  CHECK(scene.plan().empty());
}

TEST_CASE("a port that goes from a service to one it needs cannot wait for groups, and says so") {
  UpdateScene scene(1);
  add_service(scene.project, "proxy");
  depend(scene.project, "web", "proxy");
  scene.web().ports = {port(8080, 80)};
  scene.up();
  scene.web().ports.clear();
  scene.project.services.at("proxy").ports = {port(8080, 80)};
  const Plan plan = scene.plan();
  INFO(to_text(plan));
  CHECK_THAT(warnings_of(plan), Catch::Contains("replaced all at once"));
  CHECK(scene.execute(plan).ok);
  CHECK(scene.plan().empty());
}

TEST_CASE("new replicas are just made, and surplus ones go, beside an update by groups") {
  UpdateScene scene(2);
  scene.up();
  scene.version("2");
  scene.web().replicas = 4;
  const Plan plan = scene.plan();
  CHECK(monitors(plan).size() == 2);
  CHECK(reason_of(plan, "Start demo-web-4") == "not started yet");
  scene.execute(plan);
  scene.version("3");
  scene.web().replicas = 1;
  const Plan fewer = scene.plan();
  CHECK(monitors(fewer).size() == 1);
  scene.execute(fewer);
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1"});
}

TEST_CASE("what is not started is replaced all at once, what is forced to be recreated by groups") {
  UpdateScene scene;
  scene.up();
  CHECK(monitors(scene.plan({.force_recreate = true})).size() == 3);
  scene.version("2");
  CHECK(monitors(scene.plan({.no_start = true})).empty());
}

TEST_CASE("who needs a service goes on until its update is through, and is restarted then") {
  UpdateScene scene;
  for (const char* name : {"again", "other"}) add_service(scene.project, name);
  depend(scene.project, "again", "web", parser::Dependency::Condition::kStarted, true);
  depend(scene.project, "other", "web", parser::Dependency::Condition::kHealthy);
  scene.up();
  scene.version("2");
  scene.project.services.at("other").user = "1";
  const Plan plan = scene.plan();
  INFO(to_text(plan));
  for (const char* dependent : {"again", "other"}) {
    CHECK(begins_after(plan, std::string("Stop demo-") + dependent + "-1", "Monitor demo-web-3"));
    CHECK(begins_after(plan, std::string("Start demo-") + dependent + "-1", "Monitor demo-web-3"));
  }
  CHECK(scene.execute(plan).ok);
  CHECK(scene.plan().empty());
}

TEST_CASE("an update by groups begins when what the service needs is up to date and holds") {
  for (const char* order : {"stop-first", "start-first"}) {
    UpdateScene scene;
    scene.config().order = order;
    scene.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
    add_service(scene.project, "db");
    depend(scene.project, "web", "db", parser::Dependency::Condition::kHealthy);
    scene.up();
    scene.version("2");
    scene.project.services.at("db").user = "1";
    const Plan plan = scene.plan();
    INFO(to_text(plan));
    CHECK(begins_after(plan, "Start demo-web-1", "Wait demo-db-1"));
    CHECK(begins_after(plan, "Stop demo-web-1", "Wait demo-db-1"));
    CHECK(scene.execute(plan).ok);
    CHECK(scene.plan().empty());
  }
}

TEST_CASE("two services that need each other are both updated by groups, one after the other") {
  UpdateScene scene(2);
  parser::Service& api = add_service(scene.project, "api");
  api.replicas = 2;
  api.deploy = scene.web().deploy;
  scene.engine.behaviours["api"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
  depend(scene.project, "web", "api");
  scene.up();
  scene.version("2");
  api.user = "1";
  const Plan plan = scene.plan();
  INFO(to_text(plan));
  CHECK(plan.warnings.empty());
  CHECK(begins_after(plan, "Stop demo-web-1", "Monitor demo-api-2"));
  CHECK(scene.execute(plan).ok);
  CHECK(scene.plan().empty());
}

TEST_CASE("who has its volumes from a service that is updated by groups gets those of the new container") {
  for (const bool both : {false, true}) {
    UpdateScene scene(1);
    parser::Service& borrower = add_service(scene.project, "borrower");
    borrower.volumes_from = {"web"};
    if (both) borrower.deploy = scene.web().deploy;
    depend(scene.project, "borrower", "web");
    const Plan plan = changed(scene);
    INFO(to_text(plan));
    for (const Step& step : plan.steps) {
      const auto* create = std::get_if<CreateContainer>(&step.action);
      if (create == nullptr || create->service != "borrower") continue;
      CHECK(create->config->volumes_from.front().container == "demo-web-1");
      CHECK(runs_after(plan, step.id, step_of(plan, "Monitor demo-web-1")));
    }
    CHECK(scene.execute(plan).ok);
  }
}

TEST_CASE("golden: an update start-first that keeps the way back open") {
  UpdateScene scene;
  scene.parallel = 1;
  scene.config() = {2, std::chrono::seconds(10), "rollback", std::chrono::seconds(5), 0, "start-first", {}};
  add_service(scene.project, "lb");
  depend(scene.project, "lb", "web", parser::Dependency::Condition::kStarted, true);
  check_golden("update-start-first", to_text(changed(scene)));
}
