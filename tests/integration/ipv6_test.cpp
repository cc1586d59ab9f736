// Networks with IPv6, alone and beside IPv4, seen from inside of containers.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "sandbox.h"

using it::fetched;
using it::inspected_network;
using it::Sandbox;
using it::sleeper;
using nlohmann::json;

namespace {

std::string server(const std::string& name, const std::string& more = "") {
  return "  " + name +
         ":\n    image: busybox\n    command: [\"sh\", \"-c\", \"mkdir -p /site && echo hello > "
         "/site/index.html && "
         "exec httpd -f -p '[::]:80' -h /site\"]\n    stop_grace_period: 0s\n" +
         more;
}

std::string global_address(Sandbox& sandbox, const std::string& service,
                           const std::string& interface = "eth0") {
  return sandbox.inside(service, {"sh", "-c",
                                  "ip -6 -o addr show dev " + interface +
                                      " scope global | sed 's/.* inet6 \\([0-9a-f:]*\\).*/\\1/' | tr "
                                      "-d '\\n'"});
}

std::string fetched_by_host(const std::string& url) {
  return it::run({"curl", "-gsS", "-m", "3", url}).out;
}

}  // namespace

TEST_CASE(
    "a network with enable_ipv6 gives each container an address of both families, and names lead to both") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + server("web", "    ports: [\"8080:80\"]\n") + sleeper("client") +
                       "networks:\n  default:\n    enable_ipv6: true\n");
  sandbox.ok({"up", "-d"});
  const std::string web = global_address(sandbox, "web");
  REQUIRE(web.rfind("fd", 0) == 0);
  CHECK(sandbox.inside("client", {"ip", "-6", "addr", "show", "dev", "eth0"}).find("tentative") ==
        std::string::npos);
  CHECK(it::eventually([&] { return fetched(sandbox, "client", "http://[" + web + "]/") == "hello\n"; }));
  CHECK(sandbox.inside("client", {"nslookup", "-type=AAAA", "web"}).find(web) != std::string::npos);
  CHECK(sandbox.inside("client", {"nslookup", web}).find("web") != std::string::npos);
  CHECK(sandbox.inside("web", {"cat", "/etc/hosts"}).find(web + '\t') != std::string::npos);

  REQUIRE(it::run({"ip", "-6", "address", "add", "2001:db8::2/64", "dev", "host0", "nodad"}).code == 0);
  CHECK(fetched_by_host("http://[2001:db8::2]:8080/") == "hello\n");
  CHECK(fetched_by_host("http://127.0.0.1:8080/") == "hello\n");
  // The kernel does not route from ::1: refused at once, so that a client goes on to 127.0.0.1.
  CHECK(it::run({"curl", "-gsS", "-m", "3", "http://[::1]:8080/"}).err.find("onnect") != std::string::npos);
  const std::string row = sandbox.ok({"ps", "--format", "{{.Ports}}"}).out;
  CHECK(row.find("0.0.0.0:8080->80/tcp") != std::string::npos);
  CHECK(row.find("[::]:8080->80/tcp") != std::string::npos);

  const json network = inspected_network(sandbox, sandbox.project() + "_default");
  CHECK(network.at("EnableIPv4") == true);
  CHECK(network.at("EnableIPv6") == true);
  REQUIRE(network.at("IPAM").at("Config").size() == 2);
  CHECK(network.at("IPAM").at("Config").at(1).at("Subnet").get<std::string>().rfind("fd", 0) == 0);
  for (const auto& [id, container] : network.at("Containers").items())
    if (container.at("Name").get<std::string>().find("web") != std::string::npos)
      CHECK(container.at("IPv6Address") == web + "/64");
  CHECK(sandbox.compose({"up", "-d"}).err.find("Recreate") == std::string::npos);
  sandbox.finish();
}

TEST_CASE("a network without IPv4 is IPv6 alone, with the addresses that the file fixes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" +
                       server("web",
                              "    ports: [\"8080:80\"]\n    networks:\n      six:\n        ipv6_address: "
                              "fd66:0:0:1::77\n") +
                       sleeper("client", "    networks: [six]\n") + R"(networks:
  six:
    enable_ipv4: false
    enable_ipv6: true
    ipam:
      config:
        - subnet: fd66:0:0:1::/64
          gateway: fd66:0:0:1::9
)");
  sandbox.ok({"up", "-d"});
  CHECK(global_address(sandbox, "web") == "fd66:0:0:1::77");
  CHECK(sandbox.inside("web", {"ip", "-4", "addr", "show", "dev", "eth0"}).find("inet ") ==
        std::string::npos);
  CHECK(sandbox.inside("web", {"ip", "-6", "route"}).find("default via fd66:0:0:1::9") != std::string::npos);
  CHECK(it::eventually([&] { return fetched(sandbox, "client", "http://web/") == "hello\n"; }));
  REQUIRE(it::run({"ip", "-6", "address", "add", "2001:db8::2/64", "dev", "host0", "nodad"}).code == 0);
  CHECK(fetched_by_host("http://[2001:db8::2]:8080/") == "hello\n");
  const json network = inspected_network(sandbox, sandbox.project() + "_six");
  CHECK(network.at("EnableIPv4") == false);
  CHECK(network.at("IPAM").at("Config") ==
        json::parse(R"([{"Subnet": "fd66:0:0:1::/64", "Gateway": "fd66:0:0:1::9"}])"));
  sandbox.finish();
}

TEST_CASE("IPv6 switched on in the file makes the network and its containers anew") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("web") + "networks:\n  default: {}\n");
  sandbox.ok({"up", "-d"});
  CHECK(global_address(sandbox, "web").empty());
  const auto before = sandbox.ids();
  sandbox.compose_file("services:\n" + sleeper("web") + "networks:\n  default:\n    enable_ipv6: true\n");
  const it::Output changed = sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() != before);
  CHECK_FALSE(global_address(sandbox, "web").empty());
  sandbox.finish();
}

TEST_CASE("a running container is put on an IPv6 network and taken off it again") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n" + sleeper("web"));
  sandbox.ok({"up", "-d"});
  const std::string name = sandbox.project() + "-six", container = sandbox.project() + "-web-1";
  sandbox.ok({"network", "create", "--ipv6", "--subnet", "10.98.0.0/24", "--subnet", "fd98::/64",
              "--ip-range", "fd98::1:0/112", "--aux-address", "printer=fd98::1:1", name});
  const json network = inspected_network(sandbox, name);
  CHECK(network.at("IPAM").at("Config").at(1) ==
        json::parse(R"({"Subnet": "fd98::/64", "IPRange": "fd98::1:0/112", "Gateway": "fd98::1:0",
                        "AuxiliaryAddresses": {"printer": "fd98::1:1"}})"));
  sandbox.ok(
      {"network", "connect", "--ip", "10.98.0.7", "--ip6", "fd98::7", "--alias", "shop", name, container});
  CHECK(global_address(sandbox, "web", "eth1") == "fd98::7");
  CHECK(sandbox.inside("web", {"ip", "-6", "route"}).find("default via fd98::1:0") != std::string::npos);
  CHECK(sandbox.inside("web", {"nslookup", "-type=AAAA", "shop"}).find("fd98::7") != std::string::npos);
  sandbox.ok({"network", "disconnect", name, container});
  CHECK(sandbox.inside("web", {"ip", "-o", "link"}).find("eth1") == std::string::npos);
  CHECK(sandbox.inside("web", {"ip", "-6", "route"}).find("default") == std::string::npos);
  sandbox.ok({"network", "connect", name, container});
  CHECK(global_address(sandbox, "web", "eth1") == "fd98::1:2");  // of the range, and nobody else's
  sandbox.ok({"network", "disconnect", name, container});
  sandbox.ok({"network", "rm", name});
  sandbox.finish();
}
