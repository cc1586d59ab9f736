#include "compose/ui/build_log.h"

#include <catch2/catch.hpp>

using compose::BuildEvent;
using compose::ui::BuildLog;
using enum compose::BuildEvent::Kind;

namespace {

BuildEvent event(BuildEvent::Kind kind, const engine::BuildStep& step, const std::string& line = "") {
  return {kind, step, false, line, 1200};
}

}  // namespace

TEST_CASE("build output is numbered by instruction, with cached ones marked and times at the end") {
  BuildLog log;
  const BuildLog::Clock::time_point start{};
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  const engine::BuildStep from{1, "", 1, 2, "FROM busybox"}, run{2, "", 2, 2, "RUN make"};
  CHECK(log.format("web", {kBegin, from, true, "", 0}, at(0)) == "#1 [web 1/2] FROM busybox\n#1 CACHED\n");
  CHECK(log.format("web", event(kDone, from), at(0)).empty());
  CHECK(log.format("web", event(kBegin, run), at(0)) == "#2 [web 2/2] RUN make\n");
  CHECK(log.format("web", event(kLine, run, "cc main.c"), at(311)) == "#2 0.311 cc main.c\n");
  CHECK(log.format("web", event(kDone, run), at(1200)) == "#2 DONE 1.2s\n");
}

TEST_CASE("lines of stages and images that are built at once keep the number of their instruction") {
  BuildLog log;
  const BuildLog::Clock::time_point start{};
  const engine::BuildStep a{2, "a", 2, 3, "RUN one"}, b{4, "b", 2, 3, "RUN two"};
  CHECK(log.format("web", event(kBegin, a), start) == "#1 [web a 2/3] RUN one\n");
  CHECK(log.format("web", event(kBegin, b), start) == "#2 [web b 2/3] RUN two\n");
  CHECK(log.format("db", event(kBegin, a), start) == "#3 [db a 2/3] RUN one\n");
  CHECK(log.format("web", event(kLine, a, "x"), start) == "#1 0.000 x\n");
  CHECK(log.format("db", event(kFailed, a), start) == "#3 ERROR\n");
  CHECK(log.format("web", event(kLine, b, "[INFO] 1/2 done"), start) == "#2 0.000 [INFO] 1/2 done\n");
}
