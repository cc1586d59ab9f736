#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {
constexpr char kTwoServices[] = R"(
services:
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  web:
    image: busybox
    command: ["sleep", "1000"]
    environment:
      GREETING: ${GREETING:-hello}
    depends_on: [db]
    stop_grace_period: 0s
)";
}

TEST_CASE("up without a change keeps every container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  const std::set<std::string> before = sandbox.ids();
  const std::string created = sandbox.container("web").at("CreatedAt").dump();
  sandbox.ok({"up", "-d"});
  sandbox.ok({"up", "-d", "web"});
  CHECK(sandbox.ids() == before);
  CHECK(sandbox.container("web").at("CreatedAt").dump() == created);
  sandbox.finish();
}

TEST_CASE("a changed variable recreates its service alone, and the reason is told") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  const std::set<std::string> web = sandbox.ids("web"), db = sandbox.ids("db");
  sandbox.options().env["GREETING"] = "bye";
  const it::Output up = sandbox.ok({"up", "-d"});
  CHECK(up.err.find("environment.GREETING") != std::string::npos);
  CHECK(sandbox.ids("web") != web);
  CHECK(sandbox.ids("db") == db);
  CHECK(sandbox.container("web").at("State") == "running");
  CHECK(sandbox.inside("web", {"sh", "-c", "echo $GREETING"}) == "bye\n");
  CHECK(sandbox.containers().size() == 2);
  sandbox.finish();
}

TEST_CASE("what does not reach the container changes nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  web:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n");
  sandbox.ok({"up", "-d"});
  const std::set<std::string> before = sandbox.ids();
  sandbox.compose_file(
      "# a comment\nx-note: new\nservices:\n  web:\n    stop_grace_period: 0s\n    command:\n      - sleep\n "
      "     - '1000'\n    image: busybox\n");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() == before);
  sandbox.finish();
}

TEST_CASE("a container that was stopped is started, one that was removed is made again") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  const std::set<std::string> web = sandbox.ids("web"), db = sandbox.ids("db");
  sandbox.ok({"kill", "web"});
  sandbox.ok({"rm", "-fs", "db"});
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") == web);
  CHECK(sandbox.ids("db").size() == 1);
  CHECK(sandbox.ids("db") != db);
  sandbox.finish();
}

TEST_CASE("up --force-recreate makes anew what has not changed, --no-recreate keeps what has") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  const std::set<std::string> before = sandbox.ids("web");
  sandbox.ok({"up", "-d", "--force-recreate"});
  const std::set<std::string> forced = sandbox.ids("web");
  CHECK(forced != before);
  sandbox.options().env["GREETING"] = "bye";
  sandbox.ok({"up", "-d", "--no-recreate"});
  CHECK(sandbox.ids("web") == forced);
  sandbox.finish();
}

TEST_CASE("why tells what up would do and every reason, and does nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto files = [&](const std::string& debug) {
    sandbox.compose_file(
        "services:\n  web:\n    image: busybox\n    command: sleep 1000\n    stop_grace_period: 0s\n"
        "    environment: {DEBUG: '" +
        debug + "', TOKEN: t" + debug +
        "}\n    depends_on: [db]\n"
        "  db: {image: busybox, command: sleep 1000, stop_grace_period: 0s}\n");
  };
  files("0");
  CHECK(sandbox.ok({"why", "db"}).out ==
        "db  busybox\n  needed by web\n  " + sandbox.project() + "-db-1 is created: not there yet\n");
  sandbox.ok({"up", "-d"});
  const auto before = sandbox.ids();
  files("1");
  const std::string name = sandbox.project() + "-web-1";
  CHECK(sandbox.ok({"why", "web"}).out == "web  busybox\n  needs db\n  " + name +
                                              " (running) is recreated:\n"
                                              "    config changed: environment.DEBUG '0' -> '1'\n"
                                              "    config changed: environment.TOKEN changed\n");
  CHECK(sandbox.ids() == before);
  const it::Output up = sandbox.ok({"up", "-d"});
  CHECK(up.err.find("config changed: environment.DEBUG '0' -> '1', environment.TOKEN changed") !=
        std::string::npos);
  CHECK(sandbox.ok({"why", "web"}).out ==
        "web  busybox\n  needs db\n  " + name + " (running) stays: it is what the files ask for\n");
  CHECK(sandbox.ok({"config", "--graph", "tree"}).out == "web\n└─ db\n");
  sandbox.finish();
}

TEST_CASE("up --no-deps makes the services it is given and nothing that they need") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web: {image: busybox, command: sleep 1000, stop_grace_period: 0s, depends_on: [db]}
  db: {image: busybox, command: sleep 1000, stop_grace_period: 0s}
)");
  sandbox.ok({"up", "-d", "--no-deps", "web"});
  CHECK(sandbox.ids("web").size() == 1);
  CHECK(sandbox.ids("db").empty());
  sandbox.ok({"up", "-d", "web"});
  CHECK(sandbox.ids("db").size() == 1);
  sandbox.finish();
}
