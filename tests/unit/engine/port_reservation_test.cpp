#include "engine/port_reservation.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

TEST_CASE("of two programs that have a port on one address each, the one in the way is named") {
  const engine::Reservation ours = reserve_port(port(0, "127.0.0.3"));
  const uint16_t number = ours.port.host_port;
  int ready[2];
  REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
  const pid_t other = ::fork();
  if (other == 0) {
    ::close(ours.socket.get());
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(number);
    ::inet_pton(AF_INET, "127.0.0.2", &place.sin_addr);
    const bool there = ::bind(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0 &&
                       ::listen(socket, 1) == 0;
    if (there && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const auto refusal = [&](const std::string& ip) {
    try {
      reserve_port(port(number, ip));
    } catch (const engine::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(refusal("127.0.0.2"), Catch::Contains("(pid " + std::to_string(other) + ")"));
  CHECK_THAT(refusal("127.0.0.3"), Catch::Contains("(pid " + std::to_string(::getpid()) + ")"));
  CHECK_THAT(refusal(""), Catch::Contains("(pid "));
  CHECK_NOTHROW(reserve_port(port(number, "::")));
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  for (const int end : ready) ::close(end);
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
  bool apart = false;
  for (int attempt = 0; attempt < 20 && !apart; ++attempt) {  // somebody's connection may have the number
    const std::vector<engine::Reservation> six = engine::reserve_port(port(0, "::1"), {"::1"});
    try {
      apart = static_cast<bool>(reserve_port(port(six[0].port.host_port, "127.0.0.1")).socket);
    } catch (const engine::Error& error) {
      CHECK(error.kind() == engine::Error::Kind::kConflict);
    }
  }
  CHECK(apart);
  CHECK(engine::reserve_port(port(0), {}).empty());
}
