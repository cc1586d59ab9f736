#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

constexpr char kTwo[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    depends_on: [base]
  base:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)";

std::set<std::string> all_ids(Sandbox& sandbox) {
  std::set<std::string> ids;
  for (const auto& row : sandbox.containers()) ids.insert(row.at("ID"));
  return ids;
}

}  // namespace

TEST_CASE("create makes containers, networks and images and starts nothing, start does") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo built > /built\n");
  sandbox.compose_file(std::string(kTwo) + "  built:\n    build: .\n    command: [cat, /built]\n");
  const it::Output dry = sandbox.ok({"create", "--dry-run"});
  CHECK(dry.out.find("Create Container") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.ok({"create", "--scale", "web=2"});
  CHECK(sandbox.containers().size() == 4);
  for (const auto& row : sandbox.containers()) CHECK(row.at("State") == "created");
  const std::set<std::string> before = all_ids(sandbox);
  sandbox.ok({"create", "--scale", "web=2", "--build"});  // nothing has changed
  CHECK(all_ids(sandbox) == before);
  sandbox.ok({"start"});
  CHECK(sandbox.container("web", 2).at("State") == "running");
  CHECK(it::eventually([&] { return sandbox.log("built") == "built\n"; }));
  sandbox.finish();
}

TEST_CASE(
    "create of one service makes what it depends on, and --force-recreate, --no-recreate and "
    "--remove-orphans count") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kTwo);
  sandbox.ok({"create", "web"});
  const std::set<std::string> before = all_ids(sandbox);
  CHECK(before.size() == 2);
  sandbox.compose_file(std::string(kTwo) + "    environment: {NEW: \"1\"}\n");
  sandbox.ok({"create", "--no-recreate"});
  CHECK(all_ids(sandbox) == before);
  sandbox.ok({"create"});
  CHECK(all_ids(sandbox) != before);
  const std::string web = sandbox.container("web").at("ID");
  sandbox.ok({"create", "--force-recreate"});
  CHECK(sandbox.container("web").at("ID") != web);
  sandbox.compose_file("services:\n  base:\n    image: busybox\n    command: [sleep, \"1000\"]\n");
  sandbox.ok({"create", "--remove-orphans", "-y"});
  CHECK(sandbox.containers().size() == 1);
  CHECK(sandbox.compose({"create", "--force-recreate", "--no-recreate"}).code == 1);
  CHECK(sandbox.compose({"create", "--build", "--no-build"}).code == 1);
  CHECK(sandbox.compose({"create", "nobody"}).code == 1);
  sandbox.finish();
}

TEST_CASE("create --no-build tells which image is missing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file("services:\n  app:\n    build: .\n");
  const it::Output output = sandbox.compose({"create", "--no-build"});
  CHECK(output.code == 1);
  CHECK(output.err.find(sandbox.project() + "-app") != std::string::npos);
  sandbox.check_nothing_left();
}
