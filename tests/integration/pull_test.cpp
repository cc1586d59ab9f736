// Images to a registry and back, with Docker's own registry program.
#include <nlohmann/json.hpp>

#include "docker_registry.h"

using it::DockerRegistry;
using it::Output;
using it::Sandbox;

namespace {

constexpr char kSite[] = "127.0.0.1:5000";

const std::string kImage = std::string(kSite) + "/team/app:1";

std::string project(const std::string& more) {
  return "services:\n  app:\n    image: " + kImage +
         "\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n" + more;
}

}  // namespace

TEST_CASE("what is built is pushed, and fetched again by up, pull and a Dockerfile that is based on it") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo made > /made\n");
  sandbox.compose_file(project("    build: .\n"));
  sandbox.ok({"build"});
  const std::string id = sandbox.ok({"image", "ls", "-q", "--no-trunc", kImage}).out;
  sandbox.ok({"push"});
  sandbox.ok({"image", "rm", kImage});

  sandbox.compose_file(project(""));
  Output output = sandbox.compose({"up", "-d", "--pull", "never"});
  CHECK(output.code != 0);
  CHECK(output.err.find("pull_policy never forbids") != std::string::npos);
  CHECK(sandbox.ok({"up", "-d", "--dry-run"}).out.find("Pull Image " + kImage) != std::string::npos);
  output = sandbox.ok({"up", "-d"});
  CHECK(output.err.find("Image " + kImage + "  Pulled") != std::string::npos);
  CHECK(sandbox.inside("app", {"cat", "/made"}) == "made\n");
  CHECK(sandbox.ok({"image", "ls", "-q", "--no-trunc", kImage}).out == id);
  CHECK(sandbox.ok({"up", "-d"}).err.find("Pull") == std::string::npos);
  CHECK(sandbox.ok({"pull"}).err.find("Pulled") != std::string::npos);
  output = sandbox.ok({"pull", "--policy", "missing"});
  CHECK(output.err.find("already present locally") != std::string::npos);
  sandbox.ok({"down"});

  sandbox.ok({"image", "rm", kImage});
  sandbox.file("Dockerfile", "FROM " + kImage + "\nRUN cat /made > /seen\n");
  sandbox.compose_file("services: {next: {build: ., command: [cat, /seen]}}\n");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.log("next") == "made\n"; }));
  registry.stop();
  sandbox.finish();
}

TEST_CASE("build --push sends what it built, and nothing when the build failed") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo made > /made\n");
  sandbox.compose_file(project("    build: .\n  other:\n    build: .\n"));
  const Output pushed = sandbox.ok({"build", "--push"});
  CHECK((pushed.out + pushed.err).find("the service gives its image no name") != std::string::npos);
  sandbox.ok({"image", "rm", kImage});
  sandbox.ok({"image", "pull", kImage});
  sandbox.file("Dockerfile", "FROM busybox\nRUN false\n");
  sandbox.compose_file(project("    build: {context: ., tags: [" + std::string(kSite) + "/team/app:2]}\n"));
  CHECK(sandbox.compose({"build", "--push"}).code == 1);
  CHECK(sandbox.compose({"image", "pull", std::string(kSite) + "/team/app:2"}).code != 0);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("images are pinned to the digests that their registry has, and run by them") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo made > /made\n");
  sandbox.compose_file(project("    build: .\n"));
  sandbox.ok({"build"});
  const std::string told = sandbox.ok({"image", "push", kImage}).out;
  const size_t at = told.find("digest: sha256:");
  REQUIRE(at != std::string::npos);
  const std::string digest = told.substr(at + 8, 71);
  sandbox.ok({"image", "rm", kImage});

  sandbox.compose_file(project(""));
  const std::string pinned = kImage + "@" + digest;
  CHECK(sandbox.ok({"config", "--resolve-image-digests"}).out.find("image: " + pinned) != std::string::npos);
  const std::string lock = sandbox.ok({"config", "--lock-image-digests"}).out;
  CHECK(lock == "services:\n  app:\n    image: " + pinned + "\n");
  sandbox.file("lock.yaml", lock);
  sandbox.ok({"-f", "compose.yaml", "-f", "lock.yaml", "up", "-d"});
  CHECK(sandbox.inside("app", {"cat", "/made"}) == "made\n");
  CHECK(sandbox.ok({"config", "--resolve-image-digests", "--images"}).out == pinned + "\n");
  sandbox.ok({"-f", "compose.yaml", "-f", "lock.yaml", "down"});

  sandbox.compose_file(
      "services:\n"
      "  app:\n"
      "    build: .\n"
      "    pre_start: [{image: \"" +
      kImage +
      "\", command: x}]\n"
      "    volumes:\n"
      "      - {type: image, source: \"" +
      kImage +
      "\", target: /app, image: {subpath: x}}\n"
      "      - {type: image, source: other, target: /other}\n"
      "  other: {image: \"" +
      kImage + "\"}\n");
  const std::string all = sandbox.ok({"config", "--resolve-image-digests"}).out;
  CHECK(all.find("      - command:\n          - x\n        image: " + pinned) != std::string::npos);
  CHECK(all.find("source: " + pinned + "\n") != std::string::npos);
  CHECK(all.find("source: other\n") != std::string::npos);
  const Output locked = sandbox.ok({"config", "--lock-image-digests"});
  CHECK(locked.err.find("service \"app\": images of pre_start cannot be pinned") != std::string::npos);
  sandbox.file("lock.yaml", locked.out);
  const std::string over = sandbox.ok({"-f", "compose.yaml", "-f", "lock.yaml", "config"}).out;
  CHECK(over.find("source: " + pinned + "\n") != std::string::npos);
  CHECK(over.find("subpath: x\n") != std::string::npos);
  CHECK(over.find("      - command:\n          - x\n        image: " + kImage + "\n") != std::string::npos);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("what cannot be fetched is an error that names it, or a warning when it can be built") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.compose_file(project(""));
  Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code != 0);
  CHECK(output.err.find(kImage) != std::string::npos);
  CHECK(sandbox.compose({"pull", "--ignore-pull-failures"}).code == 0);
  output = sandbox.compose({"config", "--resolve-image-digests"});
  CHECK(output.code != 0);
  CHECK(output.err.find("service \"app\"") != std::string::npos);

  sandbox.file("Dockerfile", "FROM busybox\nRUN echo made > /made\n");
  sandbox.compose_file(project("    build: .\n"));
  CHECK(sandbox.compose({"pull"}).code != 0);
  CHECK(sandbox.ok({"pull", "--ignore-buildable"}).err.find("Image can be built") != std::string::npos);
  output = sandbox.ok({"up", "-d"});
  CHECK(output.err.find("warning: Image " + kImage) != std::string::npos);
  CHECK(sandbox.inside("app", {"cat", "/made"}) == "made\n");
  registry.stop();
  sandbox.finish();
}

TEST_CASE("image pull and push speak as docker does, and a login is kept where docker keeps its own") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.ok({"image", "tag", "busybox", kImage});
  CHECK(sandbox.ok({"image", "push", "-q", kImage}).out == kImage + "\n");
  std::string told = sandbox.ok({"image", "pull", kImage}).out;
  CHECK(told.find("Status: Image is up to date for " + kImage) != std::string::npos);
  sandbox.ok({"image", "rm", kImage});
  told = sandbox.ok({"image", "pull", kImage}).out;
  CHECK(told.find("Digest: sha256:") != std::string::npos);
  CHECK(told.find("Status: Downloaded newer image for " + kImage) != std::string::npos);

  sandbox.options().input = "secret\n";
  CHECK(sandbox.ok({"login", "-u", "me", "--password-stdin", kSite}).out == "Login Succeeded\n");
  sandbox.options().input.clear();
  CHECK(sandbox.compose({"login", kSite}).err.find("no terminal") != std::string::npos);
  CHECK(sandbox.ok({"logout", kSite}).out.find("Removing login credentials") != std::string::npos);
  CHECK(sandbox.ok({"logout", kSite}).out.find("Not logged in") != std::string::npos);
  registry.stop();
  sandbox.finish();
}
