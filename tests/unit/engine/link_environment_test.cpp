#include "engine/link_environment.h"

#include <catch2/catch.hpp>

using namespace engine;
using Words = std::vector<std::string>;

TEST_CASE("a linked container's ports, name and environment become variables under its alias") {
  CHECK(link_environment(
            {"my-db", "/web/my-db", "172.17.0.2", {{5432, "tcp"}}, {"PATH=/bin", "A=1=2", "HOME=/"}}) ==
        Words{"MY_DB_PORT=tcp://172.17.0.2:5432", "MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432",
              "MY_DB_PORT_5432_TCP_ADDR=172.17.0.2", "MY_DB_PORT_5432_TCP_PORT=5432",
              "MY_DB_PORT_5432_TCP_PROTO=tcp", "MY_DB_NAME=/web/my-db", "MY_DB_ENV_A=1=2"});
  CHECK(link_environment({"db", "/web/db", "172.17.0.2", {}, {}}) == Words{"DB_NAME=/web/db"});
}

TEST_CASE("ports that follow each other are told as a range as well, those of tcp come first") {
  const Words made =
      link_environment({"d",
                        "/w/d",
                        "10.0.0.2",
                        {{53, "udp"}, {82, "tcp"}, {80, "tcp"}, {81, "tcp"}, {90, "tcp"}, {81, "tcp"}},
                        {}});
  CHECK(made.front() == "D_PORT=tcp://10.0.0.2:80");
  const auto has = [&](const std::string& entry) { return std::count(made.begin(), made.end(), entry) == 1; };
  for (const char* entry :
       {"D_PORT_80_TCP_START=tcp://10.0.0.2:80", "D_PORT_80_TCP_PORT_START=80",
        "D_PORT_80_TCP_END=tcp://10.0.0.2:82", "D_PORT_80_TCP_PORT_END=82", "D_PORT_81_TCP_ADDR=10.0.0.2",
        "D_PORT_90_TCP_PORT=90", "D_PORT_53_UDP_PROTO=udp"})
    CHECK(has(entry));
  CHECK_FALSE(has("D_PORT_90_TCP_START=tcp://10.0.0.2:90"));
}
