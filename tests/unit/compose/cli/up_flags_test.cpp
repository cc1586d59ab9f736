#include "compose/cli/up_flags.h"

#include <catch2/catch.hpp>

#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/cli/wait_ready.h"
#include "situation.h"

using namespace compose;
using namespace compose::test;
using Strings = std::vector<std::string>;
using Set = std::set<std::string>;

namespace {

cli::UpFlags parsed(const Strings& args) {
  cli::Context context({}, {{"COMPOSE_DISABLE_ENV_FILE", "1"}}, "/");
  return cli::parse_up(context, args);
}

parser::Project chain() {  // web -> api -> db
  parser::Project project = project_of({"web", "api", "db", "other"});
  project.services["web"].depends_on["api"] = {};
  project.services["api"].depends_on["db"] = {};
  return project;
}

}  // namespace

TEST_CASE("flags of up that contradict each other are refused before anything is done") {
  const Strings cases[] = {{"--build", "--no-build"},
                           {"--force-recreate", "--no-recreate"},
                           {"-V", "--no-recreate"},
                           {"--always-recreate-deps", "--no-recreate"},
                           {"-d", "--abort-on-container-exit"},
                           {"-d", "--exit-code-from", "web"},
                           {"-d", "--attach", "web"},
                           {"--wait", "--abort-on-container-failure"},
                           {"--abort-on-container-exit", "--abort-on-container-failure"}};
  for (const Strings& args : cases) {
    INFO(args[0] << ' ' << args[1]);
    CHECK_THROWS_AS(parsed(args), cli::CommandError);
  }
}

TEST_CASE("up --exit-code-from stops all at the first end unless only failures count") {
  CHECK(parsed({"--exit-code-from", "web"}).abort_on_exit);
  CHECK_FALSE(parsed({"--exit-code-from", "web", "--abort-on-container-failure"}).abort_on_exit);
}

TEST_CASE("the logs of named services are shown, their dependencies watched") {
  const parser::Project project = chain();
  cli::AttachRules rules = cli::attach_rules(project, parsed({"web"}));
  CHECK(rules.services == Set{"api", "db", "web"});
  CHECK(rules.shown == Set{"web"});
  rules = cli::attach_rules(project, parsed({"web", "--attach-dependencies"}));
  CHECK(rules.shown == Set{"api", "db", "web"});
  rules = cli::attach_rules(project, parsed({"--no-deps", "web"}));
  CHECK(rules.services == Set{"web"});
  rules = cli::attach_rules(project, parsed({}));
  CHECK(rules.shown == Set{"api", "db", "other", "web"});
}

TEST_CASE("attach: false, --attach and --no-attach choose whose logs are shown") {
  parser::Project project = chain();
  project.services["db"].attach = false;
  CHECK(cli::attach_rules(project, parsed({})).shown == Set{"api", "other", "web"});
  CHECK(cli::attach_rules(project, parsed({"--no-attach", "web"})).shown == Set{"api", "other"});
  CHECK(cli::attach_rules(project, parsed({"--attach", "db"})).shown == Set{"db"});
  CHECK_THROWS_WITH(cli::attach_rules(project, parsed({"--attach", "x"})), "--attach: no such service: x");
  CHECK_THROWS_WITH(cli::attach_rules(project, parsed({"--exit-code-from", "x"})),
                    "--exit-code-from: no such service: x");
}

TEST_CASE("a scale is a service and a number") {
  CHECK(cli::parse_scale("web=3") == std::pair<std::string, int>("web", 3));
  CHECK(cli::parse_scale("web=0").second == 0);
  for (const char* bad : {"web", "=3", "web=", "web=-1", "web=x", "web=3x", "web=99999999999"}) {
    INFO(bad);
    CHECK_THROWS_AS(cli::parse_scale(bad), cli::CommandError);
  }
}

TEST_CASE(
    "up --wait waits for health where it is checked, else for running, and for the end of needed jobs") {
  parser::Project project = chain();
  project.services["job"].name = "job";
  project.services["web"].depends_on["job"].condition = parser::Dependency::Condition::kCompletedSuccessfully;
  Observed observed;
  observed.containers = {container("web"), container("web", 2), container("db"),
                         container("job"), container("gone"),   container("db", 9, "True")};
  observed.containers[2].status.health = engine::Health::kStarting;
  const Plan plan = cli::wait_plan(&project, observed, {});
  REQUIRE(plan.steps.size() == 3);
  std::map<std::string, WaitFor> waits;
  for (const Step& step : plan.steps)
    waits[std::get<WaitFor>(step.action).service] = std::get<WaitFor>(step.action);
  CHECK(waits.at("web").condition == WaitFor::Condition::kRunning);
  CHECK(waits.at("web").containers == Strings{"demo-web-1", "demo-web-2"});
  CHECK(waits.at("db").condition == WaitFor::Condition::kHealthy);
  CHECK(waits.at("db").containers == Strings{"demo-db-1"});
  CHECK(waits.at("job").condition == WaitFor::Condition::kCompletedSuccessfully);
  CHECK(cli::wait_plan(&project, observed, {"db"}).steps.size() == 1);
}

TEST_CASE("without files, which jobs others need as completed is in the labels") {
  Observed observed;
  observed.containers = {container("web"), container("job"), container("myjob")};
  observed.containers[0].labels["com.docker.compose.depends_on"] = "job:service_completed_successfully:false";
  for (const Step& step : cli::wait_plan(nullptr, observed, {}).steps) {
    const auto& wait = std::get<WaitFor>(step.action);
    CHECK((wait.condition == WaitFor::Condition::kCompletedSuccessfully) == (wait.service == "job"));
  }
}
