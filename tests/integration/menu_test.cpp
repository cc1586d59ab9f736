// The keys of `up` at a terminal.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "at_terminal.h"
#include "tmux_session.h"

using it::AtTerminal;
using it::Sandbox;
using it::TmuxSession;

namespace {

constexpr char kTicking[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap exit TERM; i=0; while :; do i=$$((i+1)); echo tick $$i; sleep 0.3; done"]
    stop_grace_period: 1s
    develop:
      watch:
        - {path: src, action: sync, target: /app}
)";

constexpr char kKeys[] = "w Enable Watch   d Detach";

// The last line of the screen on which something stands.
std::string last_line(const TmuxSession& at) {
  std::istringstream lines(at.screen());
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

TEST_CASE("up at a terminal has its keys at the bottom: w watches, Enter makes room, d leaves it running") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("src/x", "old");
  sandbox.compose_file(kTicking);
  TmuxSession at(sandbox, {"up"}, {80, 16});
  REQUIRE(at.shows(kKeys));
  CHECK(at.shows("tick 9"));
  CHECK(it::eventually([&] { return last_line(at) == kKeys; }));
  CHECK(it::count(at.all(), kKeys) == 1);  // none has scrolled away with the logs

  at.key("w");
  CHECK(at.shows("Watch enabled"));
  CHECK(at.shows("w Disable Watch   d Detach"));
  sandbox.file("src/x", "new");
  CHECK(at.shows("Syncing service \"web\" after 1 changes were detected"));
  CHECK(it::eventually([&] { return sandbox.compose({"exec", "-T", "web", "cat", "/app/x"}).out == "new"; }));
  at.key("w");
  CHECK(at.shows("Watch disabled"));
  CHECK(at.shows(kKeys));

  for (int i = 0; i < 3; ++i) at.key("Enter");
  CHECK(it::eventually([&] { return at.all().find("\n\n") < at.all().find(kKeys); }));
  at.type("xyz");  // mean nothing, and are not echoed

  at.key("d");
  CHECK(at.wait() == 0);
  CHECK(at.screen().find(kKeys) == std::string::npos);
  CHECK(at.all().find("xyz") == std::string::npos);
  CHECK(sandbox.container("web").at("State") == "running");
  sandbox.finish();
}

TEST_CASE("the keys of up stay one line when the window is narrow, and through resizes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTicking);
  TmuxSession at(sandbox, {"up"}, {60, 12});
  REQUIRE(at.shows(kKeys));
  at.resize({20, 12});
  CHECK(it::eventually([&] { return last_line(at) == "w Enable Watch   d…"; }));
  CHECK(at.shows("tick 12"));
  CHECK(it::count(at.screen(), "Enable") == 1);
  at.resize({100, 30});
  CHECK(it::eventually([&] { return last_line(at) == kKeys; }));
  CHECK(it::count(at.all(), "Enable") == 1);
  at.key("C-c");
  CHECK(at.shows("Gracefully Stopping"));
  CHECK(at.wait() == 130);
  CHECK(at.screen().find("Enable") == std::string::npos);
  CHECK(sandbox.container("web").at("State") == "exited");
  sandbox.finish();
}

TEST_CASE("w where nothing is to be watched says so in the line, and the keys come back") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  web:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n");
  TmuxSession at(sandbox, {"up"});
  REQUIRE(at.shows(kKeys));
  at.key("w");
  CHECK(at.shows("Watch: none of the selected services is configured for watch"));
  CHECK(at.shows(kKeys));
  at.key("C-c");
  CHECK(at.wait() == 130);
  sandbox.finish();
}

TEST_CASE("up has no keys with --menu=false or COMPOSE_MENU=false, and --menu asks for them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTicking);
  {
    TmuxSession at(sandbox, {"up", "--menu=false"});
    CHECK(at.shows("tick 3"));
    CHECK(at.all().find("Detach") == std::string::npos);
    at.key("C-c");
    CHECK(at.wait() == 130);
  }
  sandbox.options().env["COMPOSE_MENU"] = "false";
  {
    TmuxSession at(sandbox, {"up"});
    CHECK(at.shows("tick 3"));
    CHECK(at.all().find("Detach") == std::string::npos);
    at.key("C-c");
    CHECK(at.wait() == 130);
  }
  TmuxSession at(sandbox, {"up", "--menu"});
  CHECK(at.shows("d Detach"));
  at.key("C-c");
  CHECK(at.wait() == 130);
  sandbox.options().env.erase("COMPOSE_MENU");
  CHECK(sandbox.compose({"up", "-d", "--menu"}).err.find("--menu") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("the terminal's modes are those of before, after up has ended by Ctrl-C or by d") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTicking);
  for (const std::string key : {"\3", "d"}) {
    AtTerminal at(sandbox, {"up"});
    const tcflag_t before = at.modes();
    CHECK(at.until("Detach").find("Detach") != std::string::npos);
    CHECK(it::eventually([&] { return (at.modes() & (ICANON | ECHO)) == 0; }));
    at.type(key);
    CHECK(at.wait() == (key == "d" ? 0 : 130));
    CHECK(at.modes() == before);
  }
  sandbox.finish();
}

TEST_CASE("up --watch follows files beside the logs, and stays when the containers have ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nCOPY src /app\n");
  sandbox.file("src/run", "echo version 1\n");
  sandbox.compose_file(R"(
services:
  web:
    build: .
    command: ["sh", "/app/run"]
    develop:
      watch:
        - {path: src, action: sync+restart, target: /app}
        - {path: Dockerfile, action: rebuild}
)");
  it::Process up(sandbox.command({"up", "--watch", "--quiet-build"}), sandbox.options());
  const auto says = [&](const std::string& text) {
    return it::eventually([&] { return up.out().find(text) != std::string::npos; });
  };
  CHECK(says("Watch enabled"));
  CHECK(says("version 1"));
  CHECK(says("exited with code 0"));
  sandbox.file("src/run", "echo version 2\n");
  CHECK(says("version 2"));
  sandbox.file("Dockerfile", "FROM busybox\nCOPY src /app\nRUN echo echo version 3 > /app/run\n");
  CHECK(says("version 3"));
  up.signal(SIGINT);
  const it::Output output = up.wait();
  CHECK(output.code == 130);
  sandbox.finish();
}
