#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("a dependent starts only once its dependency is healthy") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  db:
    image: busybox
    command: ["sh", "-c", "sleep 1; date +%s > /shared/ready; exec sleep 1000"]
    healthcheck:
      test: ["CMD", "test", "-f", "/shared/ready"]
      interval: 200ms
      retries: 50
    volumes: ["shared:/shared"]
    stop_grace_period: 0s
  web:
    image: busybox
    command: ["sh", "-c", "test -f /shared/ready && echo was ready; exec sleep 1000"]
    depends_on:
      db:
        condition: service_healthy
    volumes: ["shared:/shared"]
    stop_grace_period: 0s
volumes:
  shared:
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.container("db").at("Health") == "healthy");
  CHECK(it::eventually([&] { return sandbox.log("web") == "was ready\n"; }));
  sandbox.finish();
}

TEST_CASE("a dependency that never gets healthy fails the start and is named") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  db:
    image: busybox
    command: ["sleep", "1000"]
    healthcheck:
      test: ["CMD", "false"]
      interval: 100ms
      retries: 2
    stop_grace_period: 0s
  web:
    image: busybox
    command: ["sleep", "1000"]
    depends_on:
      db:
        condition: service_healthy
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find(sandbox.project() + "-db-1") != std::string::npos);
  CHECK(output.err.find("unhealthy") != std::string::npos);
  CHECK(sandbox.container("db").at("Health") == "unhealthy");
  CHECK(sandbox.ids("web").empty());
  sandbox.finish();
}

TEST_CASE("a one-shot job runs to its end before those that wait for its completion") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  migrate:
    image: busybox
    command: ["sh", "-c", "sleep 0.5; echo done > /shared/state"]
    volumes: ["shared:/shared"]
  web:
    image: busybox
    command: ["sh", "-c", "cat /shared/state; exec sleep 1000"]
    depends_on:
      migrate:
        condition: service_completed_successfully
    volumes: ["shared:/shared"]
    stop_grace_period: 0s
volumes:
  shared:
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.log("web") == "done\n"; }));
  sandbox.finish();
}

TEST_CASE("a one-shot job that fails stops its dependents and its exit code is told") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  migrate:
    image: busybox
    command: ["sh", "-c", "exit 3"]
  web:
    image: busybox
    command: ["sleep", "1000"]
    depends_on:
      migrate:
        condition: service_completed_successfully
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("migrate") != std::string::npos);
  CHECK(output.err.find("exit 3") != std::string::npos);
  CHECK(sandbox.ids("web").empty());
  sandbox.finish();
}

TEST_CASE("health turns from starting to healthy to unhealthy as the check says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    healthcheck:
      test: test -f /tmp/good
      interval: 200ms
      retries: 2
      start_period: 20s
      start_interval: 200ms
    stop_grace_period: 0s
)");
  const auto health = [&] { return sandbox.container("web").at("Health").get<std::string>(); };
  sandbox.ok({"up", "-d"});
  CHECK(health() == "starting");
  sandbox.inside("web", {"touch", "/tmp/good"});
  CHECK(it::eventually([&] { return health() == "healthy"; }));
  sandbox.inside("web", {"rm", "/tmp/good"});
  CHECK(it::eventually([&] { return health() == "unhealthy"; }));
  sandbox.finish();
}

TEST_CASE("up --wait returns once every service is running or healthy") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "sleep 0.5; touch /tmp/good; exec sleep 1000"]
    healthcheck:
      test: test -f /tmp/good
      interval: 200ms
      retries: 50
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "--wait"});
  CHECK(sandbox.container("web").at("Health") == "healthy");
  sandbox.finish();
}

TEST_CASE("zeros of a health check mean the defaults, not a check without pause") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    healthcheck:
      test: ["CMD-SHELL", "echo x >> /checks; false"]
      interval: 0s
      timeout: 0s
      retries: 0
      start_interval: 0s
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  CHECK(sandbox.container("web").at("Health") == "starting");
  CHECK(sandbox.inside("web", {"sh", "-c", "cat /checks 2>/dev/null | wc -l"}) == "0\n");
  sandbox.finish();
}
