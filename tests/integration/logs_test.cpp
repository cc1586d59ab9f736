#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("logs are prefixed with the container's short name and keep the order of each service") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three"]
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.log("web").find("three") != std::string::npos; }));
  CHECK(sandbox.ok({"logs", "--no-color"}).out == "web-1  | one\nweb-1  | two\nweb-1  | three\n");
  CHECK(sandbox.log("web") == "one\ntwo\nthree\n");
  CHECK(sandbox.ok({"logs", "--no-color", "--no-log-prefix", "--tail", "1", "web"}).out == "three\n");
  sandbox.finish();
}

TEST_CASE("logs -f shows lines as they come and ends when the containers have ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "for i in 1 2 3; do echo line $$i; sleep 0.5; done"]
)");
  sandbox.ok({"up", "-d"});
  it::Process follower(sandbox.command({"logs", "-f", "--no-color", "web"}), sandbox.options());
  CHECK(it::eventually([&] { return follower.out().find("line 3") != std::string::npos; }));
  const it::Output output = follower.wait(std::chrono::seconds(15));
  CHECK_FALSE(output.timed_out);
  CHECK(output.out == "web-1  | line 1\nweb-1  | line 2\nweb-1  | line 3\n");
  sandbox.finish();
}

TEST_CASE("logs outlive a restart of the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo started; exec sleep 1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"restart", "web"});
  CHECK(it::eventually([&] { return sandbox.log("web") == "started\nstarted\n"; }));
  sandbox.finish();
}

TEST_CASE("a container that floods its output loses none of it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    image: busybox\n    command: [\"seq\", \"1\", \"100000\"]\n");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] {
    return sandbox.ok({"logs", "--no-log-prefix", "--tail", "1", "web"}).out == "100000\n";
  }));
  const std::string log = sandbox.log("web");
  CHECK(std::count(log.begin(), log.end(), '\n') == 100000);
  sandbox.finish();
}

TEST_CASE("logs of a service that is not there are refused by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    image: busybox\n");
  const it::Output output = sandbox.compose({"logs", "wbe"});
  CHECK(output.code == 1);
  CHECK(output.err.find("no such service: wbe") != std::string::npos);
}
