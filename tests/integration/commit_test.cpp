// compose commit, and what commit, export and diff do beside a container that runs.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "leftovers.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

constexpr char kSleeper[] = R"(
services:
  app:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    environment: {SHAPE: round}
    volumes: ["data:/data"]
    deploy: {replicas: 2}
volumes:
  data:
)";

nlohmann::json config_of(Sandbox& sandbox, const std::string& id) {
  return nlohmann::json::parse(
      sys::read_file(sandbox.data_root() + "/images/blobs/sha256/" + id.substr(id.find(':') + 1, 64)));
}

}  // namespace

TEST_CASE("commit makes an image of a service's container, by number, with author, message and changes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kSleeper);
  sandbox.ok({"up", "-d"});
  sandbox.ok({"exec", "-T", "--index", "2", "app", "sh", "-c", "echo two > /number; echo v > /data/kept"});
  const std::string id =
      sandbox
          .ok({"commit", "--index", "2", "-a", "Ada", "-m", "by hand", "-c", "CMD [\"cat\", \"/number\"]",
               "--change", "ENV COLOUR=red", "app", "made:1"})
          .out;
  REQUIRE(id.size() == 72);
  const nlohmann::json config = config_of(sandbox, id);
  CHECK(config.at("author") == "Ada");
  CHECK(config.at("config").at("Cmd") == nlohmann::json{"cat", "/number"});
  CHECK(config.at("config").at("Env") == nlohmann::json{"SHAPE=round", "COLOUR=red"});
  CHECK(config.at("history").back().at("comment") == "by hand");
  CHECK(config.at("history").back().at("created_by") == "sleep 1000");
  CHECK_FALSE(config.at("config").at("Labels").contains("io.compose.config"));

  sandbox.file(
      "second.yaml",
      "services:\n  made:\n    image: made:1\n  volume:\n    image: made:1\n    command: [ls, /data]\n");
  sandbox.ok({"-f", "second.yaml", "up"});
  CHECK(sandbox.log("made") == "two\n");
  CHECK(sandbox.log("volume").empty());  // what is in a volume is not in the image

  sandbox.ok({"-f", "second.yaml", "down"});

  // Without a name it is known by its id.
  const std::string nameless = sandbox.ok({"commit", "app"}).out;
  CHECK(sandbox.ok({"image", "ls", "-q"}).out.find(nameless.substr(7, 12)) != std::string::npos);
  CHECK(sandbox.compose({"commit"}).code == 1);
  CHECK(sandbox.compose({"commit", "app", "a", "b"}).code == 1);
  CHECK(sandbox.compose({"commit", "nobody"}).code == 1);
  CHECK(sandbox.compose({"commit", "app", "Upper"}).code == 1);
  CHECK(sandbox.compose({"commit", "--index", "7", "app"}).code == 1);
  sandbox.finish();
}

TEST_CASE("a running container stands still while it is committed, and goes on after") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  // Each file is replaced in one step, so that whatever moment the copy is of, both are there and
  // are equal or one apart.
  sandbox.compose_file(R"(
services:
  app:
    image: busybox
    command: ["sh", "-c", "while :; do i=$$((i+1)); for f in one two; do echo $$i > /next && mv /next /$$f; done; done"]
    stop_grace_period: 0s
  look:
    image: seen
    profiles: [look]
    command: ["sh", "-c", "cat /one /two"]
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] {
    return sandbox.compose({"exec", "-T", "app", "cat", "/one", "/two"}).code == 0;
  }));
  for (int round = 0; round < 3; ++round) {
    sandbox.ok({"commit", "app", "seen"});
    sandbox.ok({"--profile", "look", "up", "--force-recreate", "--no-deps", "look"});
    const std::string log = sandbox.log("look");
    const size_t end = log.find('\n');
    REQUIRE(end != std::string::npos);
    REQUIRE(log.find('\n', end + 1) != std::string::npos);
    const int apart = std::stoi(log) - std::stoi(log.substr(end + 1));
    CHECK((apart == 0 || apart == 1));
  }
  sandbox.ok({"--profile", "look", "rm", "-f", "-s", "look"});
  const std::string before = sandbox.inside("app", {"cat", "/two"});
  CHECK(it::eventually([&] { return sandbox.inside("app", {"cat", "/two"}) != before; }));
  sandbox.finish();
}

TEST_CASE("a container whose commit is killed goes on by itself, and the next command removes the draft") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  app:
    image: busybox
    command: ["sh", "-c", "dd if=/dev/urandom of=/large bs=1M count=64 2>/dev/null; touch /ready; exec sleep 1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.compose({"exec", "-T", "app", "ls", "/ready"}).code == 0; }));
  bool was_frozen = false;
  for (int attempt = 0; attempt < 5 && !was_frozen; ++attempt) {
    it::Process commit(sandbox.command({"commit", "app"}), sandbox.options());
    const auto marked = [&] { return !it::entries(sandbox.run_root() + "/frozen").empty(); };
    while (commit.running() && !was_frozen) was_frozen = marked();
    commit.signal(SIGKILL);
    commit.wait();
  }
  CHECK(was_frozen);
  CHECK(it::eventually([&] { return it::entries(sandbox.run_root() + "/frozen").empty(); }));
  CHECK(sandbox.inside("app", {"echo", "goes on"}) == "goes on\n");
  sandbox.ok({"start"});  // any command that changes something
  CHECK(it::entries(sandbox.data_root() + "/tmp").empty());
  sandbox.finish();
}

TEST_CASE("a container from scratch that never ran is committed, exported and compared as well") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("file", "text\n");
  sandbox.file("Dockerfile", "FROM scratch\nCOPY file /\nCMD [\"/none\"]\n");
  sandbox.compose_file("services:\n  app:\n    build: .\n");
  sandbox.ok({"create", "--build"});
  CHECK(sandbox.container("app").at("State") == "created");
  CHECK(sandbox.ok({"container", "diff", sandbox.project() + "-app-1"}).out.empty());
  CHECK(config_of(sandbox, sandbox.ok({"commit", "app", "copy"}).out).at("rootfs").at("diff_ids").size() ==
        1);
  sandbox.ok({"export", "-o", "out.tar", "app"});
  CHECK(it::run({"tar", "-tf", sandbox.directory() + "/out.tar"}).out == "file\n");
  sandbox.finish();
}
