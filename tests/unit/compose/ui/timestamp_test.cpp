#include "compose/ui/timestamp.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>

using namespace compose::ui;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

// The process's time zone, until the end of the test.
struct Zone {
  explicit Zone(const char* name) { set(name); }
  ~Zone() { set("UTC0"); }
  static void set(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
};

}  // namespace

TEST_CASE("RFC 3339 times are read to the nanosecond, with any zone") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339("2026-01-02T03:04:05.000000001Z") == 1'767'323'045 * kSecond + 1);
  CHECK(parse_rfc3339("2026-01-02T03:04:05.5Z") == 1'767'323'045 * kSecond + kSecond / 2);
  CHECK(parse_rfc3339("2026-01-02T04:04:05+01:00") == 1'767'323'045 * kSecond);
  for (const char* bad : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-02T03:04:05",
                          "2026-01-02T25:04:05Z", "2026-01-02T03:04:05Zx", "2026-01-02T03:04:05.Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}

TEST_CASE("times are printed so that they can be read back") {
  for (const int64_t time : {int64_t{0}, 1'767'323'045 * kSecond + 123, int64_t{951'782'400} * kSecond}) {
    CHECK(parse_rfc3339(to_rfc3339(time)) == time);
  }
  CHECK(to_rfc3339(1) == "1970-01-01T00:00:00.000000001Z");
  CHECK(to_created_at(1'767'323'045'000) == "2026-01-02 03:04:05 +0000 UTC");
}

TEST_CASE("a time without a zone is local time, in summer as in winter") {
  const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(parse_moment("2026-01-02T03:04:05", 0) == parse_rfc3339("2026-01-02T02:04:05Z"));
  CHECK(parse_moment("2026-01-02T03:04:05.25", 0) == parse_rfc3339("2026-01-02T02:04:05.25Z"));
  CHECK(parse_moment("2026-07-02 03:04", 0) == parse_rfc3339("2026-07-02T01:04:00Z"));
  CHECK(parse_moment("2026-07-02", 0) == parse_rfc3339("2026-07-01T22:00:00Z"));
  CHECK(parse_moment("2026-07-02T03:04:05Z", 0) == parse_rfc3339("2026-07-02T03:04:05Z"));
}

TEST_CASE("a moment is a time, Unix seconds or an age") {
  const Zone zone("UTC0");
  const int64_t now = 1'000'000 * kSecond;
  CHECK(parse_moment("10m", now) == now - 600 * kSecond);
  CHECK(parse_moment("1h30m", now) == now - 5400 * kSecond);
  CHECK(parse_moment("1.5s", now) == now - kSecond * 3 / 2);
  CHECK(parse_moment("1700000000", now) == 1'700'000'000 * kSecond);
  CHECK(parse_moment("2026-01-02", now) == 1'767'312'000 * kSecond);
  CHECK(parse_moment("2026-01-02T03:04:05", now) == 1'767'323'045 * kSecond);
  for (const char* bad : {"", "yesterday", "10", "m", "10x", "-", "-5m", "1e400"}) {
    INFO(bad);
    if (std::string(bad) == "10") {
      CHECK(parse_moment(bad, now) == 10 * kSecond);
    } else {
      CHECK_FALSE(parse_moment(bad, now));
    }
  }
}
