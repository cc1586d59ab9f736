#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("ps --format json tells a container's name, state, image, command and ports") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    ports: ["127.0.0.1:8123:80"]
    stop_grace_period: 0s
  job:
    image: busybox
    command: ["sh", "-c", "exit 3"]
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.container("job").at("State") == "exited"; }));
  const nlohmann::json web = sandbox.container("web");
  CHECK(web.at("Name") == sandbox.project() + "-web-1");
  CHECK(web.at("Service") == "web");
  CHECK(web.at("Project") == sandbox.project());
  CHECK(web.at("State") == "running");
  CHECK(web.at("Image") == "busybox");
  CHECK(web.at("ExitCode") == 0);
  CHECK(web.at("Status").get<std::string>().rfind("Up ", 0) == 0);
  REQUIRE(web.at("Publishers").size() == 1);
  CHECK(web.at("Publishers")[0].at("URL") == "127.0.0.1");
  CHECK(web.at("Publishers")[0].at("PublishedPort") == 8123);
  CHECK(web.at("Publishers")[0].at("TargetPort") == 80);
  CHECK(web.at("Publishers")[0].at("Protocol") == "tcp");
  const nlohmann::json job = sandbox.container("job");
  CHECK(job.at("ExitCode") == 3);
  CHECK(job.at("Status").get<std::string>().rfind("Exited (3)", 0) == 0);

  // Without -a only what runs.
  CHECK(sandbox.ok({"ps", "--services"}).out == "web\n");
  const std::string table = sandbox.ok({"ps"}).out;
  CHECK(table.rfind("NAME", 0) == 0);
  CHECK(table.find("127.0.0.1:8123->80/tcp") != std::string::npos);
  CHECK(table.find("job") == std::string::npos);
  CHECK(sandbox.ok({"port", "web", "80"}).out == "127.0.0.1:8123\n");
  sandbox.finish();
}

TEST_CASE("listings do not show the description that holds the environment") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    environment: {DB_PASSWORD: hunter2}
    volumes: ["data:/data"]
    stop_grace_period: 0s
networks:
  default:
    labels: {shown: "yes"}
volumes:
  data: {}
)");
  sandbox.ok({"up", "-d"});
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"ps", "-a"}, {"network", "ls"}, {"volume", "ls"}, {"volumes"}}) {
    std::vector<std::string> args = words;
    args.insert(args.end(), {"--format", "json"});
    const std::string out = sandbox.ok(args).out;
    INFO(out);
    CHECK(out.find("com.docker.compose.project") != std::string::npos);
    CHECK(out.find("io.compose.config") == std::string::npos);
    CHECK(out.find("hunter2") == std::string::npos);
  }
  sandbox.finish();
}
