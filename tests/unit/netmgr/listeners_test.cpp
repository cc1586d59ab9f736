#include "netmgr/listeners.h"

#include <catch2/catch.hpp>

using netmgr::listening_in;

namespace {

constexpr const char* kTitles =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

std::string table(const std::string& lines) {
  return kTitles + lines;
}

}  // namespace

TEST_CASE("A listening socket counts by its port, and whether it is on loopback alone") {
  const std::string text = table(
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
      "   1: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1\n");
  CHECK(listening_in(text, 80, false).beyond_loopback);
  CHECK(listening_in(text, 3306, false).anywhere);
  CHECK_FALSE(listening_in(text, 3306, false).beyond_loopback);
  CHECK_FALSE(listening_in(text, 81, false).anywhere);
}

TEST_CASE("A connection on the port is no listener") {
  const std::string text = table(
      "   0: 0200A8C0:0050 0100A8C0:D431 01 00000000:00000000 00:00000000 00000000     0        0 1 1\n");
  CHECK_FALSE(listening_in(text, 80, false).anywhere);
}

TEST_CASE("IPv6's loopback and IPv4's in IPv6's clothes are loopback") {
  const std::string rest = " 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000\n";
  const std::string text = table("   0: 00000000000000000000000001000000:0050" + rest +
                                 "   1: 0000000000000000FFFF00000100007F:0051" + rest +
                                 "   2: 00000000000000000000000000000000:0052" + rest);
  CHECK(listening_in(text, 80, false).anywhere);
  CHECK_FALSE(listening_in(text, 80, false).beyond_loopback);
  CHECK_FALSE(listening_in(text, 81, false).beyond_loopback);
  CHECK(listening_in(text, 82, false).beyond_loopback);
}

TEST_CASE("A UDP socket listens while it is connected to nobody") {
  const std::string text = table(
      "   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0\n"
      "   1: 0200A8C0:0036 0100A8C0:0035 01 00000000:00000000 00:00000000 00000000     0        0 2 2 0 0\n");
  CHECK(listening_in(text, 53, true).beyond_loopback);
  CHECK_FALSE(listening_in(text, 54, true).anywhere);
}

TEST_CASE("What is no such table has no listeners") {
  CHECK_FALSE(listening_in("", 80, false).anywhere);
  CHECK_FALSE(listening_in("x y z 0A\n\n: : : 0A\n1: 00000000: x 0A", 80, false).anywhere);
}
