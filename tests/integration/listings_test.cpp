// What listings and inspect show, and by which patterns.
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("the hosts a container was given are inspected as docker writes them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "create", "--name", "web", "--add-host", "db:10.1.2.3", "busybox"});
  CHECK(sandbox.ok({"container", "inspect", "-f", "{{index .HostConfig.ExtraHosts 0}}", "web"}).out ==
        "db:10.1.2.3\n");
  sandbox.ok({"container", "rm", "web"});
  sandbox.finish();
}

TEST_CASE("listings take docker's patterns, numbers and words for labels") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"network", "create", "--label", "a.tier-of=front", "net"});
  sandbox.ok({"network", "create", "net2"});
  sandbox.ok({"volume", "create", "--label", "a=1,2", "vol"});
  sandbox.ok({"volume", "create", "vol2"});
  const auto lines = [&](const std::vector<std::string>& args) { return sandbox.ok(args).out; };
  CHECK(lines({"network", "ls", "-f", "name=^net$", "--format", "{{.Name}} {{.Labels}}"}) ==
        "net a.tier-of=front\n");
  CHECK(lines({"network", "ls", "-f", "name=net", "--format",
               "table {{.Label \"a.tier-of\"}}|{{.Internal}}"}) == "tier of|INTERNAL\nfront|false\n|false\n");
  const auto row = nlohmann::json::parse(lines({"network", "ls", "-f", "name=net$", "--format", "json"}));
  CHECK(row.at("Labels") == "a.tier-of=front");
  CHECK(row.at("IPv6") == "false");
  CHECK(lines({"volume", "ls", "-f", "name=^vol$", "--format", "{{.Name}} {{.Label \"a\"}} {{.Labels}}"}) ==
        "vol 1,2 a=1,2\n");
  CHECK(lines({"volume", "ls", "-f", "name=vol$", "--format", "{{json .}}"}).find("\"Label\":") ==
        std::string::npos);
  CHECK(sandbox.compose({"network", "ls", "-f", "name=["}).code == 1);
  CHECK(sandbox.compose({"network", "create", "default"}).code == 1);

  sandbox.ok({"container", "run", "-d", "--name", "web", "--network", "net", "--label", "tier=x", "busybox",
              "sleep", "1000"});
  sandbox.ok({"container", "create", "--name", "idle", "busybox", "echo", "two words"});
  const std::string network = lines({"network", "inspect", "-f", "{{.Id}}", "net"}).substr(0, 3);
  const auto names = [&](std::vector<std::string> filter) {
    filter.insert(filter.begin(), {"container", "ls", "--format", "{{.Names}} {{.Label \"tier\"}}"});
    return lines(filter);
  };
  CHECK(names({"-f", "network=" + network}) == "web x\n");
  CHECK(names({"-n", "0"}) == "web x\n");
  CHECK(names({"-n", "2"}) == "idle \nweb x\n");
  CHECK(lines({"container", "ls", "-a", "--format", "{{.Command}}", "-f", "name=idle"}) ==
        "\"echo 'two words'\"\n");
  CHECK(lines({"container", "stats", "--no-stream", "--format", "{{.Container}} {{.Name}}", "idle"}) ==
        "idle idle\n");
  const it::Output usage = sandbox.compose({"container", "stop"});
  CHECK(usage.err.find("compose container stop --help") != std::string::npos);
  sandbox.ok({"container", "rm", "-f", "web", "idle"});
  sandbox.ok({"network", "rm", "net", "net2"});
  sandbox.ok({"volume", "rm", "vol", "vol2"});
  sandbox.finish();
}

TEST_CASE("a volume that several commands make at once is one volume, and none of them fails") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  constexpr size_t kMakers = 8;
  std::vector<std::unique_ptr<it::Process>> makers;
  makers.reserve(kMakers);
  while (makers.size() < kMakers)
    makers.push_back(
        std::make_unique<it::Process>(sandbox.command({"volume", "create", "vol"}), sandbox.options()));
  for (const auto& maker : makers) CHECK(maker->wait().code == 0);
  CHECK(sandbox.ok({"volume", "ls", "-q"}).out == "vol\n");
  sandbox.ok({"volume", "rm", "vol"});
  sandbox.finish();
}

TEST_CASE("system df counts a layer that images share once") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto size = [&] {
    return sandbox.ok({"system", "df", "--format", "{{.Type}} {{.Size}} {{.Reclaimable}}"}).out;
  };
  const std::string before = size();
  sandbox.ok({"container", "create", "--name", "web", "busybox"});
  sandbox.ok({"container", "commit", "web", "second"});
  sandbox.ok({"container", "rm", "web"});
  CHECK(size() == before);
  sandbox.finish();
}

TEST_CASE("ls counts a project's containers that run, and with -a all of them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web: {image: busybox, command: [sleep, "1000"], stop_signal: SIGKILL}
  job: {image: busybox, command: "true"}
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.container("job").at("State") == "exited"; }));
  CHECK(sandbox.ok({"ls", "--format", "{{.Status}}"}).out == "running(1)\n");
  CHECK(sandbox.ok({"ls", "-a", "--format", "{{.Status}}"}).out == "exited(1), running(1)\n");
  sandbox.ok({"stop"});
  CHECK(sandbox.ok({"ls", "-q"}).out.empty());
  sandbox.finish();
}

TEST_CASE("what an image exposes is listed with its containers' ports, until it is published") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"image", "import", it::base_image("busybox"), "exposing", "--change", "EXPOSE 80 90/udp", "-m",
              "made for this"});
  CHECK(sandbox.ok({"image", "inspect", "--format", "{{.Comment}}", "exposing"}).out == "made for this\n");
  sandbox.compose_file(R"(
services:
  web: {image: exposing, command: [sleep, "1000"], stop_signal: SIGKILL, ports: ["8080:80"]}
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ok({"ps", "--format", "{{.Ports}}"}).out == "0.0.0.0:8080->80/tcp, 90/udp\n");
  CHECK(sandbox
            .ok({"container", "inspect", "--format", "{{json .NetworkSettings.Ports}}",
                 sandbox.project() + "-web-1"})
            .out == "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}],\"90/udp\":null}\n");
  CHECK_THAT(sandbox.compose({"up", "-d"}).err, Catch::Contains("Running"));  // and changes nothing
  sandbox.finish();
}
