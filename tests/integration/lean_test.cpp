// compose and compose-full (compose/cli/lean.h): what users see of the one becoming the other - nothing.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Output;
using it::Sandbox;

namespace {

constexpr char kBuilt[] = R"(
services:
  web:
    build: {dockerfile_inline: "FROM busybox\nRUN echo made > /made\n"}
    command: ["sleep", "1000"]
    environment: {A: "${NOT_SET_HERE}"}
    stop_grace_period: 0s
)";

// With the sanitizers there is one program only.
bool are_two(const Sandbox& sandbox) {
  return ::access((sandbox.command({}).front() + "-full").c_str(), X_OK) == 0;
}

}  // namespace

TEST_CASE("lean: what is told before an image is built is told once") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kBuilt);
  const Output up = sandbox.ok({"up", "-d"});
  INFO(up.err);
  CHECK(it::count(up.err, "NOT_SET_HERE") == 1);
  CHECK(sandbox.inside("web", {"cat", "/made"}) == "made\n");
  CHECK(it::count(sandbox.ok({"up", "-d"}).err, "NOT_SET_HERE") == 1);
  CHECK(it::count(sandbox.ok({"up", "-d", "--build"}).err, "NOT_SET_HERE") == 1);
  CHECK(it::count(sandbox.ok({"config"}).err, "NOT_SET_HERE") == 1);
  sandbox.finish();
}

TEST_CASE("lean: a project from standard input or a pipe is read once, whatever its images take") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("piped.yaml", kBuilt);
  const auto pipe_into = [&](const std::string& variables, const std::vector<std::string>& words) {
    std::vector<std::string> all = {"sh", "-c", "cat piped.yaml | env " + variables + " \"$@\"", "sh"};
    for (const std::string& word : sandbox.command(words)) all.push_back(word);
    const Output output = it::run(all, sandbox.options());
    INFO(output.err);
    CHECK(output.code == 0);
  };
  for (const char* file : {"-", "/dev/stdin"}) {
    pipe_into("", {"-f", file, "up", "-d", "--build"});
    CHECK(sandbox.containers().size() == 1);
    pipe_into("", {"-f", file, "down", "--rmi", "local"});
  }
  pipe_into("COMPOSE_FILE=/dev/stdin", {"up", "-d"});
  CHECK(sandbox.containers().size() == 1);
  pipe_into("COMPOSE_FILE=/dev/stdin", {"down", "--rmi", "local"});
  sandbox.finish();
}

TEST_CASE("lean: an image that has to be fetched first leaves no file for the container's id behind") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Output made = sandbox.compose({"container", "create", "--cidfile", "id", "nosuch.invalid/image"});
    INFO(made.err);
    CHECK(made.code != 0);
    CHECK(it::count(made.err, "Unable to find image") == 1);
    CHECK(it::count(made.err, "exists already") == 0);
  }
  CHECK(::access((sandbox.directory() + "/id").c_str(), F_OK) != 0);
  sandbox.finish();
}

TEST_CASE("lean: without compose-full beside it compose does what it can, and says what the rest takes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  if (!are_two(sandbox)) return;
  sandbox.options().env["COMPOSE_FULL"] = "/nowhere/compose-full";
  sandbox.compose_file("services: {web: {image: busybox, command: sleep 1000, stop_grace_period: 0s}}");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"exec", "-T", "web", "true"});
  CHECK(sandbox.containers().size() == 1);
  sandbox.ok({"down"});
  const Output pull = sandbox.compose({"pull"});
  CHECK(pull.code == 1);
  CHECK(pull.err ==
        "error: exec /nowhere/compose-full, which this command takes and which belongs beside compose: "
        "No such file or directory\n");
  sandbox.options().env.erase("COMPOSE_FULL");
  sandbox.finish();
}

TEST_CASE(
    "lean: a volume's server is found by the host's name services, of which only compose-full has all") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  if (!are_two(sandbox)) return;
  const Output known =
      it::run({sandbox.command({}).front() + "-full", "__address", "localhost"}, sandbox.options());
  CHECK((known.out == "127.0.0.1\n" || known.out == "::1\n"));

  sandbox.file("full", "#!/bin/sh\necho \"no $2 here\"\nexit 1\n");
  REQUIRE(::chmod((sandbox.directory() + "/full").c_str(), 0755) == 0);
  sandbox.options().env["COMPOSE_FULL"] = sandbox.directory() + "/full";
  sandbox.ok({"volume", "create", "--opt", "type=nfs", "--opt", "o=addr=some-server", "--opt",
              "device=:/export", "shared"});
  const Output run = sandbox.compose({"container", "run", "--rm", "-v", "shared:/x", "busybox", "true"});
  INFO(run.err);
  CHECK(run.code != 0);
  CHECK(it::count(run.err, "the server some-server of :/export has no address: no some-server here") == 1);
  sandbox.options().env.erase("COMPOSE_FULL");
  sandbox.ok({"volume", "rm", "shared"});
  sandbox.finish();
}
