// What lies in a container's own layer.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

// An image that has none of the folders that the engine mounts on.
constexpr char kBare[] = R"(
services:
  bare:
    build:
      dockerfile_inline: |
        FROM scratch
        COPY --from=busybox /bin /bin
    command: ["/bin/sleep", "100000"]
    stop_signal: SIGKILL
)";

std::set<std::string> own_files(Sandbox& sandbox, const std::string& id) {
  std::set<std::string> names;
  const std::string upper = sandbox.data_root() + "/containers/" + id + "/upper";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(upper))
    names.insert(entry.path().string().substr(upper.size()));
  return names;
}

}  // namespace

TEST_CASE("a container's own layer has what the container wrote, and nothing of what the engine mounts on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kBare);
  sandbox.ok({"up", "-d"});
  const std::string id = *sandbox.ids("bare").begin();
  CHECK(own_files(sandbox, id).empty());
  CHECK_THAT(sandbox.ok({"exec", "-T", "bare", "/bin/cat", "/etc/hosts"}).out, Catch::Contains("localhost"));
  CHECK_THAT(sandbox.ok({"exec", "-T", "bare", "/bin/ls", "/proc/self"}).out, Catch::Contains("status"));
  sandbox.ok({"exec", "-T", "bare", "/bin/sh", "-c", "echo 1 > /n; echo 2 > /etc/own"});
  CHECK(own_files(sandbox, id) == std::set<std::string>{"/n", "/etc", "/etc/own"});
  // And so it is told, saved, and found by the next start.
  const std::string changes = sandbox.ok({"container", "diff", id}).out;
  CHECK_THAT(changes, Catch::Contains("A /n\n") && Catch::Contains("/etc/own\n"));
  CHECK_THAT(changes, !Catch::Contains("hosts") && !Catch::Contains("resolv.conf"));
  sandbox.ok({"restart", "bare"});
  CHECK(own_files(sandbox, id) == std::set<std::string>{"/n", "/etc", "/etc/own"});
  CHECK(sandbox.ok({"exec", "-T", "bare", "/bin/cat", "/etc/own"}).out == "2\n");
  // What is taken away below does not come back from the layer of stubs for the others.
  CHECK(sys::read_file(sandbox.data_root() + "/stubs/etc/hosts").empty());
  sandbox.finish();
}
