#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "places.h"
#include "sandbox.h"
#include "sys/file.h"

using it::address_of;
using it::fetched;
using it::Sandbox;

namespace {

// A web server that answers with `page`.
std::string server(const std::string& page) {
  return R"(["sh", "-c", "mkdir -p /site && echo )" + page +
         R"( > /site/index.html && exec httpd -f -p 80 -h /site"])";
}

}  // namespace

TEST_CASE(
    "a published port answers on loopback, on the host's address, and from a container through the host") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("hello") +
                       R"(
    ports: ["8080:80"]
    stop_grace_period: 0s
  client:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "hello\n"; }));
  CHECK(it::http(std::string("http://") + it::kHostAddress + ":8080/") == "hello\n");
  CHECK(fetched(sandbox, "client", std::string("http://") + it::kHostAddress + ":8080/") == "hello\n");
  sandbox.ok({"stop", "web"});
  CHECK(it::http("http://127.0.0.1:8080/").empty());
  sandbox.finish();
}

TEST_CASE(
    "right after a down the next up has the subnet and the ports again, and of the former bridge nothing "
    "stays") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("again") +
                       R"(
    ports: ["8080:80"]
    stop_grace_period: 0s
)");
  const std::string network = sandbox.project() + "_default";
  std::string subnet;
  for (int round = 0; round < 3; ++round) {
    sandbox.ok({"up", "-d"});
    const nlohmann::json config = it::inspected_network(sandbox, network).at("IPAM").at("Config").at(0);
    if (round == 0) subnet = config.at("Subnet");
    CHECK(config.at("Subnet") == subnet);
    CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "again\n"; }));
    // The process that takes the former bridge away ends after this one began.
    CHECK(it::eventually([] {
      const std::string links = it::run({"ip", "-o", "link"}).out;
      const size_t first = links.find(": br-");
      return first != std::string::npos && links.find(": br-", first + 1) == std::string::npos;
    }));
    CHECK(it::http("http://127.0.0.1:8080/") == "again\n");
    sandbox.ok({"down"});
  }
  sandbox.finish();
}

TEST_CASE("a port bound to 127.0.0.1 answers there and nowhere else") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("private") +
                       R"(
    ports: ["127.0.0.1:8080:80"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "private\n"; }));
  CHECK(it::http(std::string("http://") + it::kHostAddress + ":8080/").empty());
  sandbox.finish();
}

TEST_CASE("all forms of ports lead to their container: one by one, a range for one, UDP and SCTP") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: /probe serve tcp:0.0.0.0:80 tcp:0.0.0.0:81 tcp:0.0.0.0:82 udp:0.0.0.0:90
    volumes: [")" + places::program("network_probe") +
                       R"(:/probe:ro"]
    stop_signal: SIGKILL
    ports: ["8100-8102:80-82", "8200-8201:80", "8300:90/udp", "8400:99/sctp", "198.51.100.2:8500:81"]
)");
  it::Process holder({"busybox", "nc", "-l", "-p", "8200"});
  REQUIRE(it::eventually([] {
    return it::run({"ss", "-Hltn", "sport = :8200"}).out.find("8200") != std::string::npos;
  }));
  sandbox.ok({"up", "-d"});
  const auto visited = [&](const std::string& target) {
    return it::run({places::program("network_probe"), "visit", target}, sandbox.options()).out;
  };
  for (const char* target : {"tcp:127.0.0.1:8100", "tcp:127.0.0.1:8101", "tcp:198.51.100.2:8102",
                             "tcp:127.0.0.1:8201", "udp:127.0.0.1:8300", "tcp:198.51.100.2:8500"}) {
    INFO(target);
    CHECK(it::eventually([&] { return visited(target).find(" no") == std::string::npos; }));
  }
  CHECK(visited("tcp:127.0.0.1:8500").find(" no") != std::string::npos);
  CHECK(sandbox.ok({"port", "web", "82"}).out == "0.0.0.0:8102\n");
  CHECK(sandbox.ok({"port", "--protocol", "sctp", "web", "99"}).out == "0.0.0.0:8400\n");
  CHECK_THAT(it::run({"nft", "list", "map", "inet", "compose", "ports"}, sandbox.options()).out,
             Catch::Contains("sctp . 8400"));
  sandbox.finish();
}

TEST_CASE("a published port without a host port gets a free one, told by `port`") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("random") +
                       R"(
    ports: ["80"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const std::string place = sandbox.ok({"port", "web", "80"}).out;
  REQUIRE(place.rfind("0.0.0.0:", 0) == 0);
  const std::string port = place.substr(8, place.size() - 9);
  CHECK(it::eventually([&] { return it::http("http://127.0.0.1:" + port + "/") == "random\n"; }));
  sandbox.finish();
}

TEST_CASE("a host port that is taken is an error naming it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  web:\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    ports: "
      "[\"8080:80\"]\n");
  it::Process holder({"busybox", "nc", "-l", "-p", "8080"});
  REQUIRE(it::eventually([] {
    return it::run({"ss", "-Hltn", "sport = :8080"}).out.find("8080") != std::string::npos;
  }));
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("8080") != std::string::npos);
  CHECK(sandbox.ids().empty());
  sandbox.finish();
}

TEST_CASE("services find each other by service name, container name, id and alias") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("found") +
                       R"(
    networks:
      default:
        aliases: [site]
    stop_grace_period: 0s
  client:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return fetched(sandbox, "client", "http://web/") == "found\n"; }));
  CHECK(fetched(sandbox, "client", "http://" + sandbox.project() + "-web-1/") == "found\n");
  CHECK(fetched(sandbox, "client", "http://site/") == "found\n");
  CHECK(fetched(sandbox, "client", "http://" + sandbox.ids("web").begin()->substr(0, 12) + "/") == "found\n");
  CHECK(sandbox.inside("client", {"cat", "/etc/resolv.conf"}).find("nameserver 127.0.0.11") !=
        std::string::npos);
  // A name that is no longer there is not remembered.
  sandbox.ok({"stop", "web"});
  CHECK(fetched(sandbox, "client", "http://web/").empty());
  sandbox.finish();
}

TEST_CASE("networks that share no service cannot reach or name each other") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  front:
    image: busybox
    command: ["sleep", "1000"]
    networks: [front]
    stop_grace_period: 0s
  middle:
    image: busybox
    command: ["sleep", "1000"]
    networks: [front, back]
    stop_grace_period: 0s
  back:
    image: busybox
    command: )" + server("secret") +
                       R"(
    networks: [back]
    stop_grace_period: 0s
networks:
  front:
  back:
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return fetched(sandbox, "middle", "http://back/") == "secret\n"; }));
  CHECK(sandbox.compose({"exec", "-T", "front", "ping", "-c", "1", "-w", "2", "middle"}).code == 0);
  const std::string back = address_of(sandbox, "back");
  REQUIRE_FALSE(back.empty());
  CHECK(fetched(sandbox, "front", "http://" + back + "/").empty());
  CHECK(sandbox.compose({"exec", "-T", "front", "nslookup", "back"}).out.find(back) == std::string::npos);
  sandbox.finish();
}

TEST_CASE("an internal network has no way out") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    networks: [closed]
    stop_grace_period: 0s
  open:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
networks:
  closed:
    internal: true
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.compose({"exec", "-T", "open", "ping", "-c", "1", "-w", "2", it::kHostAddress}).code == 0);
  CHECK(sandbox.compose({"exec", "-T", "web", "ping", "-c", "1", "-w", "2", it::kHostAddress}).code != 0);
  sandbox.finish();
}

TEST_CASE("a fixed address and subnet are honoured, and the container knows its own name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    hostname: front
    command: ["sleep", "1000"]
    networks:
      lan:
        ipv4_address: 10.77.0.9
    extra_hosts: ["printer=10.1.2.3"]
    stop_grace_period: 0s
networks:
  lan:
    ipam:
      config:
        - subnet: 10.77.0.0/24
)");
  sandbox.ok({"up", "-d"});
  CHECK(address_of(sandbox, "web") == "10.77.0.9");
  CHECK(sandbox.inside("web", {"hostname"}) == "front\n");
  const std::string hosts = sandbox.inside("web", {"cat", "/etc/hosts"});
  CHECK(hosts.find("10.77.0.9\tfront") != std::string::npos);
  CHECK(hosts.find("10.1.2.3\tprinter") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("network_mode none has loopback alone, host has the host's interfaces") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  alone:
    image: busybox
    command: ["sleep", "1000"]
    network_mode: none
    stop_grace_period: 0s
  shared:
    image: busybox
    command: ["sleep", "1000"]
    network_mode: host
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const std::string alone = sandbox.inside("alone", {"ip", "-o", "link"});
  CHECK(alone.find("lo:") != std::string::npos);
  CHECK(alone.find("eth0") == std::string::npos);
  CHECK(sandbox.inside("shared", {"ip", "-o", "link"}).find("host0") != std::string::npos);

  // The host's names are there, as a copy.
  const std::string hosts = it::run({"cat", "/etc/hosts"}).out;
  CHECK(sandbox.inside("shared", {"cat", "/etc/hosts"}) == hosts);
  sandbox.inside("shared", {"sh", "-c", "echo '# by a test of compose' >> /etc/hosts"});
  CHECK(it::run({"cat", "/etc/hosts"}).out == hosts);
  sandbox.finish();
}

TEST_CASE("a link that was removed by hand is made again by the next start") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: )" + server("again") +
                       R"(
    ports: ["8080:80"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"stop"});
  it::run({"sh", "-c",
           "for l in $(ip -o link | sed -n 's/^[0-9]*: \\(br-[0-9a-f]*\\):.*/\\1/p'); do ip link del $l; "
           "done; nft flush ruleset"});
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "again\n"; }));
  sandbox.finish();
}

TEST_CASE("from an internal network no question goes to the host's name servers") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  closed:
    image: busybox
    command: ["sleep", "1000"]
    networks: [inside]
    stop_grace_period: 0s
  open:
    image: busybox
    command: ["sleep", "1000"]
    networks: [inside, default]
    stop_grace_period: 0s
networks:
  inside:
    internal: true
)");
  sandbox.ok({"up", "-d"});
  const auto upstreams = [&](const std::string& service) {
    const std::string id = *sandbox.ids(service).begin();
    const std::string spec = sys::read_file(sandbox.run_root() + "/c/" + id.substr(0, 12) + "/spec.json");
    return nlohmann::json::parse(spec).value("dns_upstreams", std::vector<std::string>());
  };
  const bool host_has_one = sys::read_file("/etc/resolv.conf").find("nameserver") != std::string::npos;
  CHECK(upstreams("closed").empty());
  CHECK(upstreams("open").empty() != host_has_one);
  CHECK(sandbox.inside("closed", {"nslookup", "open"}).find("Address") != std::string::npos);
  const it::Output outside =
      sandbox.compose({"exec", "-T", "closed", "timeout", "2", "nslookup", "example.com"});
  CHECK(outside.code != 0);
  CHECK(outside.code != 143);  // an answer, not silence
  CHECK(outside.code != 124);

  // Nor when it is the last one that a container is left on.
  sandbox.ok({"network", "disconnect", sandbox.project() + "_default", sandbox.project() + "-open-1"});
  CHECK(upstreams("open").empty());
  sandbox.ok({"network", "connect", sandbox.project() + "_default", sandbox.project() + "-closed-1"});
  CHECK(upstreams("closed").empty() != host_has_one);
  sandbox.finish();
}
