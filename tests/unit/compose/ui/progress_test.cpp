#include "compose/ui/progress.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "compose/ui/progress_items.h"
#include "compose/ui/text.h"
#include "fake_terminal.h"

using namespace compose;
using namespace compose::ui;
using compose::test::FakeTerminal;

namespace {

Step step(const std::string& resource, Action action, const std::string& reason = "") {
  Step result;
  result.resource = resource;
  result.action = std::move(action);
  result.reason = reason;
  return result;
}

Step create(const std::string& name, bool replaces = false, const std::string& reason = "not there yet") {
  engine::ContainerConfig config;
  if (replaces) config.labels["com.docker.compose.replace"] = name;
  return step("Container " + name, CreateContainer{"", std::move(config)}, reason);
}

std::string shown(ProgressMode mode, const std::function<void(Progress&)>& run) {
  std::string text;
  const auto progress = make_progress(
      {mode, false, true}, [&](std::string_view part) { text += part; }, [] { return TerminalSize{}; });
  run(*progress);
  return text;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("plain progress is a line for each change, a recreate with its reason") {
  const std::string text = shown(ProgressMode::kPlain, [](Progress& progress) {
    const Step web = create("demo-web-1", true, "config changed: environment.A");
    progress.step_changed(web, StepStatus::kWaiting, "");
    progress.step_changed(web, StepStatus::kRunning, "Recreate");
    progress.step_changed(web, StepStatus::kRunning, "Recreate");
    progress.step_changed(web, StepStatus::kDone, "Recreated");
    progress.note("Container demo-db-1", "Running");
    progress.warning("look out");
  });
  CHECK(text ==
        " Container demo-web-1  Recreate (config changed: environment.A)\n"
        " Container demo-web-1  Recreated (config changed: environment.A)\n"
        " Container demo-db-1  Running\n"
        "warning: look out\n");
}

TEST_CASE("plain progress shows builds as BuildKit does and closes them") {
  const std::string text = shown(ProgressMode::kPlain, [](Progress& progress) {
    const Step build = step("Image demo-web", BuildImage{"web", {}});
    const engine::BuildStep from{1, "", 1, 1, "FROM busybox"};
    progress.build_event(build, {BuildEvent::Kind::kBegin, from, false, "", 0});
    progress.build_event(build, {BuildEvent::Kind::kDone, from, false, "", 0});
    progress.step_changed(build, StepStatus::kDone, "Built");
  });
  CHECK(text == "#1 [web 1/1] FROM busybox\n#1 DONE 0.0s\n Image demo-web  Built\n");
}

TEST_CASE("JSON progress is one object a line") {
  const std::string text = shown(ProgressMode::kJson, [](Progress& progress) {
    progress.step_changed(create("demo-web-1"), StepStatus::kRunning, "Creating");
    progress.step_changed(create("demo-web-1"), StepStatus::kFailed, "Error \"x\"\n");
    progress.error("it failed");
  });
  std::istringstream lines(text);
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(nlohmann::json::parse(line));
  REQUIRE(all.size() == 3);
  CHECK(all[0] == nlohmann::json{{"id", "Container demo-web-1"},
                                 {"status", "Working"},
                                 {"text", "Creating"},
                                 {"details", "not there yet"}});
  CHECK(all[1].at("status") == "Error");
  CHECK(all[2] == nlohmann::json{{"error", true}, {"message", "it failed"}});
}

TEST_CASE("quiet progress says nothing but errors") {
  const std::string text = shown(ProgressMode::kQuiet, [](Progress& progress) {
    progress.step_changed(create("demo-web-1"), StepStatus::kDone, "Created");
    progress.warning("look out");
    progress.error("it failed");
  });
  CHECK(text == "error: it failed\n");
}

TEST_CASE("the picture fits every width and always names what is shown") {
  ProgressItems items;
  const Clock::time_point start{};
  items.change("Network demo_default", StepStatus::kDone, "Created", start);
  items.change("Container a-project-with-a-long-name-database-server-1", StepStatus::kRunning, "Starting",
               start);
  items.change("Container demo-web-1", StepStatus::kFailed, "Error: something long went wrong here, really",
               start);
  for (size_t columns = 20; columns <= 200; ++columns) {
    for (const bool colour : {false, true}) {
      const auto lines = items.picture(start + std::chrono::milliseconds(3210), {columns, 24}, colour);
      REQUIRE(lines.size() == 4);
      CHECK(lines[0].find("Running 2/3") != std::string::npos);
      for (const std::string& line : lines) {
        INFO(columns << ": " << line);
        // The error is longer than a narrow screen: LiveBlock cuts it. All others fit by themselves.
        if (line.find("Error") == std::string::npos)
          CHECK(display_width(line) < std::max<size_t>(columns, 24));
      }
    }
  }
  const std::string busy = items.picture(start + std::chrono::milliseconds(3210), {100, 24}, false)[2];
  CHECK(busy.substr(busy.size() - 6) == "  3.2s");
  CHECK(display_width(busy) == 99);
}

TEST_CASE("redrawing on a fake terminal leaves one copy of each line, whatever the width") {
  for (size_t columns = 20; columns <= 200; columns += 9) {
    FakeTerminal terminal(columns);
    LiveBlock block([&](std::string_view text) { terminal.write(text); }, [&] { return terminal.size; });
    for (int i = 0; i < 5; ++i) {
      block.draw(
          {"[+] Running", "first " + std::string(static_cast<size_t>(20 * i), 'x'), "second", "third"});
    }
    CHECK_FALSE(terminal.wrapped);
    CHECK(count(terminal.screen(), "first") == 1);
    CHECK(count(terminal.screen(), "third") == 1);
    CHECK(terminal.row() == 4);
    block.erase();
    CHECK(terminal.screen().empty());
  }
}

TEST_CASE("a block higher than the screen is cut, not scrolled") {
  FakeTerminal terminal(40, 5);
  LiveBlock block([&](std::string_view text) { terminal.write(text); }, [&] { return terminal.size; });
  const std::vector<std::string> lines(30, "line");
  for (int i = 0; i < 3; ++i) block.draw(lines);
  CHECK(count(terminal.screen(), "line") == 4);
}

TEST_CASE("a terminal that became narrower is rewound by the rows its lines take now") {
  std::string last;
  TerminalSize size{80, 24};
  LiveBlock block([&](std::string_view text) { last = text; }, [&] { return size; });
  block.draw({std::string(60, 'a'), "b"});
  size.columns = 20;
  block.draw({"c"});
  CHECK(last == "\x1b[4A\rc\x1b[K\n\x1b[J");  // 60 columns are three rows of 20, and one more line
}

TEST_CASE("where the screen is low, what is done is left out first") {
  ProgressItems items;
  const Clock::time_point start{};
  for (int i = 0; i < 50; ++i) {
    items.change("Container done-" + std::to_string(i), StepStatus::kDone, "Started", start);
  }
  items.change("Container busy", StepStatus::kRunning, "Starting", start);
  const auto lines = items.picture(start, {80, 10}, false);
  CHECK(lines.size() == 9);
  CHECK(lines.back().find("busy") != std::string::npos);
}

TEST_CASE("the live display ends with the last picture and errors below it") {
  FakeTerminal terminal(60);
  const auto progress = make_progress(
      {ProgressMode::kTty, true, true}, [&](std::string_view text) { terminal.write(text); },
      [&] { return terminal.size; });
  progress->step_changed(create("demo-web-1"), StepStatus::kRunning, "Creating");
  progress->warning("an orphan");
  progress->step_changed(create("demo-web-1"), StepStatus::kDone, "Created");
  progress->note("Container demo-db-1", "Running");
  progress->finish();
  progress->error("no more");
  const std::string screen = terminal.screen();
  INFO(screen);
  CHECK(screen.rfind("warning: an orphan\n[+] Running 2/2\n", 0) == 0);
  CHECK(count(screen, "demo-web-1") == 1);
  CHECK(screen.find("Created") != std::string::npos);
  CHECK(screen.find("demo-db-1") < screen.find("error: no more"));
}

TEST_CASE("many threads may report at once") {
  FakeTerminal terminal(80, 200);
  const auto progress = make_progress(
      {ProgressMode::kTty, false, true}, [&](std::string_view text) { terminal.write(text); },
      [&] { return terminal.size; });
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int n = 0; n < 50; ++n) {
          progress->step_changed(create("c-" + std::to_string(i)), StepStatus::kRunning, "Creating");
          if (n % 10 == 0) progress->finish();
        }
        progress->step_changed(create("c-" + std::to_string(i)), StepStatus::kDone, "Created");
      });
    }
  }
  progress->finish();
  CHECK(terminal.screen().find("Created") != std::string::npos);
}

namespace {

const engine::BuildStep kMake{2, "app", 2, 3, "RUN make"};

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("a build is shown as a tree of its instructions, those at work with their last lines") {
  ProgressItems items;
  const Clock::time_point start{};
  items.change("Image demo-web", StepStatus::kRunning, "Building", start);
  items.build("Image demo-web", {BuildEvent::Kind::kBegin, {1, "app", 1, 3, "FROM busybox"}, true, "", 0},
              start);
  items.build("Image demo-web", {BuildEvent::Kind::kBegin, kMake, false, "", 0}, start);
  for (int i = 0; i < 9; ++i) {
    items.build("Image demo-web",
                {BuildEvent::Kind::kLine, kMake, false, "gone\rline " + std::to_string(i), 0}, start);
  }
  const auto now = start + std::chrono::milliseconds(1500);
  const std::string tall = joined(items.picture(now, {60, 24}, false));
  CHECK(tall.find("[app 1/3] FROM busybox") != std::string::npos);
  CHECK(tall.find("CACHED\n") != std::string::npos);
  CHECK(tall.find("[app 2/3] RUN make") != std::string::npos);
  CHECK(tall.find("1.5s\n     line 5\n     line 6\n     line 7\n     line 8\n") != std::string::npos);
  CHECK(tall.find("gone") == std::string::npos);

  // A low screen loses output first, then what is done; what is at work stays as long as it can.
  const std::string low = joined(items.picture(now, {60, 4}, false));
  CHECK(low.find("RUN make") != std::string::npos);
  CHECK(low.find("line") == std::string::npos);
  CHECK(low.find("busybox") == std::string::npos);

  for (size_t columns = 30; columns <= 120; ++columns) {
    for (size_t rows = 2; rows <= 20; ++rows) {
      for (const std::string& line : items.picture(now, {columns, rows}, false))
        CHECK(display_width(line) < columns);
    }
  }
}

TEST_CASE("of a build that failed the instruction stays, of one that is done only the image") {
  for (const bool ok : {true, false}) {
    ProgressItems items;
    const Clock::time_point start{};
    items.change("Image demo-web", StepStatus::kRunning, "Building", start);
    items.build("Image demo-web", {BuildEvent::Kind::kBegin, kMake, false, "", 0}, start);
    const auto end = ok ? BuildEvent::Kind::kDone : BuildEvent::Kind::kFailed;
    items.build("Image demo-web", {end, kMake, false, "", 0}, start);
    items.change("Image demo-web", ok ? StepStatus::kDone : StepStatus::kFailed, "x", start);
    const std::string text = joined(items.picture(start, {60, 24}, false));
    CHECK((text.find("RUN make") == std::string::npos) == ok);
  }
}
