// post_start and pre_stop.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::string hooked(const std::string& hooks) {
  return "services:\n  web:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n"
         "    environment: {OWN: own}\n    volumes: [\"data:/data\"]\n" +
         hooks + "volumes: {data: {}}\n";
}

constexpr char kBoth[] = R"(    post_start:
      - command: ["sh", "-c", "echo started as $$(id -un) $$OWN $$MORE in $$(pwd) | tee -a /data/log"]
        user: nobody
        working_dir: /tmp
        environment: [MORE=more]
      - command: echo second >> /data/log
      - command: ["sh", "-c", "grep CapEff /proc/self/status >> /data/caps"]
        privileged: true
    pre_stop:
      - command: ["sh", "-c", "echo stopping | tee -a /data/log"]
)";

std::string log(Sandbox& sandbox) {
  return sandbox.ok({"run", "--rm", "-T", "web", "cat", "/data/log"}).out;
}

}  // namespace

TEST_CASE("post_start and pre_stop run in the container at up, restart, stop, start, recreate and down") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  std::string hooks = kBoth;
  const size_t at = hooks.find("- command: echo second >> /data/log");
  hooks.replace(at, std::string("- command: echo second >> /data/log").size(),
                "- command: [\"sh\", \"-c\", \"chmod 666 /data/log; echo second >> /data/log\"]");
  sandbox.compose_file(hooked(hooks));
  // Made before, for a hook that is not root.
  sandbox.ok({"run", "--rm", "-T", "web", "sh", "-c", "touch /data/log; chmod 666 /data/log"});
  const it::Output up = sandbox.ok({"up", "-d"});
  const std::string started = "started as nobody own more in /tmp\nsecond\n";
  CHECK(up.err.find(sandbox.project() + "-web-1 -> | started as nobody own more in /tmp\n") !=
        std::string::npos);
  CHECK(log(sandbox) == started);
  CHECK(sandbox.inside("web", {"cat", "/data/caps"}).find("CapEff:\t00000000a80425fb") == std::string::npos);
  sandbox.ok({"up", "-d"});  // nothing starts
  CHECK(log(sandbox) == started);
  sandbox.ok({"restart"});
  const std::string again = started + "stopping\n" + started;
  CHECK(log(sandbox) == again);
  CHECK(sandbox.ok({"stop"}).err.find(" -> | stopping\n") != std::string::npos);
  sandbox.ok({"stop"});  // it is down
  sandbox.ok({"start"});
  CHECK(log(sandbox) == again + "stopping\n" + started);
  sandbox.compose_file(hooked(hooks + "    labels: {new: \"1\"}\n"));
  sandbox.ok({"up", "-d"});
  const std::string recreated = again + "stopping\n" + started + "stopping\n" + started;
  CHECK(log(sandbox) == recreated);
  sandbox.ok({"down"});
  CHECK(log(sandbox) == recreated + "stopping\n");
  sandbox.finish();
}

TEST_CASE("a post_start that fails fails the up, a pre_stop that fails keeps the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(hooked("    post_start:\n      - command: [\"sh\", \"-c\", \"echo why; exit 3\"]\n"));
  const it::Output up = sandbox.compose({"up", "-d"});
  CHECK(up.code == 1);
  CHECK(up.err.find("why") != std::string::npos);
  CHECK(up.err.find("post_start hook exited with status 3") != std::string::npos);
  sandbox.ok({"down"});
  sandbox.compose_file(hooked("    pre_stop:\n      - command: [\"false\"]\n"));
  sandbox.ok({"up", "-d"});
  const it::Output stop = sandbox.compose({"stop"});
  CHECK(stop.code == 1);
  CHECK(stop.err.find("pre_stop hook exited with status 1") != std::string::npos);
  CHECK(sandbox.container("web").at("State") == "running");
  sandbox.ok({"kill"});
  sandbox.finish();
}

TEST_CASE("a change of a hook recreates the container, and without the file no hook is run") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(hooked("    post_start:\n      - command: [\"true\"]\n"));
  sandbox.ok({"up", "-d"});
  const auto before = sandbox.ids("web");
  sandbox.compose_file(hooked("    pre_stop:\n      - command: [\"true\"]\n"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") != before);
  sandbox.compose_file(hooked("    pre_stop:\n      - command: [\"false\"]\n"));
  CHECK(sandbox.compose({"stop"}).code == 1);
  CHECK(sandbox.compose({"-p", sandbox.project(), "--project-directory", "/", "stop"}).code == 0);
  sandbox.finish();
}
