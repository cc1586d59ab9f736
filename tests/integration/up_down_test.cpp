#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {
constexpr char kTwoServices[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
  worker:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)";
}

TEST_CASE("up -d starts every service and down leaves nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  const it::Output up = sandbox.ok({"up", "-d"});
  CHECK(up.out.empty());
  CHECK(up.err.find("Network " + sandbox.project() + "_default") != std::string::npos);
  CHECK(up.err.find("Container " + sandbox.project() + "-web-1") != std::string::npos);
  CHECK(sandbox.container("web").at("State") == "running");
  CHECK(sandbox.container("worker").at("State") == "running");
  sandbox.ok({"down"});
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("stop keeps the containers and start brings the same ones back") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  const std::set<std::string> before = sandbox.ids("web");
  sandbox.ok({"stop"});
  CHECK(sandbox.container("web").at("State") == "exited");
  sandbox.ok({"start"});
  CHECK(sandbox.ids("web") == before);
  CHECK(sandbox.container("web").at("State") == "running");
  sandbox.ok({"restart", "web"});
  CHECK(sandbox.ids("web") == before);
  sandbox.ok({"kill", "worker"});
  CHECK(sandbox.container("worker").at("ExitCode") == 137);
  sandbox.ok({"rm", "-f", "worker"});
  CHECK(sandbox.containers().size() == 1);
  sandbox.finish();
}

TEST_CASE("naming a service starts it and what it depends on only") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  db:
    image: busybox
    command: ["sleep", "1000"]
  web:
    image: busybox
    command: ["sleep", "1000"]
    depends_on: [db]
  other:
    image: busybox
    command: ["sleep", "1000"]
)");
  sandbox.ok({"up", "-d", "web"});
  CHECK(sandbox.ids("web").size() == 1);
  CHECK(sandbox.ids("db").size() == 1);
  CHECK(sandbox.ids("other").empty());
  sandbox.finish();
}

TEST_CASE("a service that has gone from the file is an orphan, removed on request") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  sandbox.compose_file(
      "services:\n  web:\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    stop_grace_period: "
      "0s\n");
  const it::Output warned = sandbox.ok({"up", "-d"});
  CHECK(warned.err.find(sandbox.project() + "-worker-1") != std::string::npos);
  CHECK(warned.err.find("--remove-orphans") != std::string::npos);
  CHECK(sandbox.ids().size() == 2);
  sandbox.ok({"up", "-d", "--remove-orphans"});
  CHECK(sandbox.ids().size() == 1);
  sandbox.finish();
}

TEST_CASE("down works from the project's name when the file has gone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"up", "-d"});
  REQUIRE(::unlink((sandbox.directory() + "/compose.yaml").c_str()) == 0);
  sandbox.ok({"-p", sandbox.project(), "down", "-t", "0"});
  sandbox.check_nothing_left();
}

TEST_CASE("a dry run changes nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwoServices);
  sandbox.ok({"--dry-run", "up", "-d"});
  CHECK(sandbox.containers().empty());
  sandbox.check_nothing_left();
}

TEST_CASE("a project whose image is nowhere is refused before anything starts") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  good:
    image: busybox
    command: ["sleep", "1000"]
  bad:
    image: no-such-image:7
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("no-such-image:7") != std::string::npos);
  CHECK(output.err.find("bad") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.check_nothing_left();
}

TEST_CASE("a program that is not in the image is named, with exit code 127") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    image: busybox\n    command: [\"no-such-program\"]\n");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("no-such-program") != std::string::npos);
  CHECK(sandbox.container("web").at("ExitCode") == 127);
  sandbox.finish();
}

TEST_CASE("wait --down-project leaves the project of another folder alone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string text = R"(
services:
  job:
    image: busybox
    command: ["sleep", "1"]
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)";
  sandbox.compose_file(text);
  sandbox.file("elsewhere/compose.yaml", text);
  sandbox.ok({"up", "-d"});
  const std::string home = sandbox.options().directory;
  sandbox.options().directory = home + "/elsewhere";
  const it::Output refused = sandbox.compose({"wait", "--down-project", "job"});
  CHECK(refused.code != 0);
  CHECK_THAT(refused.err, Catch::Contains("elsewhere"));
  sandbox.options().directory = home;
  CHECK(sandbox.ids("web").size() == 1);
  sandbox.ok({"wait", "--down-project", "job"});
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("commands do their work though nothing can be written any more") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  const auto unheard = [&](const std::vector<std::string>& args, const std::string& where) {
    std::vector<std::string> all{"sh", "-c", "exec \"$@\" " + where + "/dev/full", "sh"};
    for (const std::string& word : sandbox.command(args)) all.push_back(word);
    return it::run(all, sandbox.options()).code;
  };
  CHECK(unheard({"up", "-d"}, "2>") == 0);
  CHECK(sandbox.ids("web").size() == 1);
  CHECK(unheard({"--progress", "tty", "up", "-d", "--force-recreate"}, "2>") == 0);
  CHECK(unheard({"--ansi", "bogus", "up"}, "2>") == 1);
  CHECK(unheard({"up"}, ">") == 1);  // its output is what it is for
  CHECK(unheard({"down", "-t", "0"}, "2>") == 0);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}
