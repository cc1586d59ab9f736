// The progress tree as a person sees it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "tmux_session.h"

using it::Sandbox;
using it::TmuxSession;

namespace {

constexpr char kTwoServices[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    depends_on: [db]
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)";

// `db` is healthy two seconds after its start, and `web` waits for that.
constexpr char kWaiting[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    depends_on: {db: {condition: service_healthy}}
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    healthcheck: {test: "test -e /tmp/x || { touch /tmp/x; false; }", interval: 2s, start_period: 30s}
)";

std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
  std::istringstream lines(text);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);)
    if (line.find(word) != std::string::npos) found.push_back(line);
  return found;
}

}  // namespace

TEST_CASE("up -d at a terminal leaves each network and container with what became of it and the time") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  const TmuxSession at(sandbox, {"up", "-d"});
  CHECK(at.wait() == 0);
  const std::string screen = at.screen();
  INFO(screen);
  for (const std::string& line : {"Network " + sandbox.project() + "_default +Created +[0-9.]+s",
                                  "Container " + sandbox.project() + "-db-1 +Started +[0-9.]+s",
                                  "Container " + sandbox.project() + "-web-1 +Started +[0-9.]+s"}) {
    CHECK(std::regex_search(screen, std::regex(line)));
  }
  sandbox.finish();
}

TEST_CASE("the progress of up -d counts, tells who waits and for how long, and is redrawn in place") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kWaiting);
  const TmuxSession at(sandbox, {"up", "-d"}, {100, 20});
  REQUIRE(at.shows("Waiting"));
  CHECK(it::eventually(
      [&] { return std::regex_search(at.screen(), std::regex("-db-1 +Waiting +[1-9][.][0-9]s")); }));
  CHECK(at.screen().find("[+] Running 2/3") != std::string::npos);
  CHECK(at.wait() == 0);
  CHECK(at.screen().find("[+] Running 3/3") != std::string::npos);
  CHECK(std::regex_search(at.screen(), std::regex("-db-1 +Healthy +[0-9.]+s")));
  // None of the pictures before has been left behind.
  CHECK(lines_with(at.all(), "[+] Running").size() == 1);
  CHECK(lines_with(at.all(), "Container").size() == 2);
  sandbox.finish();
}

TEST_CASE("the progress of up -d fits 40 columns, and a window that is resized meanwhile") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kWaiting);
  TmuxSession at(sandbox, {"up", "-d"}, {40, 20});
  REQUIRE(at.shows("Waiting"));
  CHECK(lines_with(at.screen(), "-db-1").size() == 1);
  at.resize({100, 20});
  CHECK(it::eventually([&] { return std::regex_search(at.screen(), std::regex("-db-1 +Waiting {20,}")); }));
  at.resize({24, 20});
  CHECK(at.wait() == 0);
  const std::string screen = at.screen();
  INFO(screen);
  CHECK(lines_with(screen, "Healthy").size() == 1);
  CHECK(lines_with(screen, "db-1").size() == 1);  // of a name that is cut the end is what matters
  CHECK(lines_with(screen, "Started").size() == 1);
  CHECK(lines_with(screen, "Waiting").empty());
  sandbox.finish();
}

TEST_CASE("the progress has colours, and none with NO_COLOR or --ansi never") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  {
    const TmuxSession at(sandbox, {"up", "-d"});
    CHECK(at.wait() == 0);
    CHECK(at.coloured().find("\x1b[32m") != std::string::npos);
  }
  sandbox.options().env["NO_COLOR"] = "1";
  {
    const TmuxSession at(sandbox, {"down", "-t", "0"});
    CHECK(at.wait() == 0);
    CHECK(at.coloured().find("Removed") != std::string::npos);
    CHECK(at.coloured().find("\x1b[") == std::string::npos);
  }
  sandbox.options().env.erase("NO_COLOR");
  const TmuxSession at(sandbox, {"--ansi", "never", "up", "-d"});
  CHECK(at.wait() == 0);
  CHECK(at.coloured().find("Starting") != std::string::npos);
  CHECK(at.coloured().find("\x1b[") == std::string::npos);
  sandbox.finish();
}
