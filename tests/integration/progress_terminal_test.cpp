// The progress tree as a person sees it.
#include <catch2/catch.hpp>
#include <regex>

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
