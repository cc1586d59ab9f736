#include "compose/plan/account.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

std::string account(Scene& scene, const UpOptions& options = {}) {
  return to_text(account_for(scene.project, scene.observed(), scene.plan(options), options.services));
}

}  // namespace

TEST_CASE("the account of a service tells what up would do to each container, with every reason") {
  Scene scene;
  add_service(scene.project, "db");
  parser::Service& web = add_service(scene.project, "web");
  web.environment["DEBUG"] = "0";
  web.replicas = 2;
  depend(scene.project, "web", "db", parser::Dependency::Condition::kStarted);
  CHECK(account(scene) ==
        "db  busybox\n"
        "  needed by web\n"
        "  demo-db-1 is created: not there yet\n"
        "web  busybox\n"
        "  needs db\n"
        "  demo-web-1 is created: not there yet\n"
        "  demo-web-2 is created: not there yet\n");
  scene.up();
  CHECK(account(scene, {.services = {"web"}}) ==
        "web  busybox\n"
        "  needs db\n"
        "  demo-web-1 (running) stays: it is what the files ask for\n"
        "  demo-web-2 (running) stays: it is what the files ask for\n");

  parser::Service& changed = scene.project.services.at("web");
  changed.environment = {{"DEBUG", "1"}};
  changed.user = "1";
  changed.working_dir = "/w";
  changed.hostname = "h";
  changed.tty = true;
  changed.replicas = 1;
  CHECK(account(scene, {.services = {"web"}}) ==
        "web  busybox\n"
        "  needs db\n"
        "  demo-web-1 (running) is recreated:\n"
        "    config changed: environment.DEBUG '0' -> '1'\n"
        "    config changed: hostname added: 'h'\n"
        "    config changed: tty added: true\n"
        "    config changed: user added: '1'\n"
        "    config changed: working_dir added: '/w'\n"
        "  demo-web-2 (running) is removed: scaled to 1\n");
}

TEST_CASE("the account as JSON is a line a service") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  CHECK(to_json(account_for(scene.project, scene.observed(), scene.plan(), {})) ==
        R"({"Service":"web","Image":"busybox","Needs":{},"NeededBy":[],"Containers":[{"Name":"demo-web-1",)"
        R"("State":"running","Verdict":"stays","Reasons":["it is what the files ask for"]}]})"
        "\n");
}
