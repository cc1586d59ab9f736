// top and stats.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::vector<std::string> words_of_line(const std::string& text, size_t number) {
  std::istringstream lines(text);
  std::string line;
  for (size_t i = 0; i <= number; ++i) std::getline(lines, line);
  std::istringstream words(line);
  std::vector<std::string> found;
  for (std::string word; words >> word;) found.push_back(word);
  return found;
}

constexpr char kService[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "sleep 1000 & exec sleep 2000"]
    user: "1234"
    mem_limit: 64m
    stop_grace_period: 0s
)";

// What `top` prints once each of the containers has come to its two programs.
std::string top_of_all(Sandbox& sandbox, std::ptrdiff_t containers) {
  std::string text;
  CHECK(it::eventually([&] {
    text = sandbox.ok({"top"}).out;
    return std::count(text.begin(), text.end(), '\n') == 1 + 2 * containers &&
           text.find("sh -c") == std::string::npos;
  }));
  return text;
}

}  // namespace

TEST_CASE("top tells the processes of each container in the columns of ps") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kService);
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  const std::string text = top_of_all(sandbox, 2);
  CHECK(words_of_line(text, 0) ==
        std::vector<std::string>{"SERVICE", "#", "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"});
  const auto row = words_of_line(text, 1);
  REQUIRE(row.size() > 10);
  CHECK(row[0] == "web");
  CHECK(row[1] == "1");
  CHECK(row[2] == "1234");
  CHECK(row[7] == "?");
  CHECK_THAT(text, Catch::Contains("sleep 1000") && Catch::Contains("sleep 2000"));
  const std::string name = sandbox.container("web").at("Name");
  const std::string one = sandbox.ok({"container", "top", name}).out;
  CHECK(words_of_line(one, 0).front() == "UID");
  CHECK(std::count(one.begin(), one.end(), '\n') == 3);
  if (::access("/bin/ps", X_OK) == 0 || ::access("/usr/bin/ps", X_OK) == 0) {
    const std::string own = sandbox.ok({"container", "top", name, "-eo", "pid,args"}).out;
    CHECK(words_of_line(own, 0) == std::vector<std::string>{"PID", "COMMAND"});
    CHECK(std::count(own.begin(), own.end(), '\n') == 3);
    CHECK_THAT(sandbox.compose({"container", "top", name, "-eo", "args"}).err, Catch::Contains("column PID"));
  }
  sandbox.ok({"stop"});
  CHECK(sandbox.ok({"top"}).out.empty());
  CHECK_THAT(sandbox.compose({"container", "top", name}).err, Catch::Contains("is not running"));
  sandbox.finish();
}

TEST_CASE("stats tells what a container uses, once or as JSON") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kService);
  sandbox.ok({"up", "-d"});
  top_of_all(sandbox, 1);
  const std::string table = sandbox.ok({"stats", "--no-stream"}).out;
  CHECK_THAT(table, Catch::StartsWith("CONTAINER ID   NAME"));
  CHECK_THAT(table, Catch::Contains("MEM USAGE / LIMIT") && Catch::Contains("/ 64MiB"));
  const auto row = nlohmann::json::parse(sandbox.ok({"stats", "--no-stream", "--format", "json", "web"}).out);
  CHECK(row.at("Name") == sandbox.container("web").at("Name"));
  CHECK(row.at("PIDs") == "2");
  CHECK_THAT(row.at("CPUPerc").get<std::string>(), Catch::EndsWith("%"));
  CHECK(sandbox.ok({"container", "stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", row.at("Name")})
            .out == row.at("Name").get<std::string>() + " 2\n");
  sandbox.ok({"stop"});
  CHECK(sandbox.ok({"stats", "--no-stream", "--format", "json"}).out.empty());
  const auto down = nlohmann::json::parse(sandbox.ok({"stats", "-a", "--no-stream", "--format", "json"}).out);
  CHECK(down.at("PIDs") == "0");
  CHECK(down.at("MemUsage") == "0B / 0B");
  sandbox.finish();
}
