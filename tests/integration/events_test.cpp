// events and system events: who does something tells of it, commands and monitors alike.
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sandbox.h"

using it::Sandbox;

namespace {

constexpr char kSleeper[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_signal: SIGKILL
    labels: {tier: front}
)";

std::vector<nlohmann::json> lines(const std::string& text) {
  std::vector<nlohmann::json> found;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);)
    if (!line.empty()) found.push_back(nlohmann::json::parse(line));
  return found;
}

// What `events` has kept, from the beginning.
std::vector<nlohmann::json> history(Sandbox& sandbox, std::vector<std::string> more = {}) {
  std::vector<std::string> args = {"events", "--json", "--since", "1h", "--until", "0s"};
  args.insert(args.end(), more.begin(), more.end());
  return lines(sandbox.ok(args).out);
}

std::vector<std::string> actions(const std::vector<nlohmann::json>& events) {
  std::vector<std::string> found;
  found.reserve(events.size());
  for (const nlohmann::json& event : events) found.push_back(event.at("action"));
  return found;
}

std::vector<std::string> all_actions(Sandbox& sandbox) {
  std::vector<std::string> found;
  for (const nlohmann::json& event :
       lines(sandbox.ok({"system", "events", "--since", "1h", "--until", "0s", "--format", "json"}).out))
    found.push_back(event.at("Type").get<std::string>() + ' ' + event.at("Action").get<std::string>());
  return found;
}

using Actions = std::vector<std::string>;

bool has(const Actions& actions, const std::string& action) {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

size_t count(const Actions& actions, const std::string& action) {
  return static_cast<size_t>(std::count(actions.begin(), actions.end(), action));
}

}  // namespace

TEST_CASE("a life from up to down is told in docker's words and order") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kSleeper) + "    volumes: [data:/data]\nvolumes: {data: }\n");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"pause"});
  sandbox.ok({"unpause"});
  sandbox.ok({"exec", "-T", "web", "true"});
  sandbox.ok({"kill"});
  sandbox.ok({"start"});
  sandbox.ok({"restart"});
  sandbox.ok({"container", "rename", sandbox.project() + "-web-1", "other"});
  sandbox.ok({"down", "-v"});
  CHECK(actions(history(sandbox)) == Actions{"create",
                                             "start",
                                             "pause",
                                             "unpause",
                                             "exec_create: true",
                                             "exec_start: true",
                                             "exec_die",
                                             "kill",
                                             "die",
                                             "start",
                                             "kill",
                                             "die",
                                             "stop",
                                             "start",
                                             "restart",
                                             "rename",
                                             "kill",
                                             "die",
                                             "stop",
                                             "destroy"});
  const nlohmann::json first = history(sandbox).front(), last = history(sandbox).back();
  CHECK(first.at("type") == "container");
  CHECK(first.at("service") == "web");
  CHECK(first.at("id").get<std::string>().size() == 64);
  CHECK(first.at("attributes") ==
        nlohmann::json({{"image", "busybox"}, {"name", sandbox.project() + "-web-1"}, {"tier", "front"}}));
  CHECK(last.at("attributes").at("name") == "other");
  for (const nlohmann::json& event : history(sandbox)) {
    if (event.at("action") == "die") CHECK(event.at("attributes").at("exitCode") == "137");
    if (event.at("action") == "kill") CHECK(event.at("attributes").at("signal") == "9");
    if (event.at("action") == "exec_die") CHECK(event.at("attributes").at("exitCode") == "0");
  }
  const Actions all = all_actions(sandbox);
  const Actions up = {"network create", "volume create",   "container create",
                      "volume mount",   "network connect", "container start"};
  REQUIRE(all.size() > up.size());
  Actions begin;  // what was done to the image before aside; network and volume come in any order
  for (const std::string& action : all)
    if (!action.starts_with("image ") && begin.size() < up.size()) begin.push_back(action);
  std::sort(begin.begin(), begin.begin() + 2);
  CHECK(begin == up);
  for (const char* action : {"network disconnect", "volume unmount", "network destroy", "volume destroy"})
    CHECK(has(all, action));
  CHECK(count(all, "network connect") == count(all, "network disconnect"));
  CHECK(count(all, "volume mount") == count(all, "volume unmount"));
  sandbox.finish();
}

TEST_CASE("what a monitor does alone is told: restarts, health, an end by itself") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  again:
    image: busybox
    command: ["sh", "-c", "exit 3"]
    restart: on-failure:2
  sick:
    image: busybox
    command: ["sleep", "1000"]
    stop_signal: SIGKILL
    healthcheck: {test: "test ! -e /sick", interval: 50ms, timeout: 5s, retries: 1, start_period: 0s}
)");
  sandbox.ok({"up", "-d"});
  const auto of = [&](const std::string& service) { return actions(history(sandbox, {service})); };
  CHECK(it::eventually([&] { return count(of("again"), "die") == 3; }));
  CHECK(of("again") == Actions{"create", "start", "die", "start", "die", "start", "die"});
  CHECK(history(sandbox, {"again"}).back().at("attributes").at("exitCode") == "3");
  CHECK(it::eventually([&] { return has(of("sick"), "health_status: healthy"); }));
  sandbox.inside("sick", {"touch", "/sick"});
  CHECK(it::eventually([&] { return has(of("sick"), "health_status: unhealthy"); }));
  CHECK(count(of("sick"), "health_status: healthy") == 1);
  CHECK(it::eventually([&] { return has(all_actions(sandbox), "network disconnect"); }));  // by `tidy`
  sandbox.finish();
}

TEST_CASE("a container that is killed for want of memory says so before it dies") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  hog:
    image: busybox
    command: ["tail", "/dev/zero"]
    mem_limit: 16m
    memswap_limit: 16m
)");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return has(actions(history(sandbox)), "die"); }));
  CHECK(actions(history(sandbox)) == Actions{"create", "start", "oom", "die"});
  CHECK(history(sandbox).back().at("attributes").at("exitCode") == "137");
  sandbox.finish();
}

TEST_CASE("an end that no monitor saw is told by who finds it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.ok({"up", "-d"});
  const auto status = sandbox.recorded_status(*sandbox.ids("web").begin());
  REQUIRE(::kill(status.at("monitor").at("pid").get<pid_t>(), SIGKILL) == 0);
  REQUIRE(::kill(status.at("process").at("pid").get<pid_t>(), SIGKILL) == 0);
  CHECK(it::eventually([&] {
    sandbox.ok({"tidy"});
    return count(actions(history(sandbox)), "die") > 0;
  }));
  sandbox.ok({"tidy"});
  CHECK(actions(history(sandbox)) == Actions{"create", "start", "die"});
  sandbox.finish();
}

TEST_CASE("followers have each event once, and end as docker compose does by Ctrl-C") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.ok({"create"});
  it::Process one(sandbox.command({"events", "--json"}), sandbox.options());
  it::Process two(sandbox.command({"events", "web"}), sandbox.options());
  it::Process filtered(
      sandbox.command({"system", "events", "--filter", "event=die", "--filter", "type=container", "--format",
                       "{{.Action}} {{.Actor.Attributes.exitCode}}"}),
      sandbox.options());
  // Each says something once it listens: until then things happen.
  CHECK(it::eventually(
      [&] {
        sandbox.ok({"up", "-d"});
        sandbox.ok({"stop"});
        return !one.out().empty() && !two.out().empty() && !filtered.out().empty();
      },
      std::chrono::seconds(60)));
  const auto live = [&] { return lines(one.out()); };
  const size_t before = live().size();
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  CHECK(it::eventually([&] { return live().size() >= before + 3; }));
  sandbox.ok({"down"});
  CHECK(it::eventually([&] { return count(actions(live()), "destroy") == 2; }));
  CHECK(count(actions(live()), "create") == 1);  // the second replica's: the first was made before
  // What came live is what is kept: nothing twice, nothing missing after the first.
  const auto kept = history(sandbox);
  const auto seen = live();
  REQUIRE(seen.size() <= kept.size());
  CHECK(std::equal(seen.begin(), seen.end(), kept.end() - static_cast<std::ptrdiff_t>(seen.size())));

  one.signal(SIGINT);
  two.signal(SIGINT);
  filtered.signal(SIGINT);
  CHECK(one.wait().code == 130);
  const it::Output text = two.wait();
  CHECK(text.code == 130);
  CHECK_THAT(text.out, Catch::Matches("(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} container [a-z]+ "
                                      "[0-9a-f]{64} \\([^\n]*image=busybox[^\n]*\\)\n)+"));
  const it::Output dies = filtered.wait();
  CHECK_THAT(dies.out, Catch::Matches("(die 137\n)+"));
  sandbox.finish();
}

TEST_CASE("since and until choose from history, and a later until ends the wait") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.ok({"up", "-d"});
  sandbox.ok({"down"});
  const auto all = history(sandbox);
  REQUIRE(all.size() == 6);
  const std::string third = all[2].at("time");
  CHECK(actions(lines(sandbox.ok({"events", "--json", "--since", third, "--until", "0s"}).out)) ==
        Actions{"kill", "die", "stop", "destroy"});
  CHECK(actions(lines(sandbox.ok({"events", "--json", "--until", third}).out)) ==
        Actions{"create", "start", "kill"});
  CHECK(sandbox.ok({"events", "--since", "0s", "--until", "0s"}).out.empty());
  CHECK(sandbox.compose({"events", "--since", "yesterday"}).code != 0);
  CHECK(sandbox.compose({"events", "nobody"}).code == 1);

  const it::Output text = sandbox.ok({"system", "events", "--since", "1h", "--until", "0s", "-f",
                                      "container=" + sandbox.project() + "-web-1"});
  CHECK_THAT(text.out,
             Catch::Contains("Z container create ") && Catch::Contains("com.docker.compose.service=web"));
  CHECK_THAT(text.out, !Catch::Contains("io.compose."));
  CHECK(sandbox.ok({"system", "events", "--since", "1h", "--until", "0s", "-f", "label=tier=back"})
            .out.empty());
  CHECK(sandbox.compose({"system", "events", "-f", "daemon=x"}).code == 1);
  sandbox.finish();
}

TEST_CASE("images and networks have their events too, and one-off containers only at the system's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.ok({"run", "--rm", "web", "true"});
  CHECK(history(sandbox).empty());
  const std::string network = sandbox.project() + "-extra";
  sandbox.ok({"up", "-d"});
  sandbox.ok({"network", "create", network});
  sandbox.ok({"network", "connect", network, sandbox.project() + "-web-1"});
  sandbox.ok({"network", "disconnect", network, sandbox.project() + "-web-1"});
  sandbox.ok({"network", "rm", network});
  sandbox.ok({"image", "tag", "busybox", "busybox:more"});
  sandbox.ok({"image", "rm", "busybox:more"});
  sandbox.ok({"container", "restart", "-t", "0", sandbox.project() + "-web-1"});
  const Actions all = all_actions(sandbox);
  for (const char* action : {"container attach", "image tag", "image untag", "container restart"})
    CHECK(has(all, action));
  Actions mine;
  for (const nlohmann::json& event : lines(sandbox
                                               .ok({"system", "events", "--since", "1h", "--until", "0s",
                                                    "--format", "json", "-f", "network=" + network})
                                               .out))
    mine.push_back(event.at("Action"));
  CHECK(mine == Actions{"create", "connect", "disconnect", "destroy"});
  sandbox.finish();
}

TEST_CASE("what an image or a caller wrote gives the terminal of who reads events no orders") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.file("compose.override.yaml", "services: {web: {labels: {evil: \"a\\e[2J\\nforged\"}}}\n");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"exec", "-T", "web", "echo", "\033[2J\nforged"});
  for (const std::vector<std::string>& command : {Actions{"events"}, Actions{"system", "events"}}) {
    Actions args = command;
    args.insert(args.end(), {"--since", "1h", "--until", "0s"});
    const std::string text = sandbox.ok(args).out;
    CHECK_THAT(text, Catch::Contains("evil=a") && Catch::Contains("exec_start: echo"));
    CHECK(text.find('\033') == std::string::npos);
    CHECK(text.find("\nforged") == std::string::npos);
  }
  sandbox.finish();
}
