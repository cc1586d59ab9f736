// Logs as a person sees them.
#include <catch2/catch.hpp>
#include <sstream>

#include "tmux_session.h"

using it::Sandbox;
using it::TmuxSession;

namespace {

constexpr char kTalking[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap exit TERM; while :; do echo it is $$HOSTNAME; sleep 0.2; done"]
    stop_grace_period: 1s
  db:
    image: busybox
    command: ["sh", "-c", "trap exit TERM; while :; do echo of db; sleep 0.2; done"]
    stop_grace_period: 1s
)";

// The escape sequence before each line of this container, "" for none; all of them.
std::set<std::string> colours(const TmuxSession& at, const std::string& container) {
  std::set<std::string> found;
  std::istringstream lines(at.coloured());
  for (std::string line; std::getline(lines, line);) {
    const size_t name = line.find(container);
    if (name != std::string::npos && line.find(" | ") != std::string::npos)
      found.insert(line.substr(0, name));
  }
  return found;
}

}  // namespace

TEST_CASE("logs -f has one colour a service, through scaling and recreation, and whichever are shown") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTalking);
  sandbox.ok({"up", "-d"});
  const TmuxSession both(sandbox, {"logs", "-f"}, {90, 24});
  const TmuxSession one(sandbox, {"logs", "-f", "db"}, {90, 24});
  REQUIRE(both.shows("web-1  | "));
  REQUIRE(both.shows("db-1   | "));
  REQUIRE(one.shows("db-1  | "));
  const auto web = colours(both, "web-1"), db = colours(both, "db-1");
  REQUIRE(web.size() == 1);
  REQUIRE(db.size() == 1);
  CHECK(web != db);
  CHECK(web.begin()->find("\x1b[") != std::string::npos);
  CHECK(colours(one, "db-1") == db);

  sandbox.ok({"up", "-d", "--no-recreate", "--scale", "web=2"});
  REQUIRE(both.shows("web-2  | "));
  CHECK(colours(both, "web-2") == web);

  const std::string before = *sandbox.ids("web").begin();
  sandbox.ok({"up", "-d", "--force-recreate", "--scale", "web=2"});
  for (const std::string& id : sandbox.ids("web")) CHECK(both.shows("it is " + id.substr(0, 12)));
  CHECK(colours(both, "web-1") == web);
  CHECK(colours(both, "web-2") == web);
  CHECK(colours(both, "db-1") == db);
  sandbox.finish();
}

TEST_CASE("logs at a terminal have no colours with NO_COLOR or --no-color") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTalking);
  sandbox.ok({"up", "-d"});
  const TmuxSession plain(sandbox, {"logs", "-f", "--no-color"});
  CHECK(plain.shows("web-1  | "));
  CHECK(plain.coloured().find("\x1b[") == std::string::npos);
  sandbox.options().env["NO_COLOR"] = "1";
  const TmuxSession at(sandbox, {"logs", "-f"});
  CHECK(at.shows("web-1  | "));
  CHECK(at.coloured().find("\x1b[") == std::string::npos);
  sandbox.finish();
}

TEST_CASE("long lines of logs wrap in a narrow window and are whole again in a wide one") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string text(100, 'x');
  sandbox.compose_file("services:\n  web:\n    image: busybox\n    command: [echo, \"" + text + "\"]\n");
  sandbox.ok({"up", "-d"});
  TmuxSession at(sandbox, {"logs", "-f"}, {40, 20});
  CHECK(at.shows("web-1  | " + text));
  at.resize({150, 20});
  CHECK(it::eventually([&] { return at.screen().find("web-1  | " + text) != std::string::npos; }));
  sandbox.finish();
}
