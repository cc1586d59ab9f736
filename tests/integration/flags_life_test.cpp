// Flags of the commands that work on containers that are there.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Output;
using it::Sandbox;

namespace {

constexpr char kTwins[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'echo heard; exit 9' USR1; echo up; while :; do sleep 0.1; done"]
    scale: 2
    stop_grace_period: 0s
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("attach, exec, commit and export take the replica that --index names") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d"});
  const std::string second = sandbox.project() + "-web-2";
  sandbox.ok({"exec", "-T", "--index", "2", "web", "touch", "/second"});
  CHECK(sandbox.compose({"exec", "-T", "--index=1", "web", "ls", "/second"}).code != 0);
  sandbox.ok({"export", "--index", "2", "-o", "tree.tar", "web"});
  CHECK(contains(it::run({"tar", "tf", sandbox.directory() + "/tree.tar"}).out, "second\n"));
  sandbox.ok({"commit", "--index", "2", "--pause=false", "web", "with-second"});
  CHECK(sandbox.ok({"container", "run", "--rm", "with-second", "ls", "/second"}).out == "/second\n");
  sandbox.ok({"image", "rm", "with-second"});
  CHECK(sandbox.compose({"export", "--index", "3", "-o", "x", "web"}).code == 1);

  // Its signals go to the program, or with --sig-proxy=false end the attaching alone.
  it::RunOptions options = sandbox.options();
  options.directory = sandbox.directory();
  {
    it::Process attached(sandbox.command({"attach", "--no-stdin", "--sig-proxy=false", "--index=2", "web"}),
                         options);
    REQUIRE(it::eventually([&] { return attached.running(); }));
    ::usleep(300'000);
    attached.signal(SIGTERM);
    attached.wait();
    CHECK(sandbox.container("web", 2).at("State") == "running");
  }
  it::Process attached(sandbox.command({"attach", "--no-stdin", "--index", "2", "web"}), options);
  ::usleep(500'000);
  attached.signal(SIGUSR1);
  CHECK(attached.wait().code == 9);
  CHECK(sandbox.container("web", 2).at("State") == "exited");
  CHECK(sandbox.container("web", 1).at("State") == "running");
  sandbox.finish();
}

TEST_CASE("exec has the capabilities of --privileged, and goes on alone with -d") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d", "db"});
  const auto capabilities = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "exec");
    flags.insert(flags.end(), {"-T", "db", "sh", "-c", "grep CapEff /proc/self/status | cut -f 2"});
    return sandbox.ok(flags).out;
  };
  const std::string usual = capabilities({});
  CHECK(usual == "00000000a80425fb\n");
  CHECK(capabilities({"--privileged"}) > usual);
  sandbox.ok({"exec", "-d", "db", "sh", "-c", "sleep 0.3; touch /done"});
  CHECK(it::eventually([&] { return sandbox.compose({"exec", "-T", "db", "ls", "/done"}).code == 0; }));
  sandbox.finish();
}

TEST_CASE("kill sends the signal of -s, and restart and stop wait as long as -t says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d"});
  sandbox.ok({"kill", "-s", "SIGUSR1", "web"});
  CHECK(it::eventually([&] { return sandbox.container("web").at("ExitCode") == 9; }));
  CHECK(sandbox.container("db").at("State") == "running");
  CHECK(sandbox.compose({"kill", "--signal", "LOUD", "db"}).code == 1);
  sandbox.compose_file("services: {web: {image: busybox}}\n");
  sandbox.ok({"kill", "-s", "USR2"});
  CHECK(sandbox.container("db").at("State") == "running");
  sandbox.ok({"kill", "-s", "KILL", "--remove-orphans"});
  CHECK(it::eventually([&] { return sandbox.container("db").at("ExitCode") == 137; }));
  sandbox.compose_file(kTwins);
  sandbox.ok({"start", "db"});
  const auto started = std::chrono::steady_clock::now();
  sandbox.ok({"restart", "-t", "0", "db"});
  sandbox.ok({"stop", "--timeout", "0", "db"});
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(8));
  CHECK(sandbox.container("db").at("ExitCode") == 137);
  sandbox.finish();
}

TEST_CASE(
    "restart takes dependents along that ask for it, unless --no-deps, and scale leaves dependencies alone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  db: {image: busybox, command: [sleep, "1000"], stop_grace_period: 0s}
  web:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    depends_on: {db: {condition: service_started, restart: true}}
)");
  sandbox.ok({"up", "-d"});
  const auto beginning = [&] {
    return sandbox.ok({"container", "inspect", "-f", "{{.State.StartedAt}}", sandbox.project() + "-web-1"})
        .out;
  };
  const std::string first = beginning();
  sandbox.ok({"restart", "--no-deps", "-t", "0", "db"});
  CHECK(beginning() == first);
  sandbox.ok({"restart", "-t", "0", "db"});
  CHECK(beginning() != first);
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"scale", "--no-deps", "web=2"});
  CHECK(sandbox.ids("web").size() == 2);
  CHECK(sandbox.ids("db").empty());
  sandbox.ok({"scale", "web=1"});
  CHECK(sandbox.ids("db").size() == 1);
  sandbox.finish();
}

TEST_CASE("start --wait returns when a service is healthy, or gives up after --wait-timeout") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto service = [&](const std::string& test) {
    sandbox.compose_file(
        "services:\n  web:\n    image: busybox\n    command: [sleep, '1000']\n    stop_grace_period: 0s\n"
        "    healthcheck: {test: [CMD, '" +
        test + "'], interval: 200ms, start_period: 30s, start_interval: 200ms}\n");
    sandbox.ok({"create", "--force-recreate"});
  };
  service("true");
  sandbox.ok({"start", "--wait"});
  CHECK(sandbox.container("web").at("Health") == "healthy");
  sandbox.ok({"stop", "-t", "0"});
  service("false");
  const Output late = sandbox.compose({"start", "--wait", "--wait-timeout", "1"});
  CHECK(late.code == 1);
  CHECK(contains(late.err, "web"));
  const Output up = sandbox.compose({"up", "-d", "--wait", "--wait-timeout", "1"});
  CHECK(up.code == 1);
  sandbox.finish();
}

TEST_CASE("rm -v and up -V part with anonymous volumes, rm -f asks nothing and -s stops first") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {web: {image: busybox, command: [sleep, '1000'], volumes: [/data], stop_grace_period: "
      "0s}}\n");
  sandbox.ok({"up", "-d"});
  const std::string first = sandbox.ok({"volume", "ls", "-q"}).out;
  sandbox.ok({"up", "-d", "--force-recreate"});
  CHECK(sandbox.ok({"volume", "ls", "-q"}).out == first);
  sandbox.ok({"up", "-d", "-V"});
  CHECK(sandbox.ok({"volume", "ls", "-q"}).out != first);
  CHECK(sandbox.compose({"rm"}).code == 0);  // it runs: there is nothing to remove
  sandbox.ok({"rm", "-s", "-f", "-v"});
  CHECK(sandbox.containers().empty());
  CHECK_FALSE(contains(sandbox.ok({"volume", "ls", "-q"}).out, sandbox.project()));
  for (const std::string& line : {first}) sandbox.compose({"volume", "rm", line.substr(0, line.size() - 1)});
  sandbox.finish();
}

TEST_CASE("down takes orphans with --remove-orphans, and waits as long as -t says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d"});
  sandbox.compose_file("services: {db: {image: busybox, command: [sleep, '1000']}}\n");
  sandbox.ok({"down", "-t", "0"});
  CHECK(sandbox.ids("web").size() == 2);
  CHECK(sandbox.ids("db").empty());
  sandbox.ok({"down", "--timeout=0", "--remove-orphans"});
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE(
    "up waits -t for what it replaces, recreates dependencies on request, and ends at the first failure") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string db = "  db: {image: busybox, command: [sleep, '1000']}\n";
  sandbox.compose_file("services:\n" + db +
                       "  web: {image: busybox, command: [sleep, '1000'], depends_on: [db]}\n");
  sandbox.ok({"up", "-d"});
  const auto before = sandbox.ids("db");
  const auto started = std::chrono::steady_clock::now();
  sandbox.ok({"up", "-d", "-t", "0", "--force-recreate", "web"});
  CHECK(sandbox.ids("db") == before);
  sandbox.ok({"up", "-d", "--timeout", "0", "--force-recreate", "--always-recreate-deps", "web"});
  CHECK(sandbox.ids("db") != before);
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(9));
  sandbox.compose_file("services:\n" + db +
                       "  good: {image: busybox, command: ['true']}\n"
                       "  bad: {image: busybox, command: [sh, -c, 'sleep 1; exit 6']}\n");
  CHECK(sandbox.compose({"up", "--remove-orphans", "-t", "0", "--abort-on-container-failure"}).code == 6);
  CHECK(sandbox.container("db").at("State") == "exited");
  sandbox.finish();
}

TEST_CASE("run takes standard input with -i alone, and orphans away with --remove-orphans") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d", "web", "--scale", "web=1"});
  sandbox.compose_file("services: {db: {image: busybox}}\n");
  sandbox.options().input = "typed\n";
  CHECK(sandbox.ok({"run", "--rm", "-T", "-i", "db", "cat"}).out == "typed\n");
  CHECK(sandbox.ok({"run", "--rm", "-T", "--interactive=false", "db", "cat"}).out.empty());
  sandbox.options().input.clear();
  CHECK(sandbox.ids("web").size() == 1);
  sandbox.ok({"run", "--rm", "-T", "--remove-orphans", "db", "true"});
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("stats shows ids in whole with --no-trunc, and those that are down with -a") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwins);
  sandbox.ok({"up", "-d", "db"});
  const std::string id = sandbox.ok({"ps", "-q", "db"}).out;
  const auto shown = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"stats", "--no-stream", "--format", "{{.ID}}"});
    return sandbox.ok(flags).out;
  };
  CHECK(shown({}) == id.substr(0, 12) + "\n");
  CHECK(shown({"--no-trunc"}) == id);
  sandbox.ok({"stop", "-t", "0"});
  CHECK(shown({"db"}).empty());
  CHECK(shown({"-a", "db"}) == id.substr(0, 12) + "\n");
  sandbox.finish();
}
