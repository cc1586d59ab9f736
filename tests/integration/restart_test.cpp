#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::string service_with(const std::string& policy, const std::string& script) {
  return "services:\n  web:\n    image: busybox\n    restart: " + policy +
         "\n    command: [\"sh\", \"-c\", \"" + script + "\"]\n    stop_grace_period: 0s\n";
}

long starts(Sandbox& sandbox) {
  const std::string log = sandbox.log("web");
  return std::count(log.begin(), log.end(), '\n');
}

}  // namespace

TEST_CASE("restart: on-failure:2 tries twice more and then gives up") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service_with("on-failure:2", "echo started; exit 7"));
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually(
      [&] { return sandbox.container("web").at("State") == "exited" && starts(sandbox) == 3; }));
  CHECK(sandbox.container("web").at("ExitCode") == 7);
  sandbox.finish();
}

TEST_CASE("restart: on-failure leaves a success alone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service_with("on-failure", "echo started"));
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.container("web").at("State") == "exited"; }));
  CHECK(starts(sandbox) == 1);
  sandbox.finish();
}

TEST_CASE("restart: always starts again until it is stopped") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service_with("always", "echo started; sleep 0.1"));
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return starts(sandbox) >= 3; }));
  sandbox.ok({"stop"});
  CHECK(sandbox.container("web").at("State") == "exited");
  const long count = starts(sandbox);
  it::eventually([] { return false; }, std::chrono::seconds(1));
  CHECK(starts(sandbox) == count);
  sandbox.finish();
}

TEST_CASE("without a restart policy an end is an end") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service_with("\"no\"", "echo started; exit 1"));
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.container("web").at("State") == "exited"; }));
  it::eventually([] { return false; }, std::chrono::milliseconds(500));
  CHECK(starts(sandbox) == 1);
  sandbox.finish();
}

TEST_CASE(
    "deploy.restart_policy bounds the restarts of any end, waits its delay, and can be stopped meanwhile") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  bounded:
    image: busybox
    command: ["sh", "-c", "echo run"]
    deploy: {restart_policy: {condition: any, delay: 10ms, max_attempts: 2}}
  waiting:
    image: busybox
    command: ["false"]
    restart: "no"
    deploy: {restart_policy: {condition: on-failure, delay: 1h}}
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.container("bounded").at("State") == "exited"; }));
  CHECK(sandbox.log("bounded") == "run\nrun\nrun\n");
  REQUIRE(it::eventually([&] { return sandbox.container("waiting").at("State") == "restarting"; }));
  sandbox.ok({"stop", "waiting"});
  CHECK(sandbox.container("waiting").at("State") == "exited");
  sandbox.finish();
}
