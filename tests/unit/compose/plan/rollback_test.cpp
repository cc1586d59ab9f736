// Updates by groups that fail, and the way back; on an engine in memory.
#include "compose/plan/rollback.h"

#include "update_scene.h"

using namespace compose;
using namespace compose::test;

namespace {

const Behaviour kUnhealthy{Behaviour::Kind::kGetsUnhealthy, 0, 0};

struct Failing : UpdateScene {
  explicit Failing(const std::string& action, const std::string& order = "stop-first", int replicas = 3)
      : UpdateScene(replicas) {
    config().failure_action = action;
    config().order = order;
    engine.set_health_log("connection refused", 1);
    up();
    before = ids();
  }
  // The first `good` containers of version 2 get healthy.
  void let_fail_after(size_t good) {
    auto seen = std::make_shared<std::set<std::string>>();
    engine.behaviour_of = [good, seen](const engine::ContainerInfo& container) -> std::optional<Behaviour> {
      if (label_of(container.labels, label::kConfig).find("\"VERSION\":\"2\"") == std::string::npos)
        return {};
      if (seen->size() < good || seen->contains(container.id)) {
        seen->insert(container.id);
        return Behaviour{Behaviour::Kind::kGetsHealthy, 0, 0};
      }
      return kUnhealthy;
    };
  }
  RunResult update() {
    version("2");
    return execute(plan());
  }
  std::map<std::string, std::string> before;
};

}  // namespace

TEST_CASE("pause stops an update at the first container that fails, and names it with its last check") {
  for (const char* order : {"stop-first", "start-first"}) {
    Failing scene("pause", order);
    scene.let_fail_after(1);
    const RunResult result = scene.update();
    CHECK_FALSE(result.ok);
    CHECK(result.failed_updates == std::set<std::string>{"web"});
    REQUIRE(result.errors.size() == 1);
    CHECK_THAT(
        result.errors.front(),
        Catch::StartsWith("service \"web\": update failed: container ") &&
            Catch::Contains("demo-web-2 is unhealthy (last health check exited with 1: connection refused)"));
    auto now = scene.ids();
    CHECK(now.at("demo-web-1") != scene.before.at("demo-web-1"));
    CHECK(now.at("demo-web-3") == scene.before.at("demo-web-3"));
    // The old one still serves.
    if (std::string(order) == "start-first") CHECK(now.at("demo-web-2") == scene.before.at("demo-web-2"));
    CHECK(scene.container("demo-web-3").status.state == engine::State::kRunning);
    // A file that works goes on from there.
    scene.version("3");
    scene.up();
    CHECK(scene.plan().empty());
    CHECK(scene.names() == std::vector<std::string>{"demo-web-1", "demo-web-2", "demo-web-3"});
  }
}

TEST_CASE("an up after a pause touches no further container while the failed one does not run well") {
  Failing scene("pause");
  scene.let("2", {Behaviour::Kind::kExits, 3, 0});
  CHECK_FALSE(scene.update().ok);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const RunResult again = scene.execute(scene.plan());
    REQUIRE(again.errors.size() == 1);
    CHECK_THAT(again.errors.front(), Catch::Contains("demo-web-1 exited (3)"));
    CHECK(scene.ids().at("demo-web-2") == scene.before.at("demo-web-2"));
    CHECK(scene.ids().at("demo-web-3") == scene.before.at("demo-web-3"));
    CHECK(scene.running() == 2);
  }
}

TEST_CASE("continue replaces all, and warns of those that fail") {
  Failing scene("continue");
  scene.let_fail_after(1);
  CHECK(scene.update().ok);
  REQUIRE(scene.sink.warnings.size() == 2);
  CHECK_THAT(scene.sink.warnings.front(),
             Catch::Contains("container demo-web-2 is unhealthy") && Catch::Contains("it goes on"));
  for (const auto& [name, id] : scene.ids()) CHECK(scene.before.at(name) != id);
}

TEST_CASE("as many may fail as max_failure_ratio says") {
  Failing scene("pause", "stop-first", 4);
  scene.config().max_failure_ratio = 0.25;
  scene.let_fail_after(2);
  CHECK_FALSE(scene.update().ok);  // the third is tolerated, the fourth is not
  CHECK(scene.sink.warnings.size() == 1);
  for (const auto& [name, id] : scene.ids()) CHECK(scene.before.at(name) != id);
}

TEST_CASE("a container that cannot be started has failed like one that ends") {
  Failing scene("pause");
  int starts = 0;
  scene.engine.before = [&](const std::string& call) {
    if (call.starts_with("start demo-web-") && ++starts == 2)
      throw engine::Error(engine::Error::Kind::kInvalid, "no such program: nginxx");
  };
  const RunResult result = scene.update();
  REQUIRE(result.errors.size() == 1);
  CHECK_THAT(result.errors.front(),
             Catch::Contains("demo-web-2 could not be started: no such program: nginxx"));
  CHECK(scene.ids().at("demo-web-3") == scene.before.at("demo-web-3"));
}

TEST_CASE("a rollback brings back the very containers, also of groups that were through") {
  for (const char* order : {"stop-first", "start-first"}) {
    for (size_t good = 0; good < 3; ++good) {
      INFO(order << " after " << good);
      Failing scene("rollback", order);
      scene.let_fail_after(good);
      CHECK(scene.update().failed_updates.contains("web"));
      const Plan back = plan_rollback(scene.project, scene.observed(), {{"web"}});
      INFO(to_text(back));
      CHECK(scene.execute(back).ok);
      CHECK(scene.ids() == scene.before);
      CHECK(scene.running() == 3);
      // The next up tries again.
      CHECK(has_step(scene.plan(), "Create demo-web-1"));
      scene.version("1");
      CHECK(scene.plan().empty());
    }
  }
}

TEST_CASE("a rollback start-first never has fewer containers than before, whatever had failed") {
  Failing scene("rollback", "start-first", 4);
  scene.let_fail_after(3);
  int fewest = 100;
  scene.engine.before = [&](const std::string&) { fewest = std::min(fewest, scene.running()); };
  scene.update();
  CHECK(scene.roll_back().ok);
  CHECK(fewest >= 4);
  CHECK(scene.ids() == scene.before);
}

TEST_CASE("a rollback goes by rollback_config") {
  Failing scene("rollback", "start-first", 5);
  scene.config().parallelism = 0;
  parser::UpdateConfig& config = scene.web().deploy->rollback_config.emplace();
  config.parallelism = 2;
  config.delay = std::chrono::milliseconds(20);
  config.monitor = std::chrono::milliseconds(30);
  config.order = "stop-first";
  // The update itself goes well but for the last removal.
  scene.version("2");
  Plan plan = scene.plan();
  std::erase_if(plan.steps, [](const Step& step) { return step.reason == "the update is through"; });
  REQUIRE(scene.execute(plan).ok);
  const Plan back = plan_rollback(scene.project, scene.observed(), {{"web"}});
  INFO(to_text(back));
  CHECK(back.updates.at("web").how == "back: 2 of 5 containers at a time, stop-first, 20ms between");
  int delays = 0;
  for (const Step& step : back.steps) {
    delays += std::holds_alternative<Delay>(step.action) ? 1 : 0;
    if (const auto* monitor = std::get_if<MonitorContainer>(&step.action))
      CHECK(monitor->time == milliseconds(30));
  }
  CHECK(delays == 2);
  CHECK(runs_after(back, step_of(back, "Start demo-web-1"), step_of(back, "Stop demo-web-1")));
  CHECK(runs_after(back, step_of(back, "Stop demo-web-3"), step_of(back, "Monitor demo-web-2")));
  CHECK(scene.execute(back).ok);
  CHECK(scene.ids() == scene.before);
}

TEST_CASE("a rollback gives a container back its name when the update had changed that") {
  Failing scene("rollback", "stop-first", 1);
  scene.web().container_name = "site";
  scene.let("2", kUnhealthy);
  scene.update();
  CHECK(scene.roll_back().ok);
  CHECK(scene.ids() == scene.before);
}

TEST_CASE("a rollback keeps the anonymous volumes of the old containers and takes those of the new") {
  Failing scene("rollback", "stop-first", 1);
  scene.engine.anonymous_targets = {"/var/lib/x"};
  scene.version("1b");
  scene.up();
  const std::string volume = scene.container("demo-web-1").mounts.front().volume;
  scene.let("2", kUnhealthy);
  scene.engine.anonymous_targets.emplace_back("/var/lib/y");
  scene.update();
  CHECK(scene.roll_back().ok);
  CHECK(scene.container("demo-web-1").mounts.front().volume == volume);
  CHECK(scene.engine.volumes().size() == 1);
}

TEST_CASE("services that share a namespace of one that is rolled back are started again with it") {
  Failing scene("rollback", "stop-first", 1);
  parser::Service& side = add_service(scene.project, "side");
  side.networks.clear();
  side.network_mode = "service:web";
  depend(scene.project, "side", "web");
  scene.up();
  scene.let("2", kUnhealthy);
  scene.update();
  const Plan back = plan_rollback(scene.project, scene.observed(), {{"web"}});
  INFO(to_text(back));
  CHECK(runs_after(back, step_of(back, "Start demo-side-1"), step_of(back, "Monitor demo-web-1")));
  CHECK(scene.execute(back).ok);
}

TEST_CASE(
    "an update by groups that is killed after any step is made good by the next up, or taken away by down") {
  for (const char* order : {"stop-first", "start-first"}) {
    for (const char* action : {"pause", "rollback"}) {
      size_t steps = 1;
      for (size_t limit = 0; limit < steps; ++limit) {
        for (const bool down : {false, true}) {
          UpdateScene scene(2);
          scene.config().order = order;
          scene.config().failure_action = action;
          scene.engine.anonymous_targets = {"/var/lib/x"};
          scene.up();
          scene.version("2");
          Plan plan = scene.plan();
          steps = plan.steps.size();
          INFO(order << " " << action << ", killed after " << limit << " of\n" << to_text(plan));
          plan.steps.resize(limit);
          scene.execute(plan);
          if (down) {
            CHECK(scene.execute(plan_down(nullptr, "demo", scene.observed(), {.volumes = true})).ok);
            CHECK(scene.names().empty());
            continue;
          }
          const Plan repair = scene.plan();
          INFO("then\n" << to_text(repair));
          int fewest = 100;
          scene.engine.before = [&](const std::string&) { fewest = std::min(fewest, scene.running()); };
          CHECK(join(scene.execute(repair).errors, "\n").empty());
          scene.engine.before = [](const std::string&) {};
          CHECK(scene.plan().empty());
          CHECK(scene.names() == std::vector<std::string>{"demo-web-1", "demo-web-2"});
          CHECK(scene.running() == 2);
          if (std::string(order) == "start-first") CHECK(fewest >= 2);
          CHECK(scene.engine.volumes().size() == 2);
        }
      }
      CHECK(steps >= 12);
    }
  }
}

TEST_CASE("an update killed after any step can still be rolled back when the next up fails") {
  for (const char* order : {"stop-first", "start-first"}) {
    size_t steps = 1;
    for (size_t limit = 0; limit < steps; ++limit) {
      Failing scene("rollback", order, 2);
      scene.version("2");
      Plan plan = scene.plan();
      steps = plan.steps.size();
      INFO(order << ", killed after " << limit << " of\n" << to_text(plan));
      plan.steps.resize(limit);
      scene.execute(plan);
      scene.let("2", kUnhealthy);
      const Plan again = scene.plan();
      INFO("then\n" << to_text(again));
      if (!scene.execute(again).failed_updates.contains("web")) continue;  // it was through
      const Plan back = plan_rollback(scene.project, scene.observed(), {{"web"}});
      INFO("and back\n" << to_text(back));
      CHECK(scene.execute(back).ok);
      CHECK(scene.ids() == scene.before);
      CHECK(scene.running() == 2);
    }
  }
}

TEST_CASE("start leaves a container alone that is kept for a rollback") {
  Failing scene("rollback", "stop-first", 1);
  scene.version("2");
  Plan plan = scene.plan();
  std::erase_if(plan.steps, [](const Step& step) { return step.reason == "the update is through"; });
  REQUIRE(scene.execute(plan).ok);
  REQUIRE(scene.names().size() == 2);
  CHECK(plan_start(&scene.project, scene.observed(), {}).empty());
  scene.execute(plan_stop(&scene.project, scene.observed(), {}));
  CHECK(brief(plan_start(&scene.project, scene.observed(), {})) == "Start demo-web-1");
}
