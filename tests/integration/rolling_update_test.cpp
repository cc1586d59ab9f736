// deploy.update_config and rollback_config: replicas are replaced group by group while the others serve.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "sandbox.h"

using it::Sandbox;

namespace {

// `program` sees $VERSION.
std::string file(const std::string& version, const std::string& program, const std::string& rest) {
  return "services:\n  web:\n    image: busybox\n    stop_signal: SIGKILL\n    environment: {VERSION: '" +
         version + "'}\n    command: [sh, -c, '" + program + "']\n" + rest;
}

// The second container of version 2, and those after it, end with 3 at once.
const std::string kFailsAfterOne =
    "if [ $$VERSION = 2 ]; then mkdir /state/first || exit 3; fi; exec sleep 1000";

std::string three(const std::string& update) {
  return "    scale: 3\n    volumes: [\"state:/state\"]\n    deploy:\n      update_config: {monitor: "
         "300ms, " +
         update + "}\nvolumes:\n  state:\n";
}

// Ids by container name.
std::map<std::string, std::string> ids(Sandbox& sandbox) {
  std::map<std::string, std::string> found;
  for (const auto& container : sandbox.containers()) found[container.at("Name")] = container.at("ID");
  return found;
}

int running(Sandbox& sandbox) {
  int count = 0;
  for (const auto& container : sandbox.containers()) count += container.at("State") == "running" ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("an update start-first behind the load balancer loses no request") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string program =
      "mkdir /www; echo v$$VERSION > /www/index.html; sleep 0.3; exec httpd -f -p 80 -h /www";
  const std::string rest = R"(
    scale: 3
    expose: [80]
    healthcheck: {test: [CMD, wget, -q, -O-, "http://127.0.0.1/"], interval: 200ms, retries: 50}
    deploy:
      update_config: {order: start-first, failure_action: rollback}
    x-load-balancer: 8080
)";
  sandbox.compose_file(file("1", program, rest));
  sandbox.ok({"up", "-d", "--wait"});
  const auto get = [] {
    const it::Output output = it::run({"curl", "-sS", "-m", "8", "-f", "http://127.0.0.1:8080/"});
    return output.code == 0 ? output.out : "error: " + output.err;
  };
  REQUIRE(it::eventually([&] { return get() == "v1\n"; }));
  std::atomic<bool> stop = false;
  std::atomic<int> asked = 0;
  std::vector<std::map<std::string, int>> answers(3);
  // Ended and joined whatever fails.
  struct Clients : std::vector<std::thread> {
    explicit Clients(std::atomic<bool>& flag) : stop(flag) {}
    ~Clients() { finish(); }
    void finish() {
      stop = true;
      for (std::thread& client : *this)
        if (client.joinable()) client.join();
    }
    std::atomic<bool>& stop;
  };
  Clients clients(stop);
  for (auto& own : answers)
    clients.emplace_back([&stop, &asked, &own, &get] {
      while (!stop) {
        ++own[get()];
        ++asked;
      }
    });
  sandbox.compose_file(file("2", program, rest));
  sandbox.options().timeout = std::chrono::minutes(4);  // the clients leave it little of a small machine
  const it::Output up = sandbox.ok({"up", "-d"});
  const int during = asked;
  INFO(up.err);
  CHECK(it::eventually([&] { return asked > during + 20; }));
  clients.finish();
  std::map<std::string, int> all;
  for (const auto& own : answers)
    for (const auto& [text, count] : own) all[text] += count;
  for (const auto& [text, count] : all) {
    INFO(text << ": " << count);
    CHECK((text == "v1\n" || text == "v2\n"));
  }
  CHECK(all["v1\n"] > 0);
  CHECK(all["v2\n"] > 0);
  CHECK(during > 20);
  for (int i = 0; i < 6; ++i) CHECK(get() == "v2\n");
  CHECK(ids(sandbox).contains(sandbox.project() + "-web-3"));
  CHECK(ids(sandbox).size() == 4);
  sandbox.finish();
}

TEST_CASE("an update stop-first replaces as many at a time as parallelism says, and waits in between") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string rest =
      "    scale: 4\n    deploy:\n      update_config: {parallelism: 2, delay: 2s, monitor: 0s}\n";
  sandbox.compose_file(file("1", "exec sleep 1000", rest));
  sandbox.ok({"up", "-d"});
  sandbox.compose_file(file("2", "exec sleep 1000", rest));
  const it::Output plan = sandbox.ok({"up", "-d", "--dry-run"});
  CHECK_THAT(plan.out,
             Catch::Contains(
                 "service web: 2 of 4 containers at a time, stop-first, 2s between, pauses on a failure"));
  sandbox.ok({"up", "-d"});
  std::vector<int64_t> started;
  for (const std::string& id : sandbox.ids("web"))
    started.push_back(sandbox.recorded_status(id).at("started_ms"));
  REQUIRE(started.size() == 4);
  std::sort(started.begin(), started.end());
  CHECK(started[1] - started[0] < 2000);
  CHECK(started[2] - started[1] >= 2000);
  CHECK(started[3] - started[2] < 2000);
  CHECK(sandbox.ok({"up", "-d", "--dry-run"}).out.empty());
  sandbox.finish();
}

TEST_CASE("an update that fails is rolled back: the same containers run again, and up exits with 1") {
  if (!it::is_root()) return;
  for (const std::string order : {"stop-first", "start-first"}) {
    Sandbox sandbox;
    const std::string rest = three("failure_action: rollback, order: " + order);
    sandbox.compose_file(file("1", kFailsAfterOne, rest));
    sandbox.ok({"up", "-d"});
    const auto before = ids(sandbox);
    sandbox.compose_file(file("2", kFailsAfterOne, rest));
    const it::Output up = sandbox.compose({"up", "-d"});
    INFO(up.err);
    CHECK(up.code == 1);
    CHECK_THAT(up.err,
               Catch::Contains("service \"web\": update failed: container ") &&
                   Catch::Contains("web-2 exited (3)") &&
                   Catch::Contains("service \"web\": rolled back: its containers are those from before"));
    CHECK(ids(sandbox) == before);
    CHECK(running(sandbox) == 3);
    sandbox.finish();
  }
}

TEST_CASE("an update that fails pauses by default: the rest runs on as it was, and continue replaces all") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string rest = three("order: start-first");
  sandbox.compose_file(file("1", kFailsAfterOne, rest));
  sandbox.ok({"up", "-d"});
  const auto before = ids(sandbox);
  sandbox.compose_file(file("2", kFailsAfterOne, rest));
  const it::Output up = sandbox.compose({"up", "-d"});
  INFO(up.err);
  CHECK(up.code == 1);
  CHECK_THAT(up.err, Catch::Contains("service \"web\": its update is paused"));
  const auto now = ids(sandbox);
  const std::string web = sandbox.project() + "-web-";
  CHECK(now.at(web + "1") != before.at(web + "1"));
  CHECK(now.at(web + "2") == before.at(web + "2"));
  CHECK(now.at(web + "3") == before.at(web + "3"));
  CHECK(running(sandbox) == 3);

  sandbox.compose_file(file("2", kFailsAfterOne, three("failure_action: continue")));
  const it::Output on = sandbox.ok({"up", "-d"});
  CHECK_THAT(on.err, Catch::Contains("web-2 exited (3); it goes on"));
  for (const auto& [name, id] : ids(sandbox)) CHECK(before.at(name) != id);
  CHECK(running(sandbox) == 1);
  sandbox.finish();
}

TEST_CASE("a container that does not get healthy fails an update, told with its last check") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto stack = [](const std::string& version) {
    return file(version, "exec sleep 1000", R"(
    healthcheck: {test: "test $$VERSION = 1 || { echo not today; exit 1; }", interval: 100ms, retries: 2}
    deploy:
      update_config: {order: start-first}
)");
  };
  sandbox.compose_file(stack("1"));
  sandbox.ok({"up", "-d", "--wait"});
  sandbox.compose_file(stack("2"));
  const it::Output up = sandbox.compose({"up", "-d"});
  CHECK(up.code == 1);
  CHECK_THAT(up.err, Catch::Contains("is unhealthy (last health check exited with 1: not today)"));
  CHECK(sandbox.inside("web", {"sh", "-c", "echo $VERSION"}) == "1\n");
  sandbox.finish();
}

TEST_CASE(
    "an update by groups that is killed at any moment is finished by the next up, and down leaves nothing") {
  if (!it::is_root()) return;
  std::mt19937 random(std::random_device{}());
  for (const std::string update : {"order: start-first, failure_action: rollback", "failure_action: rollback",
                                   "order: start-first", "parallelism: 2"}) {
    Sandbox sandbox;
    const std::string rest =
        "    scale: 3\n    deploy:\n      update_config: {monitor: 0s, " + update + "}\n";
    sandbox.compose_file(file("1", "exec sleep 1000", rest));
    sandbox.ok({"up", "-d"});
    for (int version = 2; version < 5; ++version) {
      sandbox.compose_file(file(std::to_string(version), "exec sleep 1000", rest));
      const auto moment = std::chrono::milliseconds(std::uniform_int_distribution<int>(20, 1500)(random));
      INFO(update << ", killed after " << moment.count() << " ms");
      it::Process killed(sandbox.command({"up", "-d"}), sandbox.options());
      std::this_thread::sleep_for(moment);
      killed.signal(SIGKILL);
      killed.wait();
      const it::Output up = sandbox.compose({"up", "-d"});
      INFO(up.err);
      CHECK(up.code == 0);
      CHECK(ids(sandbox).size() == 3);
      CHECK(running(sandbox) == 3);
      for (int number = 1; number <= 3; ++number)
        CHECK(ids(sandbox).contains(sandbox.project() + "-web-" + std::to_string(number)));
      CHECK(sandbox.inside("web", {"sh", "-c", "echo $VERSION"}) == std::to_string(version) + "\n");
      CHECK_THAT(sandbox.ok({"up", "-d", "--dry-run"}).out, Catch::Equals(std::string()));
    }
    sandbox.compose_file(file("9", "exec sleep 1000", rest));
    it::Process killed(sandbox.command({"up", "-d"}), sandbox.options());
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<int>(20, 1000)(random)));
    killed.signal(SIGKILL);
    killed.wait();
    sandbox.finish();
  }
}

TEST_CASE("up that aborts on a container's exit does not on that of one it replaces") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string rest =
      "    scale: 2\n    deploy:\n      update_config: {monitor: 0s, order: start-first}\n";
  sandbox.compose_file(file("1", "exec sleep 1000", rest));
  sandbox.ok({"up", "-d"});
  sandbox.compose_file(file("2", "echo new; exec sleep 1000", rest));
  it::Process up(sandbox.command({"up", "--abort-on-container-exit", "--no-color"}), sandbox.options());
  const std::string web = "web-2  | new";
  REQUIRE(it::eventually([&] { return up.out().find(web) != std::string::npos; }));
  REQUIRE(it::eventually([&] { return sandbox.ids().size() == 2; }));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  CHECK(up.running());
  sandbox.ok({"kill", "web"});
  const it::Output output = up.wait();
  INFO(output.out << output.err);
  CHECK(output.code == 137);
  // No name of the time in between.
  CHECK(output.out.find("_") == std::string::npos);
  sandbox.finish();
}
