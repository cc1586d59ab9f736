// The bundled load balancer as a container: who is behind it, and what happens to requests when that changes.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "sandbox.h"

using it::Sandbox;

namespace {

// Answers with its container's name; /cgi-bin/slow takes its time.
const std::string kWeb = R"(
    image: busybox
    command:
      - sh
      - -c
      - |
        mkdir -p /www/cgi-bin
        hostname > /www/index.html
        printf '#!/bin/sh\nsleep 0.7\nprintf "\\n"\nhostname\n' > /www/cgi-bin/slow
        chmod 755 /www/cgi-bin/slow
        exec httpd -f -p 80 -h /www
    expose: [80]
)";

std::string get(const std::string& path = "/", const std::string& host = "localhost", int port = 8080) {
  const it::Output output = it::run({"curl", "-sS", "-m", "8", "-f", "-H", "Host: " + host,
                                     "http://127.0.0.1:" + std::to_string(port) + path});
  return output.code == 0 ? output.out : "error: " + output.out + output.err;
}

// How many of `count` requests each container answered.
std::map<std::string, int> spread(int count, const std::string& host = "localhost", int port = 8080) {
  std::map<std::string, int> answers;
  for (int i = 0; i < count; ++i) ++answers[get("/", host, port)];
  return answers;
}

bool answers(size_t containers, const std::string& host = "localhost", int port = 8080) {
  return it::eventually([&] {
    const auto found = spread(static_cast<int>(containers) * 2, host, port);
    return found.size() == containers && std::none_of(found.begin(), found.end(), [](const auto& one) {
             return one.first.starts_with("error");
           });
  });
}

}  // namespace

TEST_CASE("the brief's stack: a service without ports, a balancer in front, scaled up and down") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:" + kWeb + R"(
  lb:
    image: dockercloud/haproxy
    links: [web]
    ports: ["8080:80"]
    volumes: [/var/run/nobody.here/docker.sock:/var/run/docker.sock]
)");
  const it::Output up = sandbox.ok({"up", "-d"});
  CHECK(up.err.find("the bundled compose/lb takes its place (--no-bundled-lb pulls instead)") !=
        std::string::npos);
  CHECK(answers(1));
  sandbox.ok({"up", "-d", "--scale", "web=3"});
  REQUIRE(answers(3));
  const auto shares = spread(30);
  CHECK(shares.size() == 3);
  for (const auto& [name, count] : shares) CHECK(count == 10);
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  CHECK(answers(2));
  CHECK(spread(20).size() == 2);
  // It runs as nobody in particular, on files that it cannot change.
  CHECK(sandbox.container("lb").at("Image") == "compose/lb");
  const std::string status = sandbox.ok({"top", "lb"}).out;
  CHECK(status.find("65532") != std::string::npos);
  const it::Output table = sandbox.ok({"lb"});
  CHECK(table.out.find(sandbox.project() + "-web-1") != std::string::npos);
  CHECK(table.out.find(sandbox.project() + "-web-3") == std::string::npos);
  std::istringstream rows(sandbox.ok({"lb", "--format", "json"}).out);
  std::map<std::string, nlohmann::json> servers;
  for (std::string line; std::getline(rows, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    servers[row.at("Server")] = row;
  }
  CHECK(servers.at(sandbox.project() + "-web-1").at("State").get<std::string>().starts_with("UP"));
  CHECK(servers.at("BACKEND").at("Requests").get<int>() > 50);
  CHECK(sandbox.ok({"lb", "--format", "{{.Server}} {{.Proxy}}"}).out.find("BACKEND web\n") !=
        std::string::npos);
  sandbox.ok({"pause", "lb"});
  CHECK_THAT(sandbox.compose({"lb"}).err, Catch::Contains("it is paused; unpause it first"));
  sandbox.ok({"unpause", "lb"});
  CHECK(answers(2));
  sandbox.finish();
}

TEST_CASE("requests under way end well when their container is stopped, and none is lost") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:" + kWeb + R"(
    scale: 3
    stop_signal: SIGKILL
    x-load-balancer: 8080
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(answers(3));
  std::vector<std::string> slow(9);
  std::vector<std::thread> clients;
  clients.reserve(slow.size());
  for (std::string& answer : slow) clients.emplace_back([&answer] { answer = get("/cgi-bin/slow"); });
  std::atomic<bool> stop = false;
  std::atomic<int> asked = 0, lost = 0;
  std::thread steady([&] {
    while (!stop) {
      lost += get().starts_with("error") ? 1 : 0;
      ++asked;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  sandbox.ok({"up", "-d", "--scale", "web=1"});
  for (std::thread& client : clients) client.join();
  sandbox.ok({"up", "-d", "--scale", "web=4"});
  sandbox.ok({"container", "kill", sandbox.project() + "-web-2"});
  stop = true;
  steady.join();
  for (const std::string& answer : slow) CHECK_THAT(answer, !Catch::StartsWith("error"));
  CHECK(asked > 5);
  CHECK(lost == 0);
  sandbox.finish();
}

TEST_CASE("hosts lead to their services, over several networks and balancers, also of other projects") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  shop:" + kWeb + R"(
    environment: {VIRTUAL_HOST: shop.test}
    networks: [front]
  blog:)" + kWeb + R"(
    scale: 2
    environment: {VIRTUAL_HOST: blog.test}
    networks: [back]
  alone:)" + kWeb + R"(
    networks: [back]
  both:
    image: compose/lb
    networks: [front, back]
    links: [shop, blog]
    ports: ["8080:80"]
  every:
    image: compose/lb
    networks: [back]
    environment: {STATS_AUTH: "me:secret"}
    ports: ["8081:80"]
    depends_on: [blog, alone]
  named:
    image: compose/lb
    networks: [front]
    environment: {ADDITIONAL_SERVICES: ")" +
                       sandbox.project() + R"(:shop"}
    ports: ["8082:80"]
networks: {front: {}, back: {}}
)");
  sandbox.ok({"up", "-d"});
  CHECK(answers(1, "shop.test"));
  CHECK(answers(2, "blog.test"));
  CHECK_THAT(get("/", "other.test"), Catch::Contains("503"));
  CHECK(answers(2, "blog.test", 8081));
  CHECK(answers(1, "other.test", 8081));  // the one without a host of its own
  CHECK(answers(1, "shop.test", 8082));
  CHECK(sandbox.ok({"lb", "every"}).out.find("-alone-1") != std::string::npos);
  CHECK(sandbox.ok({"lb"}).out.find("-named-1") != std::string::npos);
  // A service that is away for a while keeps its hosts.
  sandbox.ok({"stop", "-t", "0", "shop"});
  CHECK(it::eventually([&] { return get("/", "shop.test").find("503") != std::string::npos; }));
  sandbox.ok({"start", "shop"});
  CHECK(answers(1, "shop.test"));
  sandbox.finish();
}

TEST_CASE("a balancer whose monitor was killed goes on to be told, and so does one that restarts") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:" + kWeb + R"(
  loop:
    image: busybox
    command: sh -c "exit 1"
    restart: always
    expose: [80]
  lb:
    image: compose/lb
    links: [web, loop]
    restart: always
    ports: ["8080:80"]
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(answers(1));
  const auto status = sandbox.recorded_status(*sandbox.ids("lb").begin());
  const int pid = status.at("process").at("pid");
  REQUIRE(::kill(status.at("monitor").at("pid").get<pid_t>(), SIGKILL) == 0);
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  CHECK(answers(2));
  REQUIRE(::kill(pid, SIGKILL) == 0);
  CHECK(answers(2));
  sandbox.ok({"up", "-d", "--scale", "web=3"});
  CHECK(answers(3));
  sandbox.finish();
}

TEST_CASE("the balancer's image is there when it is asked for, and nothing else of that name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  lb: {image: dockercloud/haproxy}
  other: {image: "compose/lb:2", profiles: [other]}
)");
  const it::Output none = sandbox.compose({"--profile", "other", "up", "-d", "other"});
  CHECK(none.code != 0);
  CHECK(none.err.find("compose/lb is the load balancer that comes with this program") != std::string::npos);
  const it::Output pulled = sandbox.compose({"--no-bundled-lb", "up", "-d", "lb"});
  CHECK(pulled.code != 0);
  CHECK(pulled.err.find("takes its place") == std::string::npos);
  sandbox.ok({"pull", "lb"});
  CHECK(sandbox.ok({"image", "ls", "--format", "{{.Repository}}"}).out.find("compose/lb") !=
        std::string::npos);
  sandbox.ok({"image", "rm", "compose/lb"});
  sandbox.ok({"container", "run", "-d", "--name", "mine", "compose/lb"});
  CHECK(it::eventually([&] {
    return sandbox.ok({"container", "ls", "--format", "{{.Names}} {{.Status}}"}).out.find("mine Up") == 0;
  }));
  sandbox.ok({"container", "rm", "-f", "mine"});
  sandbox.finish();
}

TEST_CASE("a container on its way out stays out of the balancer, whatever its health check says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: sh -c "trap 'touch /leaving' TERM; httpd -p 80 -h /etc; while true; do sleep 0.1; done"
    expose: [80]
    stop_grace_period: 20s
    healthcheck: {test: "test ! -e /leaving", interval: 100ms, retries: 1}
    x-load-balancer: 8080
)");
  sandbox.ok({"up", "-d", "--wait"});
  const std::string server = sandbox.project() + "-web-1";
  const auto has_server = [&] {
    return sandbox.ok({"lb", "--format", "{{.Server}}"}).out.find(server) != std::string::npos;
  };
  REQUIRE(it::eventually(has_server));
  std::thread stop([&] { sandbox.compose({"container", "stop", server}); });
  CHECK(it::eventually([&] {
    return sandbox.ok({"ps", "web"}).out.find("(unhealthy)") != std::string::npos;
  }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK_FALSE(has_server());
  sandbox.ok({"container", "kill", server});
  stop.join();
  sandbox.ok({"start", "web"});
  CHECK(it::eventually(has_server));
  sandbox.finish();
}
