#include "netmgr/lb/sticky.h"

#include <catch2/catch.hpp>

using namespace netmgr::lb;

TEST_CASE("cookies are found and left out by their whole name") {
  CHECK(find_cookie("a=1; SRV=x;b=2", "SRV") == "x");
  CHECK(find_cookie("XSRV=y; SRV=x", "SRV") == "x");
  CHECK(find_cookie("a=SRV=1", "SRV") == std::nullopt);
  CHECK(find_cookie("SRV", "SRV") == std::nullopt);
  CHECK(find_cookie("SRV=", "SRV") == "");
  CHECK(without_cookie("a=1; SRV=x; b=2", "SRV") == "a=1; b=2");
  CHECK(without_cookie("SRV=x", "SRV").empty());
  CHECK(without_cookie("SRV=x; SRV=y; c=3", "SRV") == "c=3");
  CHECK(set_cookie("ID=5; path=/; x=y").first == "ID");
  CHECK(set_cookie("ID=5; path=/").second == "5");
}

TEST_CASE("sessions of applications are known by their first bytes, for a time, and are not without end") {
  const AppSessionConfig config{"ID", 4, 100};
  AppSessions sessions;
  sessions.learn(config, "abcdef", "one", 1000);
  CHECK(sessions.server_of(config, "abcdXX", 1050) == "one");
  CHECK(sessions.server_of(config, "abcdXX", 1140) == "one");  // used meanwhile
  CHECK(sessions.server_of(config, "abcdXX", 1300).empty());
  sessions.learn(config, "abcd", "two", 1300);
  sessions.learn(config, "abcd", "three", 1301);
  CHECK(sessions.server_of(config, "abcd", 1302) == "three");
  CHECK(sessions.size() == 1);
  const AppSessionConfig longer{"ID", 52, 1'000'000};
  for (int i = 0; i < 100'100; ++i) sessions.learn(longer, "s" + std::to_string(i), "x", 2000);
  CHECK(sessions.size() == 100'000);
  CHECK(sessions.server_of(longer, "s100099", 2000) == "x");
  CHECK(sessions.server_of(longer, "s0", 2000).empty());
}
