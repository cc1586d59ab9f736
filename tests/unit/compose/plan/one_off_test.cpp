#include "compose/plan/one_off.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

OneOffOptions one_off(const parser::Project& project, const std::string& service) {
  OneOffOptions options;
  options.one_off.service = one_off_service(project.services.at(service), {}, {});
  options.one_off.slug = std::string(64, 'a');
  options.one_off.name = one_off_name(project, service, options.one_off.slug);
  return options;
}

const engine::ContainerConfig& created(const Plan& plan, const std::string& name) {
  const Step& step = plan.steps[static_cast<size_t>(step_of(plan, "Create " + name))];
  return *std::get<CreateContainer>(step.action).config;
}

struct Stack : Scene {
  Stack() {
    engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
    for (const char* name : {"db", "web", "other"}) add_service(project, name);
    depend(project, "web", "db", parser::Dependency::Condition::kHealthy);
  }
  Plan plan_run(const OneOffOptions& options) { return plan_one_off(project, observed(), options); }
};

constexpr char kName[] = "demo-web-run-aaaaaaaaaaaa";

}  // namespace

TEST_CASE("a one-off container is made when what its service needs is there, and nothing else is made") {
  Stack stack;
  const Plan plan = stack.plan_run(one_off(stack.project, "web"));
  CHECK(brief(plan) ==
        "Create demo_default, Create demo-db-1, Start demo-db-1, Wait demo-db-1, Create "
        "demo-web-run-aaaaaaaaaaaa, "
        "Start demo-web-run-aaaaaaaaaaaa");
  CHECK(runs_after(plan, step_of(plan, std::string("Create ") + kName), step_of(plan, "Wait demo-db-1")));
  CHECK(stack.execute(plan).ok);
}

TEST_CASE(
    "a one-off container without dependencies is made at once, and may be left for the caller to start") {
  Stack stack;
  OneOffOptions options = one_off(stack.project, "web");
  options.no_deps = true;
  options.start = false;
  CHECK(brief(stack.plan_run(options)) == std::string("Create demo_default, Create ") + kName);
}

TEST_CASE("a one-off container is told apart by labels, has no number, no restart, no ports, no aliases") {
  Stack stack;
  parser::Service& web = stack.project.services.at("web");
  web.ports = {port(8080, 80)};
  web.restart.policy = parser::Restart::Policy::kAlways;
  web.container_name = "the-web";
  web.networks["default"].aliases = {"www"};
  web.replicas = 3;
  OneOffOptions options = one_off(stack.project, "web");
  const engine::ContainerConfig config = created(stack.plan_run(options), kName);
  CHECK(config.labels.at("com.docker.compose.oneoff") == "True");
  CHECK(config.labels.at("com.docker.compose.slug") == std::string(64, 'a'));
  CHECK(config.labels.at("com.docker.compose.service") == "web");
  CHECK(config.labels.count("com.docker.compose.container-number") == 0);
  CHECK(config.restart == "no");
  CHECK(config.ports.empty());
  CHECK(config.networks.at(0).aliases.empty());

  options.one_off.use_aliases = true;
  CHECK(created(stack.plan_run(options), kName).networks.at(0).aliases ==
        std::vector<std::string>{"web", kName, "www"});
  OneOffWishes wishes;
  wishes.service_ports = true;
  options.one_off.service = one_off_service(web, {}, wishes);
  CHECK(created(stack.plan_run(options), kName).ports.at(0).host_port == 8080);
}

TEST_CASE("what the command line says is laid over the service") {
  parser::Service service;
  service.command = parser::Words{"serve"};
  service.entrypoint = parser::Words{"/init"};
  service.environment = {{"A", "1"}, {"B", "1"}};
  service.unset_environment = {"C"};
  service.labels = {{"x", "1"}};
  service.cap_add = {"NET_ADMIN"};
  service.cap_drop = {"CHOWN"};
  service.volumes = {mount("data", "/data"), mount("logs", "/logs")};
  parser::Service given;
  given.environment = {{"B", "2"}, {"C", "3"}};
  given.labels = {{"x", "2"}};
  given.cap_add = {"CHOWN"};
  given.cap_drop = {"NET_ADMIN"};
  given.volumes = {mount("mine", "/data")};
  OneOffWishes wishes;
  wishes.user = "7";
  wishes.working_dir = "/tmp";
  wishes.tty = true;

  const parser::Service plain = one_off_service(service, given, wishes);
  CHECK(plain.command == parser::Words{"serve"});
  CHECK(plain.environment == parser::StringMap{{"A", "1"}, {"B", "2"}, {"C", "3"}});
  CHECK(plain.unset_environment.empty());
  CHECK(plain.labels.at("x") == "2");
  CHECK(plain.cap_add == parser::Words{"CHOWN"});
  CHECK(plain.cap_drop == parser::Words{"NET_ADMIN"});
  REQUIRE(plain.volumes.size() == 2);
  CHECK(plain.volumes[0].source == "logs");
  CHECK(plain.volumes[1].source == "mine");
  CHECK(plain.user == "7");
  CHECK(plain.working_dir == "/tmp");
  CHECK(plain.tty);

  wishes.command = {"sh", "-c", "x"};
  CHECK(one_off_service(service, given, wishes).entrypoint == parser::Words{"/init"});
  CHECK(one_off_service(service, given, wishes).command == wishes.command);
}

TEST_CASE("a new entrypoint takes the service's command away, none at all brings the image's command back") {
  parser::Service service, given;
  service.command = parser::Words{"serve"};
  given.entrypoint = parser::Words{"sh"};
  OneOffWishes wishes;
  CHECK(one_off_service(service, given, wishes).command == parser::Words{});
  given.entrypoint = parser::Words{};
  CHECK_FALSE(one_off_service(service, given, wishes).command);
  wishes.command = {"ls"};
  CHECK(one_off_service(service, given, wishes).command == wishes.command);
}

TEST_CASE("a one-off container leaves the replicas of its service alone, and up leaves it alone") {
  Stack stack;
  stack.up();
  CHECK(brief(stack.plan_run(one_off(stack.project, "web"))) ==
        std::string("Create ") + kName + ", Start " + kName);
  REQUIRE(stack.execute(stack.plan_run(one_off(stack.project, "web"))).ok);
  CHECK(stack.plan().empty());
  CHECK(stack.plan({.remove_orphans = true}).empty());
  CHECK(brief(stack.plan({.scale = {{"web", 2}}})) == "Create demo-web-2, Start demo-web-2");
}

TEST_CASE("kill and down reach running one-off containers, stop and rm do not") {
  Stack stack;
  REQUIRE(stack.execute(stack.plan_run(one_off(stack.project, "web"))).ok);
  const Observed observed = stack.observed();
  const std::string kill = std::string("Kill ") + kName, stop = std::string("Stop ") + kName,
                    remove = std::string("Remove ") + kName;
  CHECK(has_step(plan_kill(&stack.project, observed, {}), kill));
  CHECK_FALSE(has_step(plan_stop(&stack.project, observed, {}), stop));
  CHECK_FALSE(has_step(plan_rm(&stack.project, observed, {.stop_first = true}), remove));
  CHECK(has_step(plan_down(&stack.project, "demo", observed, {}), remove));
}

TEST_CASE("a volume that only --volume names is made, one of the file is the project's") {
  Stack stack;
  add_volume(stack.project, "data");
  OneOffOptions options = one_off(stack.project, "other");
  options.one_off.service.volumes = {mount("data", "/data"), mount("mine", "/mine")};
  const Plan plan = stack.plan_run(options);
  CHECK(has_step(plan, "Create demo_data"));
  CHECK(runs_after(plan, step_of(plan, "Create demo-other-run-aaaaaaaaaaaa"), step_of(plan, "Create mine")));
  CHECK(stack.execute(plan).ok);
  options.one_off.slug = std::string(64, 'b');
  CHECK_FALSE(has_step(stack.plan_run(options), "Create mine"));
}

TEST_CASE("a one-off container does not take the name or a port of what runs") {
  Stack stack;
  stack.project.services.at("web").ports = {port(8080, 80)};
  stack.up();
  OneOffOptions options = one_off(stack.project, "web");
  options.one_off.service.ports = {port(8080, 80)};
  CHECK_THAT(plan_error([&] { stack.plan_run(options); }),
             Catch::Contains("host port 8080") && Catch::Contains("demo-web-1"));
  options = one_off(stack.project, "web");
  REQUIRE(stack.execute(stack.plan_run(options)).ok);
  options.one_off.slug = std::string(64, 'b');  // another one by the same name
  CHECK_FALSE(stack.execute(stack.plan_run(options)).ok);
}

TEST_CASE("a one-off container whose image is missing is refused") {
  Stack stack;
  stack.project.services.at("web").image = "gone";
  CHECK_THAT(plan_error([&] { stack.plan_run(one_off(stack.project, "web")); }),
             Catch::Contains("image \"gone\" is not in the image store"));
}
