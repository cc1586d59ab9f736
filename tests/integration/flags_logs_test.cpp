// The flags of logs, of events and of what up shows of its containers.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

constexpr char kServices[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo early; sleep 2; echo late"]
    scale: 2
    stop_grace_period: 0s
  side:
    image: busybox
    command: ["echo", "beside"]
)";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("logs chooses by replica, time and number of lines, and tells times") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kServices);
  sandbox.ok({"up"});
  const auto lines = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"logs", "--no-color"});
    return sandbox.ok(args).out;
  };
  CHECK(it::count(lines({}), "\n") == 5);
  CHECK(contains(lines({"side"}), "side-1  | beside\n"));
  CHECK(lines({"--index", "2", "web"}) == "web-2  | early\nweb-2  | late\n");
  CHECK(lines({"--index=1", "--no-log-prefix", "-n", "1", "web"}) == "late\n");
  const std::string timed = lines({"-t", "--index", "1", "--no-log-prefix", "web"});
  const std::string early = timed.substr(0, timed.find(' ')), second = timed.substr(timed.find('\n') + 1);
  const std::string late = second.substr(0, second.find(' '));
  CHECK(early.size() == std::string("2026-01-02T03:04:05.000000000Z").size());
  CHECK(early < late);
  CHECK(lines({"--since", late, "--index", "1", "web"}) == "web-1  | late\n");
  CHECK(lines({"--until", early, "--index", "1", "web"}) == "web-1  | early\n");
  CHECK(lines({"--since", "0s", "web"}).empty());
  CHECK(lines({"--tail", "0"}).empty());
  CHECK(it::count(lines({"--tail=1", "web"}), "late\n") == 2);
  CHECK(sandbox.compose({"logs", "--since", "sometime"}).code != 0);
  sandbox.finish();
}

TEST_CASE("up shows the services it is asked to, with or without names and times, and how they ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["echo", "from web"]
    depends_on: {db: {condition: service_completed_successfully}}
  db:
    image: busybox
    command: ["sh", "-c", "echo from db; exit 0"]
  end:
    image: busybox
    command: ["sh", "-c", "sleep 1; exit 4"]
    stop_grace_period: 0s
)");
  const auto up = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"up", "--no-color", "--force-recreate"});
    return sandbox.ok(args).out;
  };
  std::string out = up({});
  CHECK(contains(out, "web-1  | from web\n"));
  CHECK(contains(out, "end-1 exited with code 4\n"));
  out = up({"--attach", "web"});
  CHECK(contains(out, "from web"));
  CHECK_FALSE(contains(out, "from db"));
  out = up({"--no-attach", "web"});
  CHECK_FALSE(contains(out, "from web"));
  CHECK(contains(out, "from db"));
  CHECK_FALSE(contains(up({"web"}), "from db"));
  sandbox.ok({"down", "-t", "0"});  // its job is done again
  CHECK(contains(up({"--attach-dependencies", "web"}), "from db"));
  CHECK(contains(up({"--no-log-prefix", "web"}), "\nfrom web\n"));
  out = up({"--timestamps", "web"});
  CHECK(contains(out, "web-1  | 20"));
  CHECK(contains(out, "Z from web\n"));
  sandbox.finish();
}

TEST_CASE("progress in JSON has docker compose's members and words, marks a dry run, and tells errors") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {web: {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s}}\n");
  const auto lines = [](const std::string& text) {
    std::vector<nlohmann::json> rows;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      rows.push_back(nlohmann::json::parse(text.substr(at, end - at)));
      at = end + 1;
    }
    return rows;
  };
  const auto dry = lines(sandbox.ok({"--progress", "json", "--dry-run", "up", "-d"}).out);
  REQUIRE(dry.size() == 3);
  CHECK(dry[0] == nlohmann::json{{"dry-run", true},
                                 {"id", "Network " + sandbox.project() + "_default"},
                                 {"status", "Done"},
                                 {"text", "Create"},
                                 {"details", "not there yet"}});
  const auto up = lines(sandbox.ok({"--progress", "json", "up", "-d"}).err);
  CHECK(up.size() >= 6);
  for (const auto& line : up) {
    for (const auto& [key, value] : line.items())
      CHECK((key == "id" || key == "status" || key == "text" || key == "details" || key == "parent_id" ||
             key == "current" || key == "total" || key == "percent"));
    const std::string status = line.at("status");
    CHECK((status == "Working" || status == "Done"));
  }
  CHECK(up.back().at("id") == "Container " + sandbox.project() + "-web-1");
  CHECK(up.back().at("text") == "Started");
  const auto failed = lines(sandbox.compose({"--progress=json", "restart", "nothing"}).err);
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].at("error") == true);
  CHECK(failed[0].at("message").get<std::string>().find("no such service: nothing") == 0);
  sandbox.file("bad.yaml", "services: {web: {Image: x}}\n");
  const auto unread = lines(sandbox.compose({"--progress", "json", "-f", "bad.yaml", "up"}).err);
  REQUIRE(unread.size() == 1);
  CHECK(unread[0].at("message").get<std::string>().find("bad.yaml:1:18: services.web: unknown attribute") ==
        0);
  sandbox.finish();
}
