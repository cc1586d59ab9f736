#include "engine/resolv_conf.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using namespace engine;
using Words = std::vector<std::string>;

TEST_CASE("a resolv.conf is read for its servers, the last search list and all options") {
  const ResolverConfig read = parse_resolv_conf(
      "# comment\nnameserver 10.0.0.1\nnameserver fd00::1\nsearch a b\ndomain c\noptions x\n"
      "nameserver dns.example\nnameserver 10.0.0.2 tail\noptions y z\nnameserver\n"
      "nameserver fe80::1%eth0\nnameserver 10.0.0.3%eth0\n");
  CHECK(read.servers == Words{"10.0.0.1", "fd00::1", "10.0.0.2", "fe80::1%eth0"});
  CHECK(read.search == Words{"c"});
  CHECK(read.options == Words{"x", "y", "z"});
}

TEST_CASE("each of a container's three settings replaces the host's") {
  const ResolverConfig host{{"10.0.0.1"}, {"host.test"}, {"ndots:3"}};
  ContainerConfig config;
  CHECK(own_resolv_conf(effective_resolver(config, host)) ==
        "nameserver 127.0.0.11\nsearch host.test\noptions ndots:3\n");
  config.resolver = {{"10.9.0.1", "10.9.0.2"}, {"."}, {"rotate"}};
  CHECK(own_resolv_conf(effective_resolver(config, host)) ==
        "nameserver 127.0.0.11\noptions rotate ndots:0\n");
  CHECK(plain_resolv_conf(effective_resolver(config, host)) ==
        "nameserver 10.9.0.1\nnameserver 10.9.0.2\noptions rotate\n");
  CHECK(plain_resolv_conf({}).empty());
}

TEST_CASE("a dns server is an address, and not the engine's own") {
  ContainerConfig config;
  config.resolver.servers = {"10.0.0.1", "fd00::1"};
  CHECK_NOTHROW(check_resolver(config));
  for (const char* wrong : {"dns.example", "10.0.0.1:53", "", "127.0.0.11"}) {
    config.resolver.servers = {wrong};
    CHECK_THROWS_AS(check_resolver(config), Error);
  }
  config.network_mode = "host";
  CHECK_NOTHROW(check_resolver(config));
}
