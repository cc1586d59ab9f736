// `network doctor` beside real ills.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "places.h"
#include "sandbox.h"

namespace {

// Listens on 80, and not on 81. Its container's name is longer than a name in DNS can be.
std::string web() {
  return "services:\n  web:\n    image: busybox\n    container_name: " + std::string(70, 'w') +
         "\n    command: /probe serve tcp:0.0.0.0:80\n    stop_signal: "
         "SIGKILL\n"
         "    volumes: [\"" +
         places::program("network_probe") +
         ":/probe:ro\"]\n    networks: [front]\n    ports: [\"8080:80\", \"8081:81\"]\nnetworks: {front: "
         "}\n";
}

std::string bridge(it::Sandbox& sandbox) {
  const std::string id = sandbox.ok({"network", "ls", "-q", "-f", "name=front"}).out;
  return "br-" + id.substr(0, 12);
}

// On the sandbox's host.
void on_host(it::Sandbox& sandbox, const std::vector<std::string>& command) {
  const it::Output done = it::run(command, sandbox.options());
  INFO(done.err);
  REQUIRE(done.code == 0);
}

}  // namespace

TEST_CASE("network doctor tells of a port that nobody listens on, and of a lost bridge, rule and monitor") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.compose_file(web());
  sandbox.ok({"up", "-d"});
  it::Output told = sandbox.compose({"network", "doctor"});
  CHECK(told.code == 1);
  CHECK_THAT(told.out,
             Catch::Contains("nothing listens on port 81/tcp, to which the host's 0.0.0.0:8081 leads"));
  CHECK_THAT(told.out, !Catch::Contains("port 80/tcp"));
  CHECK_THAT(told.out, !Catch::Contains("127.0.0.11"));
  CHECK_THAT(told.out, !Catch::Contains("no default route"));

  on_host(sandbox, {"ip", "link", "set", bridge(sandbox), "down"});
  told = sandbox.compose({"network", "doctor"});
  CHECK_THAT(told.out, Catch::Contains("its bridge " + bridge(sandbox) + " is down"));

  on_host(sandbox, {"ip", "link", "set", bridge(sandbox), "up"});
  on_host(sandbox, {"nft", "delete", "table", "inet", "compose"});
  told = sandbox.compose({"network", "doctor"});
  CHECK_THAT(told.out, Catch::Contains("'inet compose' is gone"));
  CHECK_THAT(told.out, Catch::Contains("does not know its published port 0.0.0.0:8080"));

  // The way out that it names.
  sandbox.ok({"restart", "-t", "0"});
  told = sandbox.compose({"network", "doctor"});
  CHECK_THAT(told.out, !Catch::Contains("is gone"));
  CHECK_THAT(told.out, !Catch::Contains("does not know"));
  sandbox.finish();
}

TEST_CASE("network doctor names another tool's chain that drops what our networks forward") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.compose_file(web());
  sandbox.ok({"up", "-d"});
  on_host(sandbox, {"nft",
                    "add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; "
                    "policy drop; }"});
  const it::Output told = sandbox.compose({"network", "doctor", "--format", "json"});
  CHECK(told.code == 1);
  CHECK_THAT(told.out, Catch::Contains("the chain 'ip filter FORWARD' of another tool"));
  sandbox.ok({"restart", "-t", "0"});
  CHECK_THAT(sandbox.compose({"network", "doctor"}).out, !Catch::Contains("ip filter FORWARD"));
  on_host(sandbox, {"nft", "delete table ip filter"});
  sandbox.finish();
}

TEST_CASE("network doctor knows networks of IPv6 and macvlan networks") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL, networks: [front, six, lan]}
networks:
  front: {enable_ipv6: true, ipam: {config: [{subnet: "fd00:d0::/64"}]}}
  six: {enable_ipv4: false, enable_ipv6: true}
  lan: {driver: macvlan}
)");
  sandbox.ok({"up", "-d"});
  it::Output told = sandbox.compose({"network", "doctor"});
  CHECK_THAT(told.out, !Catch::Contains("is gone") && !Catch::Contains("does not know") &&
                           !Catch::Contains("has lost") && !Catch::Contains("forwarding is off") &&
                           !Catch::Contains("none of its interfaces") &&
                           !Catch::Contains("no default route"));
  CHECK_THAT(told.out, Catch::Contains("fd00:d0::/64 is up"));

  const std::string id = sandbox.ok({"network", "ls", "-q", "-f", "name=lan"}).out.substr(0, 12);
  on_host(sandbox, {"ip", "-6", "addr", "del", "fd00:d0::1/64", "dev", bridge(sandbox)});
  on_host(sandbox, {"ip", "link", "set", "dm-" + id, "down"});
  on_host(sandbox, {"sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/all/forwarding"});
  told = sandbox.compose({"network", "doctor"});
  CHECK(told.code == 1);
  CHECK_THAT(told.out, Catch::Contains("has lost the address fd00:d0::1"));
  CHECK_THAT(told.out, Catch::Contains("its parent dm-" + id + " is down"));
  CHECK_THAT(told.out, Catch::Contains("IPv6 forwarding is off"));
  sandbox.finish();
}

TEST_CASE("network doctor of a network that there is not is an error, and of none has only the host") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  const it::Output unknown = sandbox.compose({"network", "doctor", "nowhere"});
  CHECK(unknown.code != 0);
  CHECK_THAT(unknown.err, Catch::Contains("no such network: nowhere"));
  CHECK_THAT(sandbox.compose({"network", "doctor"}).out, Catch::StartsWith("host\n"));
  sandbox.finish();
}
