// The attributes of a health check as they show from outside: `container inspect`, `ps`, `container ls`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

nlohmann::json inspected(Sandbox& sandbox) {
  return nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-web-1"}).out).at(0);
}

nlohmann::json health(Sandbox& sandbox) {
  return inspected(sandbox).at("State").at("Health");
}

std::string checked(const std::string& attributes) {
  return "services:\n  web:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n"
         "    healthcheck:\n" +
         attributes;
}

std::string shown(Sandbox& sandbox) {
  return sandbox.ok({"ps", "-a", "--format", "{{.Status}}"}).out +
         sandbox.ok({"container", "ls", "-a", "--format", "{{.Status}}"}).out;
}

// Of the two commands of `shown`.
bool both_show(Sandbox& sandbox, const std::string& text) {
  const std::string all = shown(sandbox);
  const size_t first = all.find(text);
  return first != std::string::npos && all.find(text, first + 1) != std::string::npos;
}

}  // namespace

TEST_CASE("in the start period failures do not count, and checks go by the start interval") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  // With the interval alone there would be one check an hour.
  sandbox.compose_file(checked(R"(      test: ["CMD", "test", "-e", "/good"]
      interval: 1h
      timeout: 10s
      retries: 1
      start_period: 1h
      start_interval: 100ms
)"));
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return health(sandbox).at("Log").size() >= 3; }));
  const nlohmann::json starting = health(sandbox);
  CHECK(starting.at("Status") == "starting");
  CHECK(starting.at("FailingStreak") == 0);
  for (const nlohmann::json& result : starting.at("Log")) {
    CHECK(result.at("ExitCode") == 1);
    CHECK(result.at("Start").get<std::string>() <= result.at("End").get<std::string>());
  }
  CHECK(both_show(sandbox, "(health: starting)"));
  sandbox.inside("web", {"touch", "/good"});
  REQUIRE(it::eventually([&] { return health(sandbox).at("Status") == "healthy"; }));
  CHECK(health(sandbox).at("Log").back().at("ExitCode") == 0);
  CHECK(both_show(sandbox, "(healthy)"));
  const auto config = inspected(sandbox).at("Config").at("Healthcheck");
  CHECK(config.at("Interval") == int64_t{3600} * 1'000'000'000);
  CHECK(config.at("StartInterval") == 100'000'000);
  CHECK(config.at("Retries") == 1);
  sandbox.finish();
}

TEST_CASE(
    "a healthy container becomes unhealthy with as many failures in a row as retries, and healthy by one "
    "success") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(checked(R"(      test: test -e /good && echo fine
      interval: 100ms
      timeout: 10s
      retries: 3
)"));
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"touch", "/good"});
  REQUIRE(it::eventually([&] { return health(sandbox).at("Status") == "healthy"; }));
  CHECK(health(sandbox).at("Log").back().at("Output") == "fine\n");
  sandbox.inside("web", {"rm", "/good"});
  REQUIRE(it::eventually([&] {
    const nlohmann::json now = health(sandbox);
    const int streak = now.at("FailingStreak");
    if (now.at("Status") == "healthy") CHECK(streak < 3);
    if (now.at("Status") == "unhealthy") CHECK(streak >= 3);
    return now.at("Status") == "unhealthy";
  }));
  CHECK(both_show(sandbox, "(unhealthy)"));
  CHECK(it::eventually([&] {
    const nlohmann::json log = health(sandbox).at("Log");
    return log.size() == 5 && log.front().at("ExitCode") == 1;  // the last five
  }));
  sandbox.inside("web", {"touch", "/good"});
  REQUIRE(it::eventually([&] { return health(sandbox).at("Status") == "healthy"; }));
  CHECK(health(sandbox).at("FailingStreak") == 0);
  sandbox.finish();
}

TEST_CASE("a check that takes longer than its timeout has failed, and up --wait tells of it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(checked(R"(      test: ["CMD", "sleep", "1000"]
      interval: 100ms
      timeout: 100ms
      retries: 2
)"));
  const it::Output up = sandbox.compose({"up", "--wait"});
  CHECK(up.code == 1);
  CHECK(up.err.find(sandbox.project() + "-web-1") != std::string::npos);
  CHECK(up.err.find("unhealthy") != std::string::npos);
  const nlohmann::json last = health(sandbox).at("Log").back();
  CHECK(last.at("ExitCode") == -1);
  CHECK(last.at("Output").get<std::string>().find("timeout of 100 ms") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("disable takes the image's check away, and up --wait is content with a running container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string build =
      "    build:\n      dockerfile_inline: |\n        FROM busybox\n        HEALTHCHECK --interval=1h CMD "
      "false\n";
  const std::string web =
      "services:\n  web:\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n" + build;
  sandbox.compose_file(web);
  sandbox.ok({"up", "-d"});
  CHECK(health(sandbox).at("Status") == "starting");
  sandbox.compose_file(web + "    healthcheck: {disable: true}\n");
  sandbox.ok({"up", "--wait"});
  CHECK_FALSE(inspected(sandbox).at("State").contains("Health"));
  CHECK(shown(sandbox).find("health") == std::string::npos);
  sandbox.finish();
}
