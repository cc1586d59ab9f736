// `compose attach`, `compose container attach`, and letting go of terminals by keys.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "at_terminal.h"
#include "sandbox.h"

using it::AtTerminal;
using it::Sandbox;

namespace {

constexpr char kServices[] = R"(
services:
  plain:
    image: busybox
    command: ["sh", "-c", "trap 'echo heard; exit 7' USR1; echo up; while :; do read -t 1 line && echo got $$line; done"]
    stdin_open: true
    stop_grace_period: 0s
  shell:
    image: busybox
    command: ["sh", "-c", "while read line; do echo got $$line; [ $$line != bye ] || exit 5; done"]
    stdin_open: true
    tty: true
    stop_grace_period: 0s
)";

}  // namespace

TEST_CASE("attach connects with a container that runs: input, output, signals, the program's exit code") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kServices);
  sandbox.ok({"up", "-d", "plain"});
  it::RunOptions options = sandbox.options();
  options.directory = sandbox.directory();
  options.input = "hello\n";
  it::Process attached(sandbox.command({"attach", "plain"}), options);
  REQUIRE(it::eventually([&] { return attached.out().find("got hello\n") != std::string::npos; }));
  attached.signal(SIGUSR1);
  const it::Output output = attached.wait();
  CHECK(output.code == 7);
  CHECK(output.out.find("heard\n") != std::string::npos);
  const it::Output refused = sandbox.compose({"attach", "plain"});
  INFO(refused.err);
  CHECK(refused.code == 1);
  CHECK(refused.err.find("not running") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("attach at a terminal lets go by its keys, and the container runs on for the next one") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kServices);
  sandbox.ok({"up", "-d", "shell"});
  {
    AtTerminal at(sandbox, {"attach", "shell"});
    at.type("one\r");
    CHECK(at.until("got one\r\n").find("got one") != std::string::npos);
    at.type("\x10\x11");
    CHECK(at.wait() == 0);
  }
  {
    AtTerminal at(sandbox,
                  {"container", "attach", "--detach-keys", "ctrl-x,x", sandbox.project() + "-shell-1"});
    at.type("\x10\x11two\r");
    CHECK(at.until("got \x10two\r\n").find("got \x10two") != std::string::npos);
    at.type("\x18x");
    CHECK(at.wait() == 0);
  }
  CHECK(sandbox.container("shell").at("State") == "running");
  const it::Output wrong = sandbox.compose({"attach", "--detach-keys", "ctrl-p,huh", "shell"});
  CHECK(wrong.code == 1);
  CHECK(wrong.err.find("'huh' at character 8") != std::string::npos);
  CHECK(sandbox.compose({"attach", "shell"}).err.find("--no-stdin") != std::string::npos);
  AtTerminal at(sandbox, {"attach", "shell"});
  at.type("bye\r");
  CHECK(at.wait() == 5);
  sandbox.finish();
}

TEST_CASE("run and exec at a terminal are let go of by ctrl-p ctrl-q, and go on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kServices);
  sandbox.ok({"up", "-d", "shell"});
  {
    AtTerminal at(sandbox, {"run", "--name", "let-go", "--no-deps", "shell"});
    at.type("one\r");
    CHECK(at.until("got one\r\n").find("got one") != std::string::npos);
    at.type("\x10\x11");
    CHECK(at.wait() == 0);
  }
  {
    AtTerminal at(sandbox, {"exec", "shell", "sh", "-c", "echo begun; sleep 1000"});
    CHECK(at.until("begun").find("begun") != std::string::npos);
    at.type("\x10\x11");
    CHECK(at.wait() == 0);
  }
  CHECK(sandbox.inside("shell", {"sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"}).find("sleep 1000") !=
        std::string::npos);
  AtTerminal at(sandbox, {"container", "attach", "let-go"});
  at.type("bye\r");
  CHECK(at.wait() == 5);
  sandbox.finish();
}
