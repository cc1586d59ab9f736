// What docker's users do with containers that exist: restart, stop, kill, update, rename, list and watch
// them.
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::string state_of(Sandbox& sandbox, const std::string& name) {
  const std::string text = sandbox.compose({"container", "inspect", "-f", "{{.State.Status}}", name}).out;
  return text.substr(0, text.find('\n'));
}

std::string inspected(Sandbox& sandbox, const std::string& name, const std::string& format) {
  const std::string text = sandbox.ok({"container", "inspect", "-f", format, name}).out;
  return text.substr(0, text.find('\n'));
}

void run_shell(Sandbox& sandbox, const std::string& name, const std::string& script,
               const std::vector<std::string>& flags = {}) {
  std::vector<std::string> args{"container", "run", "-d", "--name", name};
  args.insert(args.end(), flags.begin(), flags.end());
  for (const char* word : {"busybox", "sh", "-c"}) args.emplace_back(word);
  args.push_back(script);
  sandbox.ok(args);
}

constexpr char kDeaf[] = "trap '' TERM; while :; do sleep 0.1; done";

double seconds_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

TEST_CASE("a container that is to go by itself stays through a restart, and goes with the next stop") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run_shell(sandbox, "web", "exec sleep 1000", {"--rm"});
  const std::string id = inspected(sandbox, "web", "{{.Id}}");
  sandbox.ok({"container", "restart", "-t", "0", "web"});
  sandbox.ok({"tidy"});
  CHECK(inspected(sandbox, "web", "{{.Id}} {{.State.Status}}") == id + " running");
  sandbox.ok({"container", "stop", "-t", "0", "web"});
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.finish();
}

TEST_CASE("a slash before a container's name is docker's way to write it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "create", "--name", "web", "busybox"});
  CHECK(inspected(sandbox, "/web", "{{.Name}}") == "/web");
  sandbox.ok({"container", "rename", "/web", "/box"});
  CHECK(sandbox.ok({"container", "ls", "-a", "-f", "name=^/box$", "--format", "{{.Names}}"}).out == "box\n");
  CHECK(sandbox.ok({"container", "ls", "-a", "-f", "name=^box$", "--format", "{{.Names}}"}).out == "box\n");
  const it::Output same = sandbox.compose({"container", "rename", "box", "box"});
  CHECK(same.code == 1);
  CHECK(same.err.find("has that name already") != std::string::npos);
  CHECK(sandbox.ok({"container", "rm", "/box"}).out == "/box\n");
  sandbox.finish();
}

TEST_CASE("exec tells with 126 that there is no such user or folder, and has a terminal without ours") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run_shell(sandbox, "web", "exec sleep 1000");
  CHECK(sandbox.compose({"container", "exec", "-u", "nosuch", "web", "true"}).code == 126);
  const it::Output nowhere = sandbox.compose({"container", "exec", "-w", "/nosuch", "web", "true"});
  CHECK(nowhere.code == 126);
  CHECK(nowhere.err.find("/nosuch") != std::string::npos);
  CHECK(sandbox.compose({"container", "exec", "web", "nosuch"}).code == 127);
  CHECK(sandbox.ok({"container", "exec", "-t", "web", "sh", "-c", "test -t 1 && echo yes"}).out == "yes\r\n");
  CHECK(sandbox.compose({"container", "exec", "-it", "web", "true"}).code == 1);
  sandbox.ok({"container", "rm", "-f", "web"});
  sandbox.finish();
}

TEST_CASE("several containers are stopped at the same time, each told in its turn") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::vector<std::string> names{"one", "two", "three", "four"};
  for (const std::string& name : names) run_shell(sandbox, name, kDeaf);
  it::Output output;
  const double took = seconds_of([&] {
    output =
        sandbox.compose({"container", "stop", "-t", "2", "one", "two", "nosuch", "three", "four", "one"});
  });
  CHECK(took < 7.5);
  CHECK(output.code == 1);
  CHECK(output.out == "one\ntwo\nthree\nfour\none\n");
  CHECK(output.err.find("no such container: nosuch") != std::string::npos);
  sandbox.ok({"container", "rm", "one", "two", "three", "four"});
  sandbox.finish();
}

TEST_CASE("who stops with less patience does not wait for who has more") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const std::vector<std::string>& impatient :
       {std::vector<std::string>{"container", "stop", "-t", "0", "web"},
        std::vector<std::string>{"container", "kill", "web"},
        std::vector<std::string>{"container", "rm", "-f", "web"}}) {
    run_shell(sandbox, "web", kDeaf);
    it::Process patient(sandbox.command({"container", "stop", "-t", "40", "web"}), sandbox.options());
    std::this_thread::sleep_for(std::chrono::seconds(1));
    CHECK(seconds_of([&] { sandbox.ok(impatient); }) < 15);
    CHECK(patient.wait(std::chrono::seconds(15)).code == 0);
    sandbox.compose({"container", "rm", "-f", "web"});
  }
  sandbox.finish();
}

TEST_CASE("stop and restart send the signal that they are given") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run_shell(sandbox, "web", "trap 'exit 5' INT; trap 'exit 6' TERM; echo up; while :; do sleep 0.1; done");
  const auto is_up = [&] { return !sandbox.ok({"container", "logs", "web"}).out.empty(); };
  REQUIRE(it::eventually(is_up));
  CHECK(sandbox.compose({"container", "stop", "--signal", "NOSUCH", "web"}).code == 1);
  CHECK(state_of(sandbox, "web") == "running");
  sandbox.ok({"container", "stop", "--signal", "INT", "web"});
  CHECK(inspected(sandbox, "web", "{{.State.ExitCode}}") == "5");
  sandbox.ok({"container", "start", "web"});
  sandbox.ok({"container", "restart", "-s", "SIGKILL", "web"});
  CHECK(state_of(sandbox, "web") == "running");
  sandbox.ok({"container", "rm", "-f", "web"});
  sandbox.finish();
}

TEST_CASE("a container that waits for its next start is killed by staying down") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run_shell(sandbox, "web", "exit 3", {"--restart", "always"});
  const auto waits_long = [&] {
    return std::stoi(inspected(sandbox, "web", "{{.RestartCount}}")) > 3 &&
           state_of(sandbox, "web") == "restarting";
  };
  REQUIRE(it::eventually(waits_long));
  CHECK(sandbox.ok({"container", "kill", "web"}).out == "web\n");
  CHECK(it::eventually([&] { return state_of(sandbox, "web") == "exited"; }));
  sandbox.ok({"container", "rm", "web"});
  sandbox.finish();
}

TEST_CASE("container update changes limits where it runs and for good, and the restart policy") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run_shell(sandbox, "web", "while [ ! -e /end ]; do sleep 0.1; done; exit 1", {"-m", "64m"});
  const auto limit = [&] {
    return sandbox
        .ok({"container", "exec", "web", "sh", "-c",
             "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true"})
        .out;
  };
  CHECK(limit() == "67108864\n");
  CHECK(sandbox.ok({"container", "update", "-m", "256m", "--cpus", "0.5", "--pids-limit", "77", "web"}).out ==
        "web\n");
  CHECK(limit() == "268435456\n");
  CHECK(inspected(sandbox, "web",
                  "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}") ==
        "268435456 500000000 77");
  sandbox.ok({"container", "restart", "-t", "0", "web"});
  CHECK(limit() == "268435456\n");
  sandbox.ok({"container", "update", "-m", "32m", "web"});
  CHECK(limit() == "33554432\n");

  sandbox.ok({"container", "update", "--restart", "on-failure:1", "web"});
  sandbox.ok({"container", "exec", "web", "touch", "/end"});
  CHECK(it::eventually([&] { return state_of(sandbox, "web") == "exited"; }));
  CHECK(inspected(sandbox, "web", "{{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}") == "1 on-failure");

  CHECK(sandbox.compose({"container", "update", "web"}).code == 1);
  CHECK(sandbox.compose({"container", "update", "--cpus", "x", "web"}).err.find("--cpus") !=
        std::string::npos);
  CHECK(sandbox.compose({"container", "update", "--restart", "sometimes", "web"}).code == 1);
  CHECK(sandbox.compose({"container", "update", "-m", "1g", "nosuch", "web"}).out == "web\n");
  sandbox.ok({"container", "rm", "web"});
  sandbox.finish();
}

TEST_CASE("logs -f shows the last line of a container that has ended though it has no end") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "--name", "web", "busybox", "printf", "one\ntwo"});
  CHECK(sandbox.ok({"container", "logs", "-f", "web"}).out == "one\ntwo\n");
  sandbox.ok({"container", "rm", "web"});
  run_shell(sandbox, "web", "printf one; sleep 2", {"--rm"});
  CHECK(sandbox.ok({"container", "logs", "-f", "web"}).out == "one\n");
  sandbox.finish();
}
