#include "engine/port_reservation.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::PublishedPort;

namespace {

PublishedPort port(uint16_t number, const std::string& ip = "127.0.0.1",
                   const std::string& protocol = "tcp") {
  PublishedPort wanted;
  wanted.host_ip = ip;
  wanted.host_port = number;
  wanted.container_port = 80;
  wanted.protocol = protocol;
  return wanted;
}

engine::Reservation reserve_port(const PublishedPort& wanted) {
  return std::move(engine::reserve_port(wanted, {wanted.host_ip}).front());
}

}  // namespace

TEST_CASE("a random port is taken, held while the socket lives and free afterwards") {
  uint16_t number = 0;
  {
    const engine::Reservation held = reserve_port(port(0));
    number = held.port.host_port;
    CHECK(number >= 32768);
    CHECK_THROWS_AS(reserve_port(port(number)), engine::Error);
  }
  CHECK(reserve_port(port(number)).port.host_port == number);
}

TEST_CASE("a port on every address clashes with the same port on one address, both ways") {
  const engine::Reservation one = reserve_port(port(0));
  CHECK_THROWS_AS(reserve_port(port(one.port.host_port, "")), engine::Error);
  const engine::Reservation all = reserve_port(port(0, ""));
  CHECK_THROWS_AS(reserve_port(port(all.port.host_port)), engine::Error);
}

TEST_CASE("a clash names the port and the program that holds it") {
  const engine::Reservation held = reserve_port(port(0));
  try {
    reserve_port(port(held.port.host_port));
    FAIL("no error");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kConflict);
    CHECK_THAT(error.what(), Catch::Contains("127.0.0.1:" + std::to_string(held.port.host_port) + "/tcp"));
    CHECK_THAT(error.what(), Catch::Contains("(pid " + std::to_string(::getpid()) + ")"));
  }
}

TEST_CASE("a range gives its first free port and an error when none is free") {
  const engine::Reservation first = reserve_port(port(0));
  PublishedPort range = port(first.port.host_port);
  range.host_port_end = static_cast<uint16_t>(first.port.host_port + 3);
  const engine::Reservation second = reserve_port(range);
  CHECK(second.port.host_port > first.port.host_port);
  CHECK(second.port.host_port <= range.host_port_end);
  range.host_port_end = range.host_port;
  CHECK_THROWS_AS(reserve_port(range), engine::Error);
}

TEST_CASE("udp and tcp of one number do not clash") {
  const engine::Reservation tcp = reserve_port(port(0));
  CHECK(reserve_port(port(tcp.port.host_port, "127.0.0.1", "udp")).socket);
}

TEST_CASE("an address the host does not have is refused by name") {
  CHECK_THROWS_WITH(reserve_port(port(0, "203.0.113.9")), Catch::Contains("no address 203.0.113.9"));
}

TEST_CASE("every address has one spelling") {
  CHECK(reserve_port(port(0, "0.0.0.0")).port.host_ip.empty());
  CHECK(reserve_port(port(0, "")).port.host_ip.empty());
}

TEST_CASE(
    "a port for all addresses has the same number on both families, and IPv6 alone does not take IPv4's") {
  const std::vector<engine::Reservation> both = engine::reserve_port(port(0, ""), {"", "::"});
  REQUIRE(both.size() == 2);
  CHECK(both[0].port.host_port == both[1].port.host_port);
  CHECK(both[0].port.host_ip.empty());
  CHECK(both[1].port.host_ip == "::");
  CHECK_THROWS_WITH(engine::reserve_port(port(both[0].port.host_port, "::"), {"::"}),
                    Catch::Contains("[::]:"));
  const std::vector<engine::Reservation> six = engine::reserve_port(port(0, "::1"), {"::1"});
  CHECK(reserve_port(port(six[0].port.host_port, "127.0.0.1")).socket);
  CHECK(engine::reserve_port(port(0), {}).empty());
}
