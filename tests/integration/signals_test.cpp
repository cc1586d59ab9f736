#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

TEST_CASE("SIGINT of an attached up stops the containers and exits with 130") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'echo asked to stop; exit 0' TERM; echo ready; while true; do sleep 0.1; done"]
)");
  it::Process up(sandbox.command({"up", "--no-color"}), sandbox.options());
  REQUIRE(it::eventually([&] { return up.out().find("web-1  | ready") != std::string::npos; }));
  up.signal(SIGINT);
  const it::Output output = up.wait(std::chrono::seconds(20));
  CHECK_FALSE(output.timed_out);
  CHECK(output.code == 130);
  CHECK(output.out.find("web-1  | asked to stop") != std::string::npos);
  CHECK(sandbox.container("web").at("State") == "exited");
  CHECK(sandbox.container("web").at("ExitCode") == 0);
  sandbox.finish();
}

TEST_CASE("a second SIGINT kills what does not want to stop") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done"]
    stop_grace_period: 60s
)");
  it::Process up(sandbox.command({"up", "--no-color"}), sandbox.options());
  REQUIRE(it::eventually([&] { return up.out().find("ready") != std::string::npos; }));
  up.signal(SIGINT);
  CHECK_FALSE(it::eventually([&] { return !up.running(); }, std::chrono::seconds(1)));
  up.signal(SIGINT);
  const it::Output output = up.wait(std::chrono::seconds(15));
  CHECK_FALSE(output.timed_out);
  CHECK(output.code == 130);
  CHECK(sandbox.container("web").at("ExitCode") == 137);
  sandbox.finish();
}

TEST_CASE("an attached up ends when its containers have ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  job:
    image: busybox
    command: ["sh", "-c", "echo done; exit 5"]
)");
  const it::Output output = sandbox.ok({"up", "--no-color"});
  CHECK(output.out.find("job-1  | done") != std::string::npos);
  CHECK(output.out.find("job-1 exited with code 5") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("up --exit-code-from gives the named container's exit code and stops the others") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  job:
    image: busybox
    command: ["sh", "-c", "exit 5"]
  other:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  CHECK(sandbox.compose({"up", "--exit-code-from", "job"}).code == 5);
  CHECK(sandbox.ids().empty());
  sandbox.finish();
}

TEST_CASE("stop sends the chosen signal and waits for the grace period before it kills") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  polite:
    image: busybox
    command: ["sh", "-c", "trap 'exit 9' USR1; echo ready; while true; do sleep 0.1; done"]
    stop_signal: SIGUSR1
  deaf:
    image: busybox
    command: ["sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.1; done"]
    stop_grace_period: 1s
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(
      it::eventually([&] { return sandbox.log("polite") == "ready\n" && sandbox.log("deaf") == "ready\n"; }));
  const auto start = std::chrono::steady_clock::now();
  sandbox.ok({"stop"});
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::seconds(1));
  CHECK(sandbox.container("polite").at("ExitCode") == 9);
  CHECK(sandbox.container("deaf").at("ExitCode") == 137);
  sandbox.finish();
}

TEST_CASE("init: true forwards signals and reaps what others leave") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    init: true
    command: ["sleep", "1000"]
)");
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"sh", "-c", "(sh -c 'sleep 0.1 & exit' &) ; sleep 0.5"});
  CHECK(sandbox.inside("web", {"sh", "-c", "cat /proc/[0-9]*/stat | grep -c ' Z ' || true"}) == "0\n");
  sandbox.ok({"stop"});
  CHECK(sandbox.container("web").at("ExitCode") == 143);
  sandbox.finish();
}

TEST_CASE("after an abort the first SIGINT kills, also while another command has the project") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  job:
    image: busybox
    command: ["sh", "-c", "echo ready; until [ -e /go/on ]; do sleep 0.1; done"]
    volumes: ["./go:/go"]
  deaf:
    image: busybox
    command: ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"]
    stop_grace_period: 60s
)");
  it::Process up(sandbox.command({"up", "--no-color", "--abort-on-container-exit"}), sandbox.options());
  REQUIRE(it::eventually([&] { return up.out().find("ready") != std::string::npos; }));
  {
    // As a command that is at work would; `up` lets go of it once everything has started.
    const sys::FileLock lock = sys::FileLock::acquire(sandbox.run_root() + "/locks/" + sandbox.project());
    sandbox.file("go/on", "");
    REQUIRE(it::eventually([&] { return up.err().find("waiting for") != std::string::npos; }));
    up.signal(SIGINT);
    const it::Output output = up.wait(std::chrono::seconds(20));
    CHECK_FALSE(output.timed_out);
    CHECK(output.code == 130);
  }
  CHECK(sandbox.container("deaf").at("ExitCode") == 137);
  sandbox.finish();
}
