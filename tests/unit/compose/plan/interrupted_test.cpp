// Kills an `up` at each of its engine calls, before and after the call took effect, and sees whether the next
// one makes it good.
#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

// Runs the plan's steps in their order up to the `limit`th, as a process does that is killed then.
void run_first_steps(Scene& scene, Plan plan, size_t limit) {
  plan.steps.resize(std::min(limit, plan.steps.size()));
  scene.execute(plan);
}

// A stack with everything that makes recreating hard: static address, fixed port, anonymous volumes, job,
// network.
void build(Scene& scene, int version) {
  scene.engine.anonymous_targets = {"/var/lib/x"};
  scene.engine.behaviours["db"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
  scene.engine.behaviours["job"] = {Behaviour::Kind::kExits, 0, 0};
  scene.project = empty_project();
  add_volume(scene.project, "data");
  add_network(scene.project, "back").internal = version == 2;
  for (const char* name : {"db", "job", "web", "static"}) {
    add_service(scene.project, name).environment["VERSION"] = std::to_string(version);
  }
  scene.project.services.at("db").volumes = {mount("data", "/data")};
  scene.project.services.at("job").networks = {{"back", {}}};
  scene.project.services.at("static").networks["default"].ipv4_address = "10.0.0.99";
  scene.project.services.at("web").ports = {port(8080, 80)};
  depend(scene.project, "job", "db", parser::Dependency::Condition::kHealthy);
  depend(scene.project, "web", "job", parser::Dependency::Condition::kCompletedSuccessfully);
  if (version == 2) scene.project.services.at("db").replicas = 2;
}

}  // namespace

TEST_CASE("an up killed after any step is made good by the next up") {
  size_t steps = 1;
  for (size_t limit = 0; limit < steps; ++limit) {
    for (const int version : {1, 2}) {
      Scene scene;
      build(scene, 1);
      if (version == 2) scene.up();
      build(scene, version);
      const Plan plan = scene.plan();
      steps = std::max(steps, plan.steps.size());
      INFO("version " << version << ", killed after " << limit << " of\n" << to_text(plan));
      run_first_steps(scene, plan, limit);
      const Plan repair = scene.plan();
      INFO("then\n" << to_text(repair));
      const RunResult result = scene.execute(repair);
      CHECK(join(result.errors, "\n").empty());
      CHECK(scene.plan().empty());
      std::vector<std::string> wanted{"demo-db-1", "demo-job-1", "demo-static-1", "demo-web-1"};
      if (version == 2) wanted.insert(wanted.begin() + 1, "demo-db-2");
      CHECK(scene.names() == wanted);
    }
  }
  CHECK(steps > 15);
}

TEST_CASE("a recreate killed at any step keeps the anonymous volume's data") {
  for (size_t variant = 0; variant < 3 * 8; ++variant) {
    const size_t limit = variant / 3;
    Scene scene;
    scene.engine.anonymous_targets = {"/var/lib/x"};
    parser::Service& db = add_service(scene.project, "db");
    db.user = "1";
    if (variant % 3 == 1) db.networks["default"].ipv4_address = "10.0.0.9";
    scene.up();
    const std::string volume = scene.container("demo-db-1").mounts.front().volume;
    db.user = "2";
    scene.project.networks.at("default").internal = variant % 3 == 2;
    run_first_steps(scene, scene.plan(), limit);
    INFO("killed after " << limit << ", then\n" << to_text(scene.plan()));
    scene.up();
    CHECK(scene.container("demo-db-1").mounts.front().volume == volume);
    CHECK(scene.engine.volumes().size() == 1);
  }
}

TEST_CASE("a half-made recreate whose file was changed back keeps the old container") {
  Scene scene;
  add_service(scene.project, "web").user = "1";
  scene.up();
  const std::string id = scene.container("demo-web-1").id;
  scene.project.services.at("web").user = "2";
  run_first_steps(scene, scene.plan(), 1);
  CHECK(scene.names().size() == 2);
  scene.project.services.at("web").user = "1";
  const Plan plan = scene.plan();
  CHECK(reason_of(plan, "Remove " + id.substr(0, 12) + "_demo-web-1") ==
        "left over from an interrupted recreate");
  scene.up();
  CHECK(scene.container("demo-web-1").id == id);
}

TEST_CASE("a half-made recreate whose file was changed again starts over from the old container") {
  Scene scene;
  add_service(scene.project, "web").user = "1";
  scene.up();
  scene.project.services.at("web").user = "2";
  run_first_steps(scene, scene.plan(), 1);
  scene.project.services.at("web").user = "3";
  scene.up();
  CHECK(scene.names() == std::vector<std::string>{"demo-web-1"});
  CHECK(scene.plan().empty());
}

TEST_CASE("a down killed after any step is finished by the next one") {
  for (size_t limit = 0; limit < 14; ++limit) {
    Scene scene;
    build(scene, 1);
    scene.up();
    run_first_steps(scene, plan_down(&scene.project, "demo", scene.observed(), {.volumes = true}), limit);
    CHECK(scene.execute(plan_down(nullptr, "demo", scene.observed(), {.volumes = true})).ok);
    CHECK(scene.names().empty());
    CHECK(scene.engine.networks().empty());
    CHECK(scene.engine.volumes().empty());
  }
}
