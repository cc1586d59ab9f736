#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

struct Stack : Scene {
  Stack() {
    engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
    engine.behaviours["job"] = {Behaviour::Kind::kExits, 0, 0};
    for (const char* name : {"db", "job", "web"}) add_service(project, name);
    depend(project, "web", "db", parser::Dependency::Condition::kHealthy, true);
    depend(project, "web", "job", parser::Dependency::Condition::kCompletedSuccessfully);
    up();
  }
  void stop_all() { REQUIRE(execute(plan_stop(&project, observed(), {})).ok); }
};

}  // namespace

TEST_CASE("stop goes against depends_on and passes over what is down") {
  Stack stack;
  const Plan plan = plan_stop(&stack.project, stack.observed(), {.timeout_ms = 1500});
  CHECK(brief(plan) == "Stop demo-web-1, Stop demo-db-1");
  CHECK(plan.steps[1].after == std::vector<int>{0});
  CHECK(std::get<StopContainer>(plan.steps[0].action).grace_ms == 1500);
  CHECK(brief(plan_stop(nullptr, stack.observed(), {})) == brief(plan));
  CHECK(brief(plan_stop(nullptr, stack.observed(), {.services = {"db"}})) == "Stop demo-db-1");
  stack.stop_all();
  CHECK(plan_stop(nullptr, stack.observed(), {}).empty());
}

TEST_CASE("start waits for conditions and does not run a finished job again unless it is named") {
  Stack stack;
  stack.stop_all();
  const parser::Project* const with_file = &stack.project;
  const parser::Project* const without = nullptr;
  for (const parser::Project* project : {with_file, without}) {
    const Plan plan = plan_start(project, stack.observed(), {});
    CHECK(brief(plan) == "Start demo-db-1, Wait demo-db-1, Start demo-web-1");
    CHECK(runs_after(plan, 2, 1));
  }
  CHECK(has_step(plan_start(nullptr, stack.observed(), {.services = {"job"}}), "Start demo-job-1"));
  CHECK(has_step(plan_start(nullptr, stack.observed(), {.services = {"web"}}), "Start demo-db-1"));
}

TEST_CASE("start of a service without containers is an error") {
  Stack stack;
  add_service(stack.project, "fresh");
  CHECK_THAT(plan_error([&] { plan_start(&stack.project, stack.observed(), {}); }),
             Catch::Contains("service \"fresh\" has no container to start"));
  stack.project.services.at("fresh").replicas = 0;
  CHECK(plan_error([&] { plan_start(&stack.project, stack.observed(), {}); }).empty());
}

TEST_CASE("restart takes dependents with depends_on.restart along unless no_deps") {
  Stack stack;
  const Plan plan = plan_restart(&stack.project, stack.observed(), {.services = {"db"}});
  CHECK(brief(plan) == "Stop demo-web-1, Stop demo-db-1, Start demo-db-1, Wait demo-db-1, Start demo-web-1");
  CHECK(brief(plan_restart(nullptr, stack.observed(), {.services = {"db"}})) == brief(plan));
  CHECK(brief(plan_restart(&stack.project, stack.observed(), {.services = {"db"}, .no_deps = true})) ==
        "Stop demo-db-1, Start demo-db-1");
  CHECK(brief(plan_restart(&stack.project, stack.observed(), {.services = {"job"}})) == "Start demo-job-1");
  CHECK(stack.execute(plan).ok);
}

TEST_CASE("kill reaches running containers only, with the signal asked for") {
  Stack stack;
  const Plan plan = plan_kill(nullptr, stack.observed(), {.signal = "SIGHUP"});
  CHECK(brief(plan) == "Kill demo-db-1, Kill demo-web-1");
  CHECK(std::get<KillContainer>(plan.steps[0].action).signal == "SIGHUP");
}

TEST_CASE("rm removes stopped containers, and running ones only when it may stop them") {
  Stack stack;
  CHECK(brief(plan_rm(nullptr, stack.observed(), {})) == "Remove demo-job-1");
  const Plan plan =
      plan_rm(nullptr, stack.observed(), {.services = {"web"}, .stop_first = true, .volumes = true});
  CHECK(brief(plan) == "Stop demo-web-1, Remove demo-web-1");
  CHECK(plan.steps[1].after == std::vector<int>{0});
  CHECK(std::get<RemoveContainer>(plan.steps[1].action).volumes);
}

TEST_CASE("life commands leave one-off containers and services not in the file alone") {
  Stack stack;
  auto one_off =
      container_config(stack.project, stack.project.services.at("db"), 1, "demo-db-run-1", "sha256:1");
  one_off.labels["com.docker.compose.oneoff"] = "True";
  stack.engine.start_container(stack.engine.create_container(one_off).id);
  stack.project.services.erase("web");
  CHECK(brief(plan_stop(&stack.project, stack.observed(), {})) == "Stop demo-db-1");
  CHECK(plan_error([&] { plan_kill(nullptr, stack.observed(), {.services = {"dbs"}}); }) ==
        "no such service: dbs, did you mean 'db'?");
}
