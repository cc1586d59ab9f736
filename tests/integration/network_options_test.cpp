// Drivers, their options, and what addresses a network gives out, seen from inside of containers.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "sandbox.h"

using it::address_of;
using it::inspected_network;
using it::Sandbox;
using it::sleeper;
using nlohmann::json;

namespace {

bool pings(Sandbox& sandbox, const std::string& from, const std::string& to) {
  return sandbox.compose({"exec", "-T", from, "ping", "-c", "1", "-w", "2", to}).code == 0;
}

bool host_has_link(const std::string& name) {
  return it::run({"ip", "link", "show", "dev", name}).code == 0;
}

}  // namespace

TEST_CASE("addresses come from ip_range, and neither gateway nor auxiliary addresses are given out") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("one") + sleeper("two") +
                       sleeper("fixed", "    networks:\n      default:\n        ipv4_address: 10.97.9.9\n") +
                       R"(networks:
  default:
    attachable: true
    ipam:
      config:
        - subnet: 10.97.0.0/16
          ip_range: 10.97.5.0/29
          gateway: 10.97.0.254
          aux_addresses:
            printer: 10.97.5.0
            router: 10.97.5.2
)");
  sandbox.ok({"up", "-d"});
  const std::set<std::string> given{address_of(sandbox, "one"), address_of(sandbox, "two")};
  CHECK(given == std::set<std::string>{"10.97.5.1", "10.97.5.3"});
  CHECK(address_of(sandbox, "fixed") == "10.97.9.9");
  CHECK(sandbox.inside("one", {"ip", "route"}).find("default via 10.97.0.254") != std::string::npos);
  const json network = inspected_network(sandbox, sandbox.project() + "_default");
  CHECK(network.at("Attachable") == true);
  CHECK(network.at("IPAM").at("Config") ==
        json::parse(R"([{"Subnet": "10.97.0.0/16", "IPRange": "10.97.5.0/29",
    "Gateway": "10.97.0.254", "AuxiliaryAddresses": {"printer": "10.97.5.0", "router": "10.97.5.2"}}])"));
  CHECK(pings(sandbox, "one", "two"));
  sandbox.finish();
}

TEST_CASE("a subnet may lie in a wider one that the host has a route to, and not in one that it is on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const char* route : {"10.0.0.0/8", "10.6.1.0/24", "172.16.0.0/14"})
    REQUIRE(it::run({"ip", "route", "add", route, "via", "198.51.100.1"}).code == 0);
  sandbox.ok({"network", "create", "--subnet", "10.5.0.0/16", "vpn"});
  const auto refused = [&](const std::string& subnet) {
    return sandbox.compose({"network", "create", "--subnet", subnet, "x9"}).err;
  };
  CHECK_THAT(refused("10.6.0.0/16"), Catch::Contains("overlaps 10.6.1.0/24"));
  CHECK_THAT(refused("198.51.100.128/25"), Catch::Contains("overlaps 198.51.100.0/24"));
  CHECK_THAT(refused("10.5.9.0/24"), Catch::Contains("overlaps 10.5.0.0/16"));
  // What is chosen stays clear of all of them.
  sandbox.ok({"network", "create", "chosen"});
  CHECK(inspected_network(sandbox, "chosen").at("IPAM").at("Config").at(0).at("Subnet") == "172.20.0.0/16");
  sandbox.ok({"network", "rm", "vpn", "chosen"});
  sandbox.finish();
}

TEST_CASE("options of the bridge name it and its interfaces, and part its containers") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("one", "    ports: [\"8080:80\"]\n") + sleeper("two") +
                       R"(networks:
  default:
    driver: bridge
    driver_opts:
      com.docker.network.bridge.name: shop0
      com.docker.network.bridge.enable_icc: "false"
      com.docker.network.bridge.host_binding_ipv4: 127.0.0.1
      com.docker.network.driver.mtu: "1400"
      com.docker.network.container_iface_prefix: wan
)");
  sandbox.ok({"up", "-d"});
  CHECK(host_has_link("shop0"));
  const std::string links = sandbox.inside("one", {"ip", "-o", "link"});
  CHECK(links.find("wan0") != std::string::npos);
  CHECK(links.find("mtu 1400") != std::string::npos);
  CHECK_FALSE(pings(sandbox, "one", address_of(sandbox, "two", "wan0")));
  CHECK(pings(sandbox, "one", it::kHostAddress));
  CHECK(sandbox.ok({"port", "one", "80"}).out == "127.0.0.1:8080\n");
  CHECK(inspected_network(sandbox, sandbox.project() + "_default")
            .at("Options")
            .at("com.docker.network.bridge.name") == "shop0");
  sandbox.finish();
  CHECK_FALSE(host_has_link("shop0"));
}

TEST_CASE("an option that a driver or endpoint does not have is refused by name, and nothing is made") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto refused = [&](const std::string& service, const std::string& network) {
    sandbox.compose_file("services:\n" + sleeper("web", service) + "networks:\n  default:\n" + network);
    const it::Output output = sandbox.compose({"up", "-d"});
    CHECK(output.code != 0);
    return output.err;
  };
  CHECK_THAT(refused("", "    driver_opts:\n      com.example.speed: fast\n"),
             Catch::Contains("com.example.speed"));
  CHECK_THAT(refused("", "    driver: macvlan\n    driver_opts:\n      macvlan_mode: odd\n"),
             Catch::Contains("odd"));
  CHECK_THAT(refused("", "    driver: host\n"), Catch::Contains("network_mode: host"));
  CHECK_THAT(refused("", "    ipam:\n      driver: dhcp\n"), Catch::Contains("driver: dhcp"));
  CHECK_THAT(
      refused("    networks:\n      default:\n        driver_opts:\n          com.example.color: red\n",
              "    internal: false\n"),
      Catch::Contains("com.example.color"));
  CHECK_THAT(refused("", "    ipam:\n      config: [{subnet: 10.1.0.0/24}, {subnet: 10.2.0.0/24}]\n"),
             Catch::Contains("one IPv4 subnet"));
  CHECK(sandbox.ids().empty());
  CHECK_THAT(sandbox.compose({"network", "create", "--subnet", "fd00:9::/64", "x9"}).err,
             Catch::Contains("IPv6 is not enabled"));
  CHECK_THAT(sandbox.compose({"network", "create", "--gateway", "10.1.0.1", "x9"}).err,
             Catch::Contains("--subnet"));
  CHECK_THAT(sandbox.compose({"network", "create", "--ipam-opt", "a=b", "x9"}).err, Catch::Contains("a=b"));
  CHECK_THAT(sandbox.compose({"network", "create", "-d", "overlay", "x9"}).err, Catch::Contains("overlay"));
  sandbox.ok({"network", "create", "-o", "com.docker.network.bridge.name=own9", "one9"});
  CHECK_THAT(sandbox.compose({"network", "create", "-o", "com.docker.network.bridge.name=own9", "two9"}).err,
             Catch::Contains("'own9' is taken by another network, of one9"));
  sandbox.ok({"network", "rm", "one9"});
  // Neither is what only turns out to be impossible when it is made.
  for (const char* option : {"parent=nosuch0", "parent=nosuch0.7"})
    CHECK_THAT(sandbox.compose({"network", "create", "-d", "macvlan", "-o", option, "x9"}).err,
               Catch::Contains("nosuch0"));
  CHECK_THAT(sandbox.compose({"network", "create", "-o", "com.docker.network.bridge.name=host0", "x9"}).err,
             Catch::Contains("host0"));
  CHECK_THAT(sandbox.ok({"network", "ls", "-q", "--filter", "type=custom"}).out, Catch::Equals(""));
  sandbox.finish();
}

TEST_CASE("settings of an endpoint are those of its interface") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("web", R"(    networks:
      default:
        driver_opts:
          com.docker.network.endpoint.sysctls: net.ipv4.conf.IFNAME.log_martians=1
          com.docker.network.endpoint.ifname: lan7
)"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/proc/sys/net/ipv4/conf/lan7/log_martians"}) == "1\n");
  sandbox.finish();
}

TEST_CASE("further addresses are put on the interface, by the file, by run and by connect") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("web", R"(    networks:
      default:
        link_local_ips: [169.254.7.1, "fe80::7"]
)") + sleeper("other", R"(    networks:
      default:
        link_local_ips: [169.254.7.2]
)") + "networks:\n  default: {enable_ipv6: true}\n");
  sandbox.ok({"up", "-d"});
  const std::string addresses = sandbox.inside("web", {"ip", "addr", "show", "dev", "eth0"});
  CHECK_THAT(addresses, Catch::Contains("169.254.7.1/16") && Catch::Contains("fe80::7/64"));
  CHECK_THAT(sandbox.inside("other", {"ping", "-c1", "-W2", "169.254.7.1"}),
             Catch::Contains("1 packets received"));
  CHECK(nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-other-1"}).out)
            .at(0)
            .at("NetworkSettings")
            .at("Networks")
            .at(sandbox.project() + "_default")
            .at("IPAMConfig")
            .at("LinkLocalIPs") == nlohmann::json{"169.254.7.2"});
  CHECK_THAT(sandbox.ok({"up", "-d"}).err, !Catch::Contains("Recreate"));

  const std::string network = sandbox.project() + "_default";
  CHECK_THAT(sandbox
                 .ok({"container", "run", "--rm", "--network", network, "--link-local-ip", "169.254.7.3",
                      "busybox", "ip", "addr"})
                 .out,
             Catch::Contains("169.254.7.3/16"));
  const std::string other = sandbox.project() + "-other-1";
  sandbox.ok({"network", "disconnect", network, other});
  sandbox.ok({"network", "connect", "--link-local-ip", "169.254.7.4", network, other});
  CHECK_THAT(sandbox.inside("other", {"ip", "addr"}), Catch::Contains("169.254.7.4/16"));
  sandbox.ok({"network", "create", "plain9"});
  CHECK_THAT(sandbox.compose({"network", "connect", "--link-local-ip", "fe80::9", "plain9", other}).err,
             Catch::Contains("needs IPv6"));
  sandbox.ok({"network", "rm", "plain9"});
  sandbox.finish();
}

TEST_CASE("containers on a macvlan are on the network of their parent, found by name, and publish nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("one", "    ports: [\"8080:80\"]\n") + sleeper("two") +
                       R"(networks:
  default:
    driver: macvlan
    driver_opts:
      parent: host0
    ipam:
      config:
        - subnet: 198.51.100.0/24
          ip_range: 198.51.100.64/28
          gateway: 198.51.100.1
)");
  const it::Output up = sandbox.ok({"up", "-d"});
  CHECK_THAT(up.err, Catch::Contains("not published"));
  CHECK(address_of(sandbox, "one").rfind("198.51.100.", 0) == 0);
  CHECK(pings(sandbox, "one", "two"));
  CHECK(sandbox.inside("one", {"ip", "route"}).find("default via 198.51.100.1") != std::string::npos);
  CHECK(it::run({"ss", "-Hltn", "sport = :8080"}).out.empty());
  CHECK(inspected_network(sandbox, sandbox.project() + "_default").at("Driver") == "macvlan");
  const std::string container = sandbox.project() + "-one-1", network = sandbox.project() + "_default";
  sandbox.ok({"network", "disconnect", network, container});
  CHECK(sandbox.inside("one", {"ip", "-o", "link"}).find("eth0") == std::string::npos);
  sandbox.ok({"network", "connect", "--ip", "198.51.100.70", "--alias", "one", network, container});
  CHECK(address_of(sandbox, "one") == "198.51.100.70");
  CHECK(pings(sandbox, "two", "one"));
  CHECK(sandbox.inside("one", {"ip", "addr", "show", "dev", "eth0"}).find("inet6") == std::string::npos);
  sandbox.finish();
}

TEST_CASE("a container on a macvlan is started again while another has its network still") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("lender") + R"(networks:
  default:
    driver: macvlan
    ipam:
      config: [{subnet: 10.77.0.0/24}]
)");
  sandbox.ok({"up", "-d"});
  const std::string lender = sandbox.project() + "-lender-1";
  sandbox.ok({"container", "run", "-d", "--name", "guest", "--network", "container:" + lender, "busybox",
              "sleep", "1000"});
  CHECK(sandbox.ok({"container", "exec", "guest", "ip", "addr"}).out.find("10.77.0.2") != std::string::npos);
  sandbox.ok({"container", "stop", "-t", "0", lender});
  CHECK(sandbox.ok({"container", "exec", "guest", "ip", "addr"}).out.find("10.77.0.2") == std::string::npos);
  sandbox.ok({"container", "start", lender});
  CHECK(address_of(sandbox, "lender") == "10.77.0.2");
  sandbox.ok({"container", "rm", "-f", "guest"});
  sandbox.finish();
}

TEST_CASE("the engine's own networks are used as external ones") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("shared", "    networks: [outer]\n") +
                       sleeper("alone", "    networks: [nothing]\n") + R"(networks:
  outer:
    name: host
    external: true
  nothing:
    name: none
    external: true
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("shared", {"ip", "-o", "link"}).find("host0") != std::string::npos);
  CHECK(sandbox.inside("alone", {"ip", "-o", "link"}).find("eth0") == std::string::npos);
  CHECK(sandbox.compose({"up", "-d"}).err.find("Recreate") == std::string::npos);
  sandbox.finish();
}
