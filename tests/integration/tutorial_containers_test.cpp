// The tutorial's chapters on containers, command by command: `docker X` is `compose container X` here.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "at_terminal.h"
#include "leftovers.h"

using it::AtTerminal;
using it::Sandbox;

namespace {

const std::vector<std::string> kLoop{"busybox", "/bin/sh", "-c", "while true; do sleep 3600; done"};

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// `container run -d` with these flags; the id.
std::string run(Sandbox& sandbox, std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"container", "run", "-d"});
  flags.insert(flags.end(), kLoop.begin(), kLoop.end());
  return trimmed(sandbox.ok(flags).out);
}

// `container rm $(container ls ... -q)`.
void remove_listed(Sandbox& sandbox, std::vector<std::string> list) {
  list.insert(list.begin(), {"container", "ls"});
  std::istringstream lines(sandbox.ok(list).out);
  std::vector<std::string> args{"container", "rm", "-f"};
  for (std::string id; std::getline(lines, id);) args.push_back(id);
  if (args.size() > 3) sandbox.ok(args);
}

}  // namespace

TEST_CASE("tutorial, chapters 3 and 4: an interactive container, the lists, and clearing away") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  {
    AtTerminal terminal(sandbox, {"container", "run", "-it", "busybox"});
    terminal.until("/ #");
    terminal.type("echo in''side\n");
    CHECK(terminal.until("inside\r\n").find("inside\r\n") != std::string::npos);
    terminal.type("exit\n");
    CHECK(terminal.wait() == 0);
  }
  const std::string id = run(sandbox, {});
  CHECK(sandbox.ok({"container", "ls", "-q"}).out == id.substr(0, 12) + '\n');
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.size() == 26);
  remove_listed(sandbox, {"-f", "status=exited", "-q"});
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out == id.substr(0, 12) + '\n');
  CHECK(sandbox.compose({"container", "rm", id.substr(0, 4)}).err.find("is running") != std::string::npos);
  remove_listed(sandbox, {"-aq"});
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("tutorial, chapters 8 and 9: stop, start and inspect by name, and limits") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run(sandbox, {"--name=demo", "--stop-signal", "KILL"});
  CHECK(sandbox.ok({"container", "stop", "demo"}).out == "demo\n");
  CHECK(sandbox.ok({"container", "start", "demo"}).out == "demo\n");
  const auto demo = nlohmann::json::parse(sandbox.ok({"container", "inspect", "demo"}).out).at(0);
  CHECK(demo.at("State").at("Running") == true);
  CHECK(demo.at("NetworkSettings").at("Networks").contains("bridge"));
  CHECK_FALSE(demo.at("LogPath").get<std::string>().empty());
  CHECK(sandbox.ok({"container", "run", "--rm", "--memory=200M", "busybox", "echo", "small"}).out ==
        "small\n");
  CHECK(sandbox.ok({"container", "run", "--rm", "--cpu-shares=10", "busybox", "echo", "slow"}).out ==
        "slow\n");
  sandbox.ok({"container", "rm", "-f", "demo"});
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("tutorial, chapter 12: without a network, and with the host's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string alone = run(sandbox, {"--name", "test1", "--network", "none"});
  CHECK(nlohmann::json::parse(sandbox.ok({"network", "inspect", "none"}).out)
            .at(0)
            .at("Containers")
            .contains(alone));
  CHECK(sandbox.ok({"container", "exec", "test1", "ip", "a"}).out.find("eth0") == std::string::npos);
  sandbox.ok({"container", "rm", "-f", "test1"});
  const std::string shared = run(sandbox, {"--name", "test1", "--network", "host"});
  CHECK(nlohmann::json::parse(sandbox.ok({"network", "inspect", "host"}).out)
            .at(0)
            .at("Containers")
            .contains(shared));
  CHECK(sandbox.ok({"container", "exec", "test1", "ip", "a"}).out.find(it::kHostAddress) !=
        std::string::npos);
  sandbox.ok({"container", "rm", "-f", "test1"});
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("tutorial, chapter 13: one container finds the other by its name, and has a variable") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  run(sandbox, {"--name", "redis"});
  run(sandbox, {"-p", "5000:5000", "--link", "redis", "--name", "flask-redis", "-e", "REDIS_HOST=redis"});
  CHECK(sandbox.ok({"container", "exec", "flask-redis", "sh", "-c", "ping -c 1 -W 5 $REDIS_HOST"})
            .out.find("1 packets received") != std::string::npos);
  run(sandbox, {"--name", "test1", "-e", "YIN=yindong"});
  {
    AtTerminal terminal(sandbox, {"container", "exec", "-it", "test1", "/bin/sh"});
    terminal.until("/ #");
    terminal.type("env\n");
    CHECK(terminal.until("YIN=yindong").find("YIN=yindong") != std::string::npos);
    terminal.type("exit\n");
    CHECK(terminal.wait() == 0);
  }
  remove_listed(sandbox, {"-aq"});
  sandbox.check_nothing_left();
  sandbox.finish();
}

TEST_CASE("tutorial, chapter 15: what a volume and a bound folder hold outlives the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file(
      "image/Dockerfile",
      "FROM busybox\nVOLUME /var/lib/mysql\nCMD [\"sh\", \"-c\", \"echo ready; exec sleep 1000\"]\n");
  sandbox.file("compose.yaml", "services: {mysql: {build: image, image: mysql}}\n");
  sandbox.ok({"build"});
  sandbox.ok(
      {"container", "run", "-d", "--name", "mysql1", "-e", "MYSQL_ALLOW_EMPTY_PASSWORD=true", "mysql"});
  CHECK(it::eventually([&] { return sandbox.ok({"container", "logs", "mysql1"}).out == "ready\n"; }));
  const std::string volume = trimmed(sandbox.ok({"volume", "ls", "-q"}).out);
  CHECK(volume.size() == 64);
  CHECK(sandbox.ok({"volume", "inspect", "-f", "{{.Mountpoint}}", volume}).out.find("/_data") !=
        std::string::npos);
  sandbox.ok({"container", "rm", "-f", "mysql1"});
  CHECK(trimmed(sandbox.ok({"volume", "ls", "-q"}).out) == volume);
  sandbox.ok({"volume", "rm", volume});

  const std::vector<std::string> again{"container", "run",    "-d",   "-v", "mysql:/var/lib/mysql",
                                       "--name",    "mysql1", "mysql"};
  sandbox.ok(again);
  sandbox.ok({"container", "exec", "mysql1", "sh", "-c", "echo data > /var/lib/mysql/table"});
  sandbox.ok({"container", "rm", "-f", "mysql1"});
  sandbox.ok(again);
  CHECK(sandbox.ok({"container", "exec", "mysql1", "cat", "/var/lib/mysql/table"}).out == "data\n");
  sandbox.ok({"container", "rm", "-f", "mysql1"});

  sandbox.file("page/index.html", "first\n");
  sandbox.ok({"container", "run", "-d", "-p", "80:80", "-v", sandbox.directory() + "/page:/www", "--name",
              "web", "busybox", "httpd", "-f", "-h", "/www"});
  CHECK(it::eventually([] { return it::http("http://127.0.0.1/") == "first\n"; }));
  sandbox.file("page/index.html", "second\n");
  CHECK(it::http("http://127.0.0.1/") == "second\n");
  sandbox.ok({"container", "rm", "-f", "web"});
  sandbox.ok({"volume", "prune", "-a", "-f"});
  sandbox.check_nothing_left();
  sandbox.finish();
}
