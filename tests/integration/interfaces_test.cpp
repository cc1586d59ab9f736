// priority, gw_priority, interface_name and mac_address: a container's interfaces, as they are inside.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "sandbox.h"

using it::kCommon;
using it::Sandbox;

namespace {

constexpr const char* kNetworks = R"(
networks:
  one: {ipam: {config: [{subnet: 10.61.1.0/24}]}}
  two: {ipam: {config: [{subnet: 10.61.2.0/24}]}}
  three: {ipam: {config: [{subnet: 10.61.3.0/24}]}}
  closed: {internal: true, ipam: {config: [{subnet: 10.61.4.0/24}]}}
)";

// A service that answers on port 8080 of the host; its networks follow.
constexpr const char* kSite = R"(
  web:
    <<: *common
    command: [sh, -c, "mkdir /site && echo here > /site/index.html && exec httpd -f -p 80 -h /site"]
    ports: ["8080:80"])";

bool site_answers() {
  return it::eventually([] { return it::http("http://127.0.0.1:8080/") == "here\n"; });
}

// "10.61.2.1 eth1"
std::string default_route(Sandbox& sandbox, const std::string& service) {
  return sandbox.inside(
      service,
      {"sh", "-c",
       "ip route | sed -n 's/^default via \\([^ ]*\\) dev \\([^ ]*\\).*/\\1 \\2/p' | xargs echo -n"});
}

// The third number of the address of each interface: "eth0=2 eth1=1".
std::string links(Sandbox& sandbox, const std::string& service) {
  return sandbox.inside(
      service, {"sh", "-c",
                "ip -4 -o addr show | sed -n 's/^[0-9]*: \\([^ ]*\\) *inet 10.61.\\([0-9]\\).*/\\1=\\2/p' "
                "| sort | xargs echo -n"});
}

}  // namespace

TEST_CASE("priority gives the order of interfaces, gw_priority the default route, interface_name the name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  plain: {<<: *common, networks: [two, one, closed]}
  ordered:
    <<: *common
    mac_address: 02:42:ac:11:00:33
    networks:
      one: {}
      two: {priority: 10}
      three: {priority: 100, gw_priority: -1}
  named:
    <<: *common
    networks:
      one: {interface_name: eth1}
      two: {interface_name: uplink, gw_priority: 5}
      three: {}
      closed: {gw_priority: 100}
)" + kNetworks);
  sandbox.ok({"up", "-d"});
  CHECK(links(sandbox, "plain") == "eth0=4 eth1=1 eth2=2");
  CHECK(default_route(sandbox, "plain") == "10.61.1.1 eth1");
  CHECK(links(sandbox, "ordered") == "eth0=3 eth1=2 eth2=1");
  CHECK(default_route(sandbox, "ordered") == "10.61.1.1 eth2");
  CHECK(sandbox.inside("ordered", {"cat", "/sys/class/net/eth0/address"}) == "02:42:ac:11:00:33\n");
  CHECK(sandbox.inside("ordered", {"cat", "/sys/class/net/eth1/address"}) != "02:42:ac:11:00:33\n");
  CHECK(links(sandbox, "named") == "eth0=4 eth1=1 eth2=3 uplink=2");
  CHECK(default_route(sandbox, "named") == "10.61.2.1 uplink");
  // All its addresses are its own name's.
  const std::string hosts = sandbox.inside("named", {"cat", "/etc/hosts"});
  for (const char* network : {"10.61.1.", "10.61.2.", "10.61.3.", "10.61.4."})
    CHECK(hosts.find(network) != std::string::npos);
  sandbox.finish();
}

TEST_CASE("published ports lead to where the default route is, also when that moves") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + kSite + R"(
    networks: {closed: {priority: 10}, two: {}, three: {gw_priority: 1}}
)" + kNetworks);
  sandbox.ok({"up", "-d"});
  const std::string web = sandbox.project() + "-web-1", prefix = sandbox.project() + "_";
  CHECK(default_route(sandbox, "web") == "10.61.3.1 eth1");
  CHECK(site_answers());
  sandbox.ok({"network", "disconnect", prefix + "three", web});
  CHECK(default_route(sandbox, "web") == "10.61.2.1 eth2");
  CHECK(site_answers());
  sandbox.ok({"network", "connect", "--gw-priority", "7", prefix + "three", web});
  CHECK(default_route(sandbox, "web").rfind("10.61.3.1 ", 0) == 0);
  CHECK(site_answers());
  sandbox.finish();
}

TEST_CASE("a container that cannot be put on a network is as it was before") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + kSite + R"(
    networks: {two: {}}
  other: {<<: *common, networks: [one]}
)" + kNetworks);
  sandbox.ok({"up", "-d"});
  const std::string web = sandbox.project() + "-web-1";
  const std::string hosts = sandbox.inside("web", {"cat", "/etc/hosts"});
  const it::Output refused =
      sandbox.compose({"network", "connect", "--gw-priority", "5", "--driver-opt",
                       "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.there_is_none=1",
                       sandbox.project() + "_one", web});
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Catch::Contains("there_is_none"));
  CHECK(links(sandbox, "web") == "eth0=2");
  CHECK(default_route(sandbox, "web") == "10.61.2.1 eth0");
  CHECK(sandbox.inside("web", {"cat", "/etc/hosts"}) == hosts);
  CHECK(site_answers());
  sandbox.ok({"network", "connect", sandbox.project() + "_one", web});
  CHECK(default_route(sandbox, "web") == "10.61.1.1 eth1");
  sandbox.finish();
}

TEST_CASE("container run attaches networks in the order given, with what is said of each") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const auto& [name, subnet] : {std::pair("b", "10.61.1.0/24"), {"a", "10.61.2.0/24"}})
    sandbox.ok({"network", "create", "--subnet", subnet, name});
  const std::string show =
      "cat /sys/class/net/eth0/address; ip -4 -o addr show eth0 | grep -o 'inet [0-9.]*'; "
      "ip -4 -o addr show eth1 | grep -o 'inet [0-9.]*'; ip route | grep -o 'default via [0-9.]*'";
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--network", "b", "--ip", "10.61.1.77", "--mac-address",
                 "02:42:ac:11:00:44", "--network", "name=a,ip=10.61.2.88", "--network-alias", "x", "busybox",
                 "sh", "-c", show})
            .out == "02:42:ac:11:00:44\ninet 10.61.1.77\ninet 10.61.2.88\ndefault via 10.61.2.1\n");
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--network", "name=b,gw-priority=1", "--network", "a", "busybox",
                 "sh", "-c", "ip route | grep -o 'default via [0-9.]*'"})
            .out == "default via 10.61.1.1\n");
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--add-host", "v4:10.0.0.1", "--add-host", "v6:[fd00::1]",
                 "--add-host", "bare:fd00::2", "--add-host", "equal=10.0.0.2", "--add-host",
                 "gate:host-gateway", "--network", "b", "busybox", "sh", "-c",
                 "grep -E 'v4|v6|bare|equal|gate' /etc/hosts | tr '\\t' ' '"})
            .out == "10.0.0.1 v4\nfd00::1 v6\nfd00::2 bare\n10.0.0.2 equal\n10.61.1.1 gate\n");
  sandbox.ok({"network", "rm", "a", "b"});
  sandbox.finish();
}

TEST_CASE("on the host's network extra hosts stand behind the host's own, with loopback for the gateway") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) +
                       "  web: {<<: *common, network_mode: host, extra_hosts: [\"h=10.0.0.1,[fd00::1]\", "
                       "\"me:host-gateway\"]}\n");
  sandbox.ok({"up", "-d"});
  const std::string hosts = sandbox.inside("web", {"cat", "/etc/hosts"});
  CHECK(hosts.find("localhost") != std::string::npos);
  for (const char* line : {"10.0.0.1\th\n", "fd00::1\th\n", "127.0.0.1\tme\n"})
    CHECK(hosts.find(line) != std::string::npos);
  sandbox.finish();
}
