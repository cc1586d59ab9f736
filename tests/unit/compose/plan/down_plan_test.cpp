#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

struct Stack : Scene {
  Stack() {
    add_volume(project, "data");
    add_network(project, "back");
    add_service(project, "db").volumes = {mount("data", "/data")};
    add_service(project, "api").networks["back"] = {};
    add_service(project, "web");
    depend(project, "api", "db");
    depend(project, "web", "api");
    up();
  }
  Plan down(const DownOptions& options = {}) { return plan_down(&project, "demo", observed(), options); }
};

}  // namespace

TEST_CASE("down stops against the order of depends_on, then removes networks, and keeps volumes") {
  Stack stack;
  const Plan plan = stack.down();
  CHECK(runs_after(plan, step_of(plan, "Stop demo-db-1"), step_of(plan, "Stop demo-api-1")));
  CHECK(runs_after(plan, step_of(plan, "Stop demo-api-1"), step_of(plan, "Stop demo-web-1")));
  CHECK(runs_after(plan, step_of(plan, "Remove demo_back"), step_of(plan, "Remove demo-api-1")));
  CHECK_FALSE(runs_after(plan, step_of(plan, "Remove demo_back"), step_of(plan, "Remove demo-db-1")));
  CHECK_FALSE(has_step(plan, "Remove demo_data"));
  CHECK(stack.execute(plan).ok);
  CHECK(stack.engine.networks().empty());
  CHECK(stack.down().warnings ==
        std::vector<std::string>{"No resource found to remove for project \"demo\""});
}

TEST_CASE("down works from labels alone, in the same order") {
  Stack stack;
  const std::string with_file = to_text(stack.down({.volumes = true}));
  CHECK(to_text(plan_down(nullptr, "demo", stack.observed(), {.volumes = true})) == with_file);
}

TEST_CASE("a stopped service in between does not loosen the order of the others") {
  Stack stack;
  stack.engine.stop_container(stack.container("demo-api-1").id, {});
  const Plan plan = stack.down();
  CHECK_FALSE(has_step(plan, "Stop demo-api-1"));
  CHECK(runs_after(plan, step_of(plan, "Stop demo-db-1"), step_of(plan, "Stop demo-web-1")));
}

TEST_CASE("down -v removes declared volumes and asks for the anonymous ones") {
  Stack stack;
  engine::VolumeConfig sibling;
  sibling.name = "demo_sibling";
  sibling.labels = {{"com.docker.compose.project", "demo"}, {"com.docker.compose.volume", "sibling"}};
  stack.engine.create_volume(sibling);
  const Plan plan = stack.down({.volumes = true});
  CHECK(runs_after(plan, step_of(plan, "Remove demo_data"), step_of(plan, "Remove demo-db-1")));
  CHECK_FALSE(has_step(plan, "Remove demo_sibling"));
  CHECK(std::get<RemoveContainer>(plan.steps[static_cast<size_t>(step_of(plan, "Remove demo-db-1"))].action)
            .volumes);
}

TEST_CASE("down of a service takes its dependents along and only what nobody else uses") {
  Stack stack;
  const Plan plan = stack.down({.services = {"api"}, .volumes = true});
  CHECK(has_step(plan, "Remove demo-web-1"));
  CHECK(has_step(plan, "Remove demo_back"));
  CHECK_FALSE(has_step(plan, "Remove demo-db-1"));
  CHECK_FALSE(has_step(plan, "Remove demo_default"));
  CHECK_FALSE(has_step(plan, "Remove demo_data"));
  CHECK(plan.warnings.empty());
}

TEST_CASE("down leaves orphans and what they use unless asked") {
  Stack stack;
  stack.project.services.erase("web");
  const Plan plan = stack.down();
  CHECK_FALSE(has_step(plan, "Remove demo-web-1"));
  CHECK_FALSE(has_step(plan, "Remove demo_default"));
  REQUIRE(plan.warnings.size() == 1);
  CHECK_THAT(plan.warnings[0], Catch::Contains("demo_default is still in use by container demo-web-1"));
  CHECK(has_step(stack.down({.remove_orphans = true}), "Remove demo_default"));
}

TEST_CASE("down --rmi local removes images built without a name, all removes the named ones too") {
  Scene scene;
  scene.engine.add_image("demo-app", "sha256:" + std::string(64, '2'));
  add_service(scene.project, "app").image.clear();
  scene.project.services.at("app").build = parser::Build{};
  add_service(scene.project, "db");
  scene.up();
  const auto rmi = [&](const parser::Project* project, const std::string& what) {
    return plan_down(project, "demo", scene.observed(), {.rmi = what});
  };
  for (const parser::Project* project :
       {static_cast<const parser::Project*>(&scene.project), static_cast<const parser::Project*>(nullptr)}) {
    CHECK(has_step(rmi(project, "local"), "Remove demo-app"));
    CHECK_FALSE(has_step(rmi(project, "local"), "Remove busybox"));
    CHECK(has_step(rmi(project, "all"), "Remove busybox"));
  }
  const Plan plan = rmi(&scene.project, "all");
  CHECK(runs_after(plan, step_of(plan, "Remove busybox"), step_of(plan, "Remove demo-db-1")));
  CHECK_THAT(plan_error([&] { rmi(&scene.project, "some"); }), Catch::Contains("--rmi"));
}

TEST_CASE("down of an unknown service is refused") {
  Stack stack;
  CHECK(plan_error([&] { stack.down({.services = {"wbe"}}); }) ==
        "no such service: wbe, did you mean 'web'?");
}

TEST_CASE("contradicting depends_on labels do not keep a project from going down") {
  Stack stack;
  Observed observed = stack.observed();
  for (auto& container : observed.containers) {
    if (service_of(container) == "db")
      container.labels["com.docker.compose.depends_on"] = "web:service_started:false";
  }
  CHECK(has_step(plan_down(nullptr, "demo", observed, {}), "Remove demo-db-1"));
}
