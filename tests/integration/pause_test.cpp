// pause and unpause, and what may be done with a container that is paused.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

constexpr char kCounter[] = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "trap 'echo bye; exit 7' TERM; i=0; while :; do i=$$((i + 1)); echo $$i > /n; usleep 10000; done"]
    volumes: ["./shared:/shared"]
    stop_grace_period: 30s
)";

// What the container counts to; it is read from outside, as exec is refused.
std::string counted(Sandbox& sandbox) {
  const std::string id = *sandbox.ids("web").begin();
  return sys::read_file_if_exists(sandbox.data_root() + "/containers/" + id + "/upper/n").value_or("");
}

bool counts(Sandbox& sandbox) {
  const std::string before = counted(sandbox);
  return it::eventually([&] { return counted(sandbox) != before && !counted(sandbox).empty(); },
                        std::chrono::seconds(20));
}

}  // namespace

TEST_CASE("a paused container stands still, says so, and goes on where it was") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kCounter);
  sandbox.ok({"up", "-d"});
  CHECK(counts(sandbox));
  CHECK_THAT(sandbox.ok({"pause"}).err, Catch::Contains("Paused"));
  CHECK(sandbox.container("web").at("State") == "paused");
  CHECK_THAT(sandbox.container("web").at("Status").get<std::string>(), Catch::Contains("(Paused)"));
  // Frozen is frozen: nothing that could run is left, whatever the machine's load.
  const std::string before = counted(sandbox);
  const it::Output inside = sandbox.compose({"exec", "-T", "web", "true"});
  CHECK(inside.code != 0);
  CHECK_THAT(inside.err, Catch::Contains("is paused"));
  CHECK(counted(sandbox) == before);
  sandbox.ok({"pause"});  // what is paused stays so
  CHECK_THAT(sandbox.ok({"unpause"}).err, Catch::Contains("Unpaused"));
  CHECK(sandbox.container("web").at("State") == "running");
  CHECK(counts(sandbox));
  sandbox.finish();
}

TEST_CASE("a container is paused in the middle of a health check, and checked again when it goes on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("state/kept", "");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes: ["./state:/state"]
    healthcheck:
      test: ["CMD-SHELL", "test -e /state/well || { mkdir -p /state/begun; exec sleep 999; }"]
      interval: 100ms
      timeout: 1000s
)");
  sandbox.ok({"up", "-d"});
  const std::string begun = sandbox.directory() + "/state/begun";
  REQUIRE(it::eventually([&] { return ::access(begun.c_str(), F_OK) == 0; }));
  sandbox.ok({"pause"});
  CHECK(sandbox.container("web").at("State") == "paused");
  // Now: the first check after the pause may come at once, and has a thousand seconds.
  sandbox.file("state/well", "");
  sandbox.ok({"unpause"});
  CHECK(it::eventually([&] { return sandbox.container("web").at("Health") == "healthy"; },
                       std::chrono::seconds(20)));
  sandbox.finish();
}

TEST_CASE("container pause and unpause refuse what is not so") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kCounter);
  sandbox.ok({"up", "-d"});
  const std::string name = sandbox.container("web").at("Name");
  CHECK(sandbox.ok({"container", "pause", name}).out == name + "\n");
  CHECK_THAT(sandbox.compose({"container", "pause", name}).err, Catch::Contains("it is paused already"));
  CHECK_THAT(sandbox.compose({"container", "start", name}).err, Catch::Contains("is paused"));
  CHECK(sandbox.ok({"container", "unpause", name}).out == name + "\n");
  CHECK_THAT(sandbox.compose({"container", "unpause", name}).err, Catch::Contains("is not paused"));
  sandbox.ok({"stop", "-t", "0"});
  CHECK_THAT(sandbox.compose({"container", "pause", name}).err, Catch::Contains("it is not running"));
  sandbox.finish();
}

TEST_CASE("a stop lets a paused container end by its own signal, and a kill ends it at once") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kCounter);
  sandbox.ok({"up", "-d"});
  CHECK(counts(sandbox));
  sandbox.ok({"pause"});
  sandbox.ok({"stop"});
  CHECK(sandbox.container("web").at("ExitCode") == 7);
  CHECK(sandbox.log("web") == "bye\n");
  sandbox.ok({"start"});
  sandbox.ok({"pause"});
  sandbox.ok({"kill"});
  CHECK(sandbox.container("web").at("State") == "exited");
  CHECK(sandbox.container("web").at("ExitCode") == 137);
  sandbox.ok({"start"});
  sandbox.ok({"pause"});
  sandbox.finish();  // down of a paused one leaves nothing
}

TEST_CASE("a paused container whose monitor was killed is adopted paused") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kCounter);
  sandbox.ok({"up", "-d"});
  CHECK(counts(sandbox));
  sandbox.ok({"pause"});
  const std::string id = *sandbox.ids("web").begin();
  const auto monitor = [&] { return sandbox.recorded_status(id).at("monitor").at("pid").get<pid_t>(); };
  const pid_t first = monitor();
  REQUIRE(::kill(first, SIGKILL) == 0);
  CHECK(it::eventually(
      [&] {
        sandbox.ok({"tidy"});
        return monitor() != first;
      },
      std::chrono::seconds(20)));
  CHECK(sandbox.container("web").at("State") == "paused");
  sandbox.ok({"unpause"});
  CHECK(counts(sandbox));
  sandbox.finish();
}
