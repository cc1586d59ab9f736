// network_mode: the network of another service or container, the default network, and any other by name.
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "sandbox.h"

using it::kCommon;
using it::Sandbox;

namespace {

nlohmann::json inspected(Sandbox& sandbox, const std::string& container) {
  return nlohmann::json::parse(sandbox.ok({"container", "inspect", container}).out).at(0);
}

std::string namespace_of(Sandbox& sandbox, const std::string& service) {
  return sandbox.inside(service, {"readlink", "/proc/self/ns/net"});
}

// "eth0", "lo" and so on, sorted.
std::string interfaces(Sandbox& sandbox, const std::vector<std::string>& exec) {
  std::vector<std::string> words = exec;
  for (const char* word : {"sh", "-c", "ls /sys/class/net | xargs echo -n"}) words.emplace_back(word);
  return sandbox.compose(words).out;
}

}  // namespace

TEST_CASE("a service with the network of another has its interfaces, names, ports and files") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  vpn: {<<: *common, hostname: gate, extra_hosts: ["printer=10.1.2.3"], ports: ["8080:80"], dns_search: in.test}
  app:
    <<: *common
    network_mode: service:vpn
    command: [sh, -c, "mkdir /site && echo joined > /site/index.html && exec httpd -f -p 80 -h /site"]
    deploy: {replicas: 2}
  third: {<<: *common, network_mode: "service:app"}
  client: *common
)");
  // A third of three listens: two cannot have one port.
  sandbox.ok({"up", "-d", "--scale", "app=1"});
  CHECK(namespace_of(sandbox, "app") == namespace_of(sandbox, "vpn"));
  CHECK(namespace_of(sandbox, "third") == namespace_of(sandbox, "vpn"));
  CHECK(namespace_of(sandbox, "client") != namespace_of(sandbox, "vpn"));
  CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "joined\n"; }));
  CHECK(sandbox.inside("client", {"wget", "-q", "-O", "-", "http://vpn/"}) == "joined\n");
  CHECK(sandbox.inside("app", {"hostname"}) == "gate\n");
  for (const char* file : {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}) {
    const std::string theirs = sandbox.inside("vpn", {"cat", file});
    CHECK(sandbox.inside("app", {"cat", file}) == theirs);
    CHECK(sandbox.inside("third", {"cat", file}) == theirs);
  }
  CHECK(sandbox.inside("app", {"ping", "-c", "1", "-W", "2", "client"}).find("1 packets received") !=
        std::string::npos);
  const std::string vpn = inspected(sandbox, sandbox.project() + "-vpn-1").at("Id");
  const auto app = inspected(sandbox, sandbox.project() + "-app-1");
  CHECK(app.at("HostConfig").at("NetworkMode") == "container:" + vpn);
  CHECK(app.at("NetworkSettings").at("Networks").empty());
  CHECK(app.at("NetworkSettings").at("Ports").empty());
  CHECK(app.at("Config").at("Hostname") == "gate");
  CHECK(sandbox.container("app").at("Ports").get<std::string>().empty());

  // A network that the lender is put on is there for all.
  sandbox.ok({"network", "create", "more"});
  sandbox.ok({"network", "connect", "more", sandbox.project() + "-vpn-1"});
  CHECK(interfaces(sandbox, {"exec", "-T", "third"}) == "eth0 eth1 lo");
  const auto refused = sandbox.compose({"network", "connect", "more", sandbox.project() + "-app-1"});
  CHECK(refused.code != 0);
  CHECK(refused.err.find("cannot be connected to a network") != std::string::npos);
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"network", "rm", "more"});
  sandbox.finish();
}

TEST_CASE(
    "who has another's network is started after it and again with it, and keeps it when that one crashes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto file = [&](const std::string& color) {
    sandbox.compose_file(std::string(kCommon) +
                         "  base: {<<: *common, restart: always, environment: {COLOR: " + color + "}}\n" + R"(
  app: {<<: *common, network_mode: service:base}
  peer: *common
)");
  };
  file("red");
  sandbox.ok({"up", "-d"});
  const auto reaches = [&] {
    return sandbox.compose({"exec", "-T", "app", "ping", "-c", "1", "-W", "2", "peer"}).code == 0 &&
           namespace_of(sandbox, "app") == namespace_of(sandbox, "base");
  };
  CHECK(reaches());
  const auto started = [&] {
    return inspected(sandbox, sandbox.project() + "-app-1").at("State").at("StartedAt");
  };

  // A crash: its restart policy brings it back into the same namespace.
  const auto before = started();
  const std::string base = sandbox.project() + "-base-1";
  const int pid = inspected(sandbox, base).at("State").at("Pid");
  REQUIRE(it::run({"kill", "-9", std::to_string(pid)}).code == 0);
  CHECK(it::eventually([&] {
    const auto state = inspected(sandbox, base).at("State");
    return state.at("Status") == "running" && state.at("Pid") != pid;
  }));
  CHECK(reaches());
  CHECK(started() == before);

  sandbox.ok({"restart", "-t", "0", "base"});
  CHECK(reaches());
  CHECK(started() != before);

  file("blue");
  const auto output = sandbox.ok({"up", "-d"});
  CHECK(reaches());
  CHECK(sandbox.inside("base", {"sh", "-c", "echo $COLOR"}) == "blue\n");

  // Stopped and started: the network is gone meanwhile, and nobody else is on its address.
  const auto stopped = sandbox.ok({"stop", "-t", "0", "base"});
  CHECK(stopped.err.find(sandbox.project() + "-app-1 has the network of") != std::string::npos);
  CHECK(interfaces(sandbox, {"exec", "-T", "app"}) == "lo");
  sandbox.ok({"up", "-d"});
  CHECK(reaches());
  sandbox.finish();
}

TEST_CASE("the network of a container is joined by name and by id, and told when it cannot be") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "-d", "--name", "lender", "-h", "lent", "busybox", "sleep", "1000"});
  const std::string id = inspected(sandbox, "lender").at("Id");
  sandbox.compose_file(std::string(kCommon) + "  app: {<<: *common, network_mode: \"container:lender\"}\n");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("app", {"hostname"}) == "lent\n");
  CHECK(inspected(sandbox, sandbox.project() + "-app-1").at("HostConfig").at("NetworkMode") ==
        "container:" + id);
  const auto run = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"container", "run", "--rm"};
    words.insert(words.end(), flags.begin(), flags.end());
    for (const char* word : {"busybox", "hostname"}) words.emplace_back(word);
    return sandbox.compose(words);
  };
  CHECK(run({"--network", "container:lender"}).out == "lent\n");
  CHECK(run({"--network", "container:" + id.substr(0, 8)}).out == "lent\n");
  for (const auto& [flag, value, word] :
       std::vector<std::array<std::string, 3>>{{"-p", "80:80", "ports"},
                                               {"-h", "name", "hostname"},
                                               {"--dns", "10.1.1.1", "dns"},
                                               {"--add-host", "a:10.1.1.1", "extra_hosts"},
                                               {"--mac-address", "02:42:ac:11:00:09", "--mac-address"},
                                               {"--link", "lender:l", "links"},
                                               {"--expose", "80", "expose"}}) {
    const auto output = run({"--network", "container:lender", flag, value});
    INFO(flag << ": " << output.err);
    CHECK(output.code == 125);
  }
  const auto missing = run({"--network", "container:nobody"});
  CHECK(missing.code == 125);
  CHECK(missing.err.find("no such container: nobody") != std::string::npos);
  sandbox.ok({"container", "stop", "-t", "0", "lender"});
  const auto down = run({"--network", "container:lender"});
  CHECK(down.code == 125);
  CHECK(down.err.find("it is not running; start it first") != std::string::npos);
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"container", "rm", "lender"});
  sandbox.finish();
}

TEST_CASE("what belongs to whom the network belongs is refused beside network_mode service:NAME") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const char* attribute : {"ports: ['80:80']", "hostname: h", "mac_address: '02:42:ac:11:00:09'",
                                "links: [base]", "dns: 10.1.1.1", "extra_hosts: [a=10.1.1.1]", "expose: [80]",
                                "networks: [default]", "external_links: [x]"}) {
    sandbox.compose_file(std::string(kCommon) +
                         "  base: *common\n  app: {<<: *common, network_mode: service:base, " + attribute +
                         "}\n");
    const auto output = sandbox.compose({"up", "-d"});
    INFO(attribute);
    CHECK(output.code != 0);
    const std::string name = std::string(attribute).substr(0, std::string(attribute).find(':'));
    CHECK(output.err.find("'" + name + "'") != std::string::npos);
  }
  sandbox.compose_file(std::string(kCommon) + "  base: *common\n");
  sandbox.finish();
}

TEST_CASE("network_mode bridge and any network's name put a service there and nowhere else") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"network", "create", "town"});
  sandbox.compose_file(std::string(kCommon) + R"(
  plain: {<<: *common, network_mode: bridge, mac_address: "02:42:AC:11:00:09", ports: ["8080:80"],
          command: [sh, -c, "mkdir /site && echo plain > /site/index.html && exec httpd -f -p 80 -h /site"]}
  named: {<<: *common, network_mode: town}
)");
  sandbox.ok({"up", "-d"});
  const auto networks = [&](const std::string& service) {
    return inspected(sandbox, sandbox.project() + "-" + service + "-1").at("NetworkSettings").at("Networks");
  };
  CHECK(networks("plain").size() == 1);
  CHECK(networks("plain").contains("bridge"));
  CHECK(networks("named").size() == 1);
  CHECK(networks("named").contains("town"));
  CHECK(inspected(sandbox, sandbox.project() + "-named-1").at("HostConfig").at("NetworkMode") == "town");
  CHECK(sandbox.inside("plain", {"cat", "/sys/class/net/eth0/address"}) == "02:42:ac:11:00:09\n");
  CHECK(it::eventually([] { return it::http("http://127.0.0.1:8080/") == "plain\n"; }));
  CHECK(sandbox.ok({"network", "ls", "--format", "{{.Name}}"}).out.find("_default") == std::string::npos);
  CHECK(sandbox.ok({"up", "-d"}).err.find("Recreate") == std::string::npos);
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"network", "rm", "town"});

  sandbox.compose_file(std::string(kCommon) + "  web: {<<: *common, network_mode: hots}\n");
  const auto typo = sandbox.compose({"up", "-d"});
  CHECK(typo.code != 0);
  CHECK(typo.err.find("network_mode 'hots': there is no network of this name; did you mean 'host'?") !=
        std::string::npos);
  sandbox.finish();
}
