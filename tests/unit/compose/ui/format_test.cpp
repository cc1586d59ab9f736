#include "compose/ui/format.h"

#include <catch2/catch.hpp>

using namespace compose::ui;

TEST_CASE("sizes have three significant digits and decimal units") {
  CHECK(human_size(0) == "0B");
  CHECK(human_size(999) == "999B");
  CHECK(human_size(1000) == "1kB");
  CHECK(human_size(4'860'000) == "4.86MB");
  CHECK(human_size(77'800'000) == "77.8MB");
  CHECK(human_size(999'900'000) == "1GB");
  CHECK(human_size(1'230'000'000'000) == "1.23TB");
}

TEST_CASE("durations are told as docker tells them") {
  CHECK(human_duration(900) == "Less than a second");
  CHECK(human_duration(1000) == "1 second");
  CHECK(human_duration(59'000) == "59 seconds");
  CHECK(human_duration(60'000) == "About a minute");
  CHECK(human_duration(180'000) == "3 minutes");
  CHECK(human_duration(3'600'000) == "About an hour");
  CHECK(human_duration(int64_t{47} * 3'600'000) == "47 hours");
  CHECK(human_duration(int64_t{3} * 86'400'000) == "3 days");
  CHECK(human_duration(int64_t{21} * 86'400'000) == "3 weeks");
  CHECK(human_duration(int64_t{90} * 86'400'000) == "3 months");
  CHECK(human_duration(int64_t{900} * 86'400'000) == "2 years");
}

TEST_CASE("a status tells state, age and health") {
  engine::Status status;
  CHECK(status_text(status, 0) == "Created");
  status.state = engine::State::kRunning;
  status.started_ms = 1'000;
  CHECK(status_text(status, 181'000) == "Up 3 minutes");
  status.health = engine::Health::kHealthy;
  CHECK(status_text(status, 181'000) == "Up 3 minutes (healthy)");
  status.health = engine::Health::kStarting;
  CHECK(status_text(status, 6'000) == "Up 5 seconds (health: starting)");
  status.state = engine::State::kPaused;
  CHECK(status_text(status, 6'000) == "Up 5 seconds (Paused)");
  status.state = engine::State::kExited;
  status.exit_code = 137;
  status.finished_ms = 4'000;
  CHECK(status_text(status, 6'000) == "Exited (137) 2 seconds ago");
  status.state = engine::State::kRestarting;
  CHECK(status_text(status, 6'000) == "Restarting (137) 2 seconds ago");
}

TEST_CASE("a clock that was set back makes no negative age") {
  engine::Status status;
  status.state = engine::State::kRunning;
  status.started_ms = 10'000;
  CHECK(status_text(status, 0) == "Up Less than a second");
}

namespace {
engine::PublishedPort port(uint16_t host, uint16_t target, const std::string& ip = "",
                           const std::string& protocol = "tcp") {
  engine::PublishedPort result;
  result.host_ip = ip;
  result.host_port = host;
  result.container_port = target;
  result.protocol = protocol;
  return result;
}
}  // namespace

TEST_CASE("published ports come before exposed ones, neighbours as a range") {
  CHECK(ports_text({port(8080, 80)}, {}) == "0.0.0.0:8080->80/tcp");
  CHECK(ports_text({port(8080, 80, "127.0.0.1")}, {"80/tcp", "443/tcp"}) ==
        "127.0.0.1:8080->80/tcp, 443/tcp");
  CHECK(ports_text({port(8002, 82), port(8000, 80), port(8001, 81)}, {}) == "0.0.0.0:8000-8002->80-82/tcp");
  CHECK(ports_text({port(53, 53, "", "udp"), port(53, 53)}, {}) == "0.0.0.0:53->53/tcp, 0.0.0.0:53->53/udp");
  CHECK(ports_text({port(9000, 80), port(8000, 80)}, {}) == "0.0.0.0:8000->80/tcp, 0.0.0.0:9000->80/tcp");
  CHECK(ports_text({port(8080, 80, "::1")}, {}) == "[::1]:8080->80/tcp");
  CHECK(ports_text({}, {"80", "81/tcp"}) == "80-81/tcp");
  CHECK(ports_text({}, {}).empty());
}

TEST_CASE("commands are quoted and cut at a whole character") {
  CHECK(quoted_command("sleep 10", 20) == "\"sleep 10\"");
  CHECK(quoted_command("/bin/sh -c while true", 20) == "\"/bin/sh -c while tr\u2026\"");
  CHECK(quoted_command("aaa\u00e9\u00e9", 5) == "\"aaa\u2026\"");
}

TEST_CASE("short ids are twelve digits without the digest's name") {
  CHECK(short_id("sha256:0123456789abcdef") == "0123456789ab");
  CHECK(short_id("0123456789abcdef") == "0123456789ab");
}
