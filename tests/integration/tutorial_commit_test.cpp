// The tutorial's chapters on containers: an image from a container that was changed, and clearing containers
// away.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int64_t size_of(Sandbox& sandbox, const std::string& repository) {
  for (const std::string& line : lines_of(sandbox.ok({"image", "ls", "--format", "json"}).out)) {
    const auto row = nlohmann::json::parse(line);
    if (row.at("Repository") != repository) continue;
    const std::string text = row.at("Size");
    return static_cast<int64_t>(std::stod(text) * (text.find("MB") != std::string::npos ? 1e6 : 1e3));
  }
  return 0;
}

}  // namespace

TEST_CASE("tutorial: a container that vim was installed in becomes an image, which is larger and has it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("centos.yaml",
               "services:\n  centos:\n    image: busybox\n    command: [sleep, \"1000\"]\n    "
               "stop_grace_period: 0s\n");
  sandbox.ok({"-f", "centos.yaml", "up", "-d"});
  const std::string name = sandbox.project() + "-centos-1";
  sandbox.inside("centos", {"sh", "-c",
                            "printf '#!/bin/sh\\necho vim 9\\n' > /usr/bin/vim && chmod 755 /usr/bin/vim && "
                            "head -c 3000000 /dev/urandom > /usr/bin/vim-runtime && rm /etc/nsswitch.conf"});
  CHECK(sandbox.ok({"container", "diff", name}).out ==
        "C /etc\nD /etc/nsswitch.conf\nC /usr\nC /usr/bin\nA /usr/bin/vim\nA /usr/bin/vim-runtime\n");
  sandbox.ok({"container", "stop", name});
  const std::vector<std::string> all = lines_of(sandbox.ok({"container", "ls", "-a"}).out);
  REQUIRE(all.size() == 2);
  CHECK(all[1].find(name) != std::string::npos);
  const std::string id = sandbox.ok({"container", "commit", name, "yindong/centos-vim"}).out;
  CHECK(id.starts_with("sha256:"));
  CHECK(size_of(sandbox, "yindong/centos-vim") >= size_of(sandbox, "busybox") + 3'000'000);
  sandbox.ok({"-f", "centos.yaml", "down"});

  sandbox.compose_file(
      "services:\n  vim:\n    image: yindong/centos-vim\n    command: [sh, -c, \"vim; ls "
      "/etc/nsswitch.conf\"]\n");
  sandbox.compose({"up"});
  CHECK(sandbox.log("vim").find("vim 9\n") == 0);
  CHECK(sandbox.log("vim").find("No such file") != std::string::npos);
  CHECK(sandbox.ok({"container", "diff", sandbox.project() + "-vim-1"}).out.empty());
  // It stands on the image that the container was made from.
  CHECK(lines_of(sandbox.ok({"container", "ls", "-a", "-q", "-f", "ancestor=busybox"}).out).size() == 1);
  sandbox.finish();
}

TEST_CASE("tutorial: containers that have ended are listed by their state and removed by their ids") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  done:
    image: busybox
    command: ["true"]
    deploy: {replicas: 2}
  failed:
    image: busybox
    command: ["sh", "-c", "exit 3"]
  runs:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const auto ids = [&](std::vector<std::string> more) {
    std::vector<std::string> args{"container", "ls", "-q"};
    args.insert(args.end(), more.begin(), more.end());
    return lines_of(sandbox.ok(args).out);
  };
  REQUIRE(it::eventually([&] { return ids({"-f", "status=exited"}).size() == 3; }));
  CHECK(ids({}).size() == 1);
  CHECK(ids({"-a"}).size() == 4);
  CHECK(ids({"-f", "exited=3"}).size() == 1);
  CHECK(ids({"-a", "-f", "label=com.docker.compose.service=done"}).size() == 2);
  CHECK(ids({"-a", "-f", "name=failed", "-f", "status=exited"}).size() == 1);
  CHECK(ids({"-a", "-n", "1"}).size() == 1);
  const it::Output wrong = sandbox.compose({"container", "ls", "-f", "colour=red"});
  CHECK(wrong.code == 1);
  CHECK(wrong.err.find("invalid filter 'colour=red'") != std::string::npos);

  const std::string running = ids({}).front();
  const it::Output refused = sandbox.compose({"container", "rm", running});
  CHECK(refused.code == 1);
  CHECK(refused.err.find("is running") != std::string::npos);

  std::vector<std::string> rm{"container", "rm"};
  for (const std::string& id : ids({"-f", "status=exited"})) rm.push_back(id);
  CHECK(lines_of(sandbox.ok(rm).out).size() == 3);
  CHECK(ids({"-a"}) == std::vector<std::string>{running});
  // The id need not be whole, and one that is missing does not keep the others.
  const it::Output mixed = sandbox.compose({"container", "rm", "-f", running.substr(0, 5), "nobody"});
  CHECK(mixed.code == 0);
  CHECK(mixed.err.find("no such container: nobody") != std::string::npos);
  CHECK(ids({"-a"}).empty());
  CHECK(sandbox.compose({"container", "rm", "nobody"}).code == 1);
  sandbox.finish();
}

TEST_CASE("tutorial: a container is stopped and started again by its name, and its log is there") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  app:\n    image: busybox\n    container_name: demo\n    stop_grace_period: 0s\n"
      "    command: [sh, -c, \"echo started; echo oops >&2; exec sleep 1000\"]\n");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.ok({"container", "logs", "demo"}).out == "started\n"; }));
  CHECK(it::eventually([&] { return sandbox.ok({"container", "logs", "demo"}).err == "oops\n"; }));
  CHECK(sandbox.ok({"container", "stop", "-t", "0", "demo"}).out == "demo\n");
  CHECK(sandbox.ok({"container", "ls", "-a", "--format", "json"}).out.find("\"State\":\"exited\"") !=
        std::string::npos);
  CHECK(sandbox.ok({"container", "start", "demo"}).out == "demo\n");
  CHECK(it::eventually([&] {
    return sandbox.ok({"container", "logs", "demo"}).out == "started\nstarted\n";
  }));
  CHECK(sandbox.ok({"container", "logs", "-n", "1", "demo"}).out.size() < 10);
  CHECK(sandbox.compose({"container", "stop", "nobody"}).code == 1);
  CHECK(sandbox.ok({"container", "restart", "-t", "0", "demo"}).out == "demo\n");
  CHECK(it::eventually([&] {
    return sandbox.ok({"container", "logs", "demo"}).err == "oops\noops\noops\n";
  }));
  CHECK(sandbox.ok({"container", "kill", "demo"}).out == "demo\n");
  CHECK(sandbox.compose({"container", "kill", "demo"}).code == 1);  // it is not running
  CHECK(sandbox.compose({"container", "kill", "-s", "SIGNONE", "demo"}).code == 1);
  sandbox.finish();
}
