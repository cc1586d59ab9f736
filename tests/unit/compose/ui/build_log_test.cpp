#include "compose/ui/build_log.h"

#include <catch2/catch.hpp>

using compose::ui::BuildLog;

TEST_CASE("build output is numbered by instruction, with cached ones marked and times at the end") {
  BuildLog log;
  const BuildLog::Clock::time_point start{};
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  CHECK(log.format("web", "[1/3] FROM busybox (cached)", at(0)) == "#1 [web 1/3] FROM busybox\n#1 CACHED\n");
  CHECK(log.format("web", "[2/3] RUN make", at(0)) == "#2 [web 2/3] RUN make\n");
  CHECK(log.format("web", "cc main.c", at(311)) == "#2 0.311 cc main.c\n");
  CHECK(log.format("db", "[1/1] FROM x", at(400)) == "#3 [db 1/1] FROM x\n");
  CHECK(log.format("web", "[3/3] COPY . /", at(1200)) == "#2 DONE 1.2s\n#4 [web 3/3] COPY . /\n");
  CHECK(log.finish("web", true, at(1300)) == "#4 DONE 0.1s\n");
  CHECK(log.finish("db", false, at(1300)) == "#3 ERROR\n");
  CHECK(log.finish("web", true, at(1400)).empty());
}

TEST_CASE("output that looks like a list is no instruction") {
  BuildLog log;
  const BuildLog::Clock::time_point start{};
  CHECK(log.format("web", "[INFO] 1/2 done", start) == "#1 0.000 [INFO] 1/2 done\n");
  CHECK(log.format("web", "[stage-1 2/7] RUN x", start) == "#1 DONE 0.0s\n#2 [web stage-1 2/7] RUN x\n");
}
