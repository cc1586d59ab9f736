// Health checks as the monitor makes them.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "fixture.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;
using engine::Health;
using engine::State;
using engine::Status;

TEST_CASE("Health goes from starting to healthy to unhealthy and back, and the endpoint file stays") {
  if (!is_root()) return;
  Container box;
  const std::string network = box.root + "/net";
  sys::make_dirs(network);
  sys::make_dirs(box.root + "/shared");
  box.spec.networks = {{network, "10.9.8.7", {"web", "test-1"}}};
  box.spec.mounts.push_back(container_test::bind(box.root + "/shared", "/shared"));
  box.spec.healthcheck.test = {"CMD-SHELL", "echo checked; test -e /shared/ok"};
  box.spec.healthcheck.interval_ms = 60;
  box.spec.healthcheck.retries = 2;
  const auto registered = [&] {
    return ::access((network + "/" + box.spec.id.substr(0, 12)).c_str(), F_OK) == 0 ||
           ::access((network + "/" + box.spec.id).c_str(), F_OK) == 0;
  };
  box.start();
  CHECK(box.status().health == Health::kStarting);
  CHECK(registered());
  box.wait_until([](const Status& s) { return s.health == Health::kUnhealthy; });
  CHECK(registered());
  sys::write_file_atomic(box.root + "/shared/ok", "");
  const Status healthy = box.wait_until([](const Status& s) { return s.health == Health::kHealthy; });
  CHECK(healthy.failing_streak == 0);
  CHECK(healthy.health_log.size() <= 5);
  CHECK(healthy.health_log.back().output == "checked\n");
  CHECK(registered());
  box.stop();
  CHECK_FALSE(registered());
}

TEST_CASE("A health check that takes too long is killed and counts as failed") {
  if (!is_root()) return;
  Container box;
  box.spec.healthcheck.test = {"CMD", "sleep", "100"};
  box.spec.healthcheck.interval_ms = 50;
  box.spec.healthcheck.timeout_ms = 100;
  box.spec.healthcheck.retries = 1;
  box.start();
  const Status status = box.wait_until([](const Status& s) { return s.health == Health::kUnhealthy; });
  CHECK(status.health_log.back().exit_code == -1);
  CHECK(status.health_log.back().output.find("timeout") != std::string::npos);
}

TEST_CASE("A health check that is stopped before its program runs holds neither the monitor nor a stop up") {
  if (!is_root()) return;
  Container box;
  // Stops whatever process comes next, from the moment it is there.
  box.spec.args = {"sh", "-c", "n=2; while :; do kill -STOP $n 2>/dev/null && n=$((n + 1)); done"};
  box.spec.healthcheck.test = {"CMD", "sleep",
                               "5"};  // too slow, so that it is seldom too quick to be stopped
  box.spec.healthcheck.interval_ms = 50;
  box.spec.healthcheck.timeout_ms = 300;
  box.spec.healthcheck.retries = 2;
  box.start();
  box.wait_until([](const Status& s) { return s.health == Health::kUnhealthy; });
  const auto begin = std::chrono::steady_clock::now();
  box.stop(0);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
  CHECK(box.status().state == State::kExited);
}
