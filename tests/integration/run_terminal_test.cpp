// Terminals and standard input that stays: `compose run` at a terminal, tty and stdin_open of a service.
#include <nlohmann/json.hpp>

#include "at_terminal.h"
#include "run_scene.h"

using it::AtTerminal;
using it::kApp;
using it::Sandbox;

namespace {

// Waits until the container says `word`; true when it did.
bool says(Sandbox& sandbox, const std::string& container, const std::string& word) {
  return it::eventually([&] {
    return sandbox.compose({"container", "logs", container}).out.find(word) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("run at a terminal gives the container one: size, resize, input, exit code, the modes of before") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string script =
      "trap 'stty size' WINCH; stty size; while :; do read line || continue; echo got $line; "
      "[ \"$line\" != bye ] || exit 5; done";
  AtTerminal at(sandbox, {"run", "--rm", "--no-deps", "app", "sh", "-c", script});
  const tcflag_t before = at.modes();
  CHECK(at.until("33 101\r\n").find("33 101\r\n") != std::string::npos);
  at.resize(44, 120);
  at.type("one\r");
  CHECK(at.until("got one\r\n").find("got one\r\n") != std::string::npos);
  CHECK(at.until("44 120\r\n").find("44 120\r\n") != std::string::npos);
  at.type("bye\r");
  CHECK(at.until("got bye\r\n").find("got bye\r\n") != std::string::npos);
  CHECK(at.wait() == 5);
  CHECK(at.modes() == before);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("^C at run's terminal goes to the container, and --rm is kept") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  AtTerminal at(sandbox, {"run", "--rm", "--no-deps", "app", "sh", "-c",
                          "trap 'echo interrupted; exit 9' INT; echo begun; while :; do sleep 0.1; done"});
  CHECK(at.until("begun\r\n").find("begun\r\n") != std::string::npos);
  at.type("\3");
  CHECK(at.until("interrupted").find("interrupted") != std::string::npos);
  CHECK(at.wait() == 9);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("run -T at a terminal gives the container none") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  AtTerminal at(sandbox,
                {"run", "--rm", "--no-deps", "-T", "app", "sh", "-c", "test -t 1; echo terminal=$?"});
  CHECK(at.until("terminal=").find("terminal=") != std::string::npos);
  CHECK(at.until("=1").find("terminal=1") != std::string::npos);
  CHECK(at.wait() == 0);
  CHECK(sandbox.compose({"run", "--tty", "app"}).err.find("not a terminal") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("tty and stdin_open of a service keep a shell waiting") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  terminal:
    image: busybox
    command: ["sh", "-c", "tty; exec sh"]
    tty: true
    stop_grace_period: 0s
  open:
    image: busybox
    command: ["sh", "-c", "echo waiting; exec cat"]
    stdin_open: true
    stop_grace_period: 0s
  closed:
    image: busybox
    command: ["cat"]
)");
  sandbox.ok({"up", "-d"});
  const std::string project = sandbox.project();
  CHECK(says(sandbox, project + "-terminal-1", "/dev/"));
  CHECK(says(sandbox, project + "-open-1", "waiting"));
  REQUIRE(it::eventually([&] { return sandbox.container("closed").at("State") == "exited"; }));
  CHECK(sandbox.container("terminal").at("State") == "running");
  CHECK(sandbox.container("open").at("State") == "running");
  sandbox.finish();
}
