// post_start and pre_stop.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
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

// Read by a container that has no hooks.
std::string log(Sandbox& sandbox) {
  return sandbox
      .ok({"container", "run", "--rm", "--network", "none", "-v", sandbox.project() + "_data:/data",
           "busybox", "cat", "/data/log"})
      .out;
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
  sandbox.ok({"up", "--no-start"});
  sandbox.ok({"container", "run", "--rm", "--network", "none", "-v", sandbox.project() + "_data:/data",
              "busybox", "sh", "-c", "touch /data/log; chmod 666 /data/log"});
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

TEST_CASE("run runs post_start beside its command, down runs pre_stop, and a command that ends runs none") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      hooked("    post_start:\n      - command: [\"sh\", \"-c\", \"echo hook | tee -a /data/log\"]\n"
             "    pre_stop:\n      - command: [\"sh\", \"-c\", \"echo stopping >> /data/log\"]\n"));
  const it::Output run = sandbox.ok(
      {"run", "--rm", "-T", "web", "sh", "-c", "until [ -s /data/log ]; do sleep 0.05; done; cat /data/log"});
  CHECK(run.out == "hook\n");
  CHECK(log(sandbox) == "hook\n");
  sandbox.ok({"run", "-d", "web"});
  CHECK(log(sandbox) == "hook\nhook\n");
  sandbox.ok({"down"});
  CHECK(log(sandbox) == "hook\nhook\nstopping\n");
  sandbox.finish();
}

TEST_CASE("a post_start that fails fails the run, but a command's own failure goes first") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(hooked(
      "    post_start:\n      - command: [\"sh\", \"-c\", \"touch /data/hooked; echo why; exit 3\"]\n"));
  const std::string data = sandbox.data_root() + "/volumes/" + sandbox.project() + "_data/_data";
  for (const std::string code : {"0", "7"}) {
    std::filesystem::remove(data + "/hooked");
    std::filesystem::remove(data + "/end");
    it::Process process(sandbox.command({"run", "--rm", "-T", "web", "sh", "-c",
                                         "until [ -e /data/end ]; do sleep 0.05; done; exit " + code}),
                        sandbox.options());
    REQUIRE(it::eventually([&] { return std::filesystem::exists(data + "/hooked"); }));
    sandbox.ok({"container", "ls"});  // long after the hook
    std::ofstream(data + "/end") << "now";
    const it::Output output = process.wait();
    CHECK(output.code == (code == "0" ? 1 : 7));
    CHECK(output.err.find("post_start hook exited with status 3: sh: why") != std::string::npos);
  }
  const it::Output detached = sandbox.compose({"run", "-d", "web"});
  CHECK(detached.code == 1);
  CHECK(detached.err.find("post_start hook exited with status 3: sh") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("pre_start is refused by its name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(hooked("    pre_start:\n      - command: [\"true\"]\n"));
  const it::Output up = sandbox.compose({"up", "-d"});
  CHECK(up.code != 0);
  CHECK(up.err.find("services.web: attribute 'pre_start' is not supported") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}
