// docker's and docker-compose's commands, typed as their users type them.
#include <catch2/catch.hpp>
#include <filesystem>

#include "places.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

constexpr char kFiles[] = "services: {web: {image: busybox}}\n";

// A program called `docker` or `docker-compose` that is this one.
class Alias {
 public:
  Alias(Sandbox& sandbox, const std::string& name)
      : sandbox_(sandbox), path_(sandbox.directory() + "/" + name) {
    std::filesystem::create_symlink(places::program("compose"), path_);
  }
  it::Output run(std::vector<std::string> words) {
    words.insert(words.begin(), path_);
    return it::run(words, sandbox_.options());
  }
  std::string ok(const std::vector<std::string>& words) {
    const it::Output output = run(words);
    INFO(words.front() << ": " << output.err);
    CHECK(output.code == 0);
    return output.out;
  }

 private:
  Sandbox& sandbox_;
  std::string path_;
};

}  // namespace

TEST_CASE("the tutorial's docker commands work as they are written") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  Alias docker(sandbox, "docker");
  sandbox.file("Dockerfile", "FROM busybox\nCMD [\"echo\", \"hello\"]\n");
  docker.ok({"build", "-t", "yindong/hello", "."});
  CHECK(docker.ok({"run", "yindong/hello"}) == "hello\n");
  for (const char* listing : {"images", "image"}) {
    std::vector<std::string> words{listing};
    if (std::string(listing) == "image") words.emplace_back("ls");
    CHECK(docker.ok(words).find("yindong/hello") != std::string::npos);
  }
  CHECK(docker.ok({"history", "--no-trunc", "yindong/hello"}).find("CMD") != std::string::npos);
  const std::string ended = docker.ok({"container", "ls", "-f", "status=exited", "-q"});
  CHECK(ended.size() == 13);
  CHECK(docker.ok({"ps", "-a", "-q"}) == ended);
  docker.ok({"rm", ended.substr(0, 12)});
  docker.ok({"run", "-d", "--name=demo", "--memory=200M", "--cpu-shares=10", "busybox", "/bin/sh", "-c",
             "echo said; while true; do sleep 1; done"});
  CHECK(docker.ok({"exec", "demo", "echo", "inside"}) == "inside\n");
  CHECK(it::eventually([&] { return docker.ok({"logs", "demo"}) == "said\n"; }));
  CHECK(docker.ok({"inspect", "demo"}).find("\"Memory\": 209715200") != std::string::npos);
  CHECK(docker.ok({"network", "ls"}).find("bridge") != std::string::npos);
  CHECK(docker.ok({"container", "commit", "demo", "demo:now"}).starts_with("sha256:"));
  CHECK(docker.ok({"stop", "-t", "0", "demo"}) == "demo\n");
  CHECK(docker.ok({"start", "demo"}) == "demo\n");
  CHECK(docker.ok({"rm", "-f", "demo"}) == "demo\n");
  CHECK(docker.ok({"rmi", "demo:now", "yindong/hello"}).find("Untagged: yindong/hello:latest") !=
        std::string::npos);
  CHECK(docker.ok({"volume", "ls", "-q"}).empty());
  CHECK(docker.run({"service", "ls"}).err.find("`docker service` is not there") != std::string::npos);
  CHECK(docker.run({"netword", "inspect", "demo"}).err.find("did you mean 'network'?") != std::string::npos);
  sandbox.check_nothing_left();
}

TEST_CASE("docker-compose and docker compose are compose") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services: {web: {image: busybox, command: sleep 1000, stop_grace_period: 0s}}");
  Alias docker(sandbox, "docker"), old(sandbox, "docker-compose");
  CHECK(old.ok({"--version"}).starts_with("Docker Compose version v2."));
  old.ok({"-f", "compose.yaml", "up", "-d"});
  const std::string id = old.ok({"ps", "-q"});
  CHECK(docker.ok({"compose", "ps", "-q"}) == id);
  CHECK(docker.ok({"ps", "-q", "--no-trunc"}) == id);
  CHECK(old.run({"Images"}).err.find("did you mean 'images'?") != std::string::npos);
  docker.ok({"compose", "down"});
  sandbox.finish();
}

TEST_CASE("install-alias makes docker-compose and docker this program, and takes them away again") {
  Sandbox sandbox(Sandbox::Network::kHost);
  sandbox.compose_file(kFiles);
  const std::string bin = sandbox.directory() + "/bin";
  it::RunOptions options = sandbox.options();
  options.env["PATH"] = bin + ":/usr/bin:/bin";
  options.env["HOME"] = sandbox.directory();
  const std::string compose = places::program("compose");
  const bool has_docker = std::filesystem::exists("/usr/bin/docker");
  CHECK(it::run({compose, "install-alias", "--dir", bin}, options).code == 0);
  CHECK(it::run({bin + "/docker-compose", "config", "--services"}, options).out == "web\n");
  // As the docker program starts a plug-in.
  const std::string plugin =
      has_docker ? sandbox.directory() + "/.docker/cli-plugins/docker-compose" : bin + "/docker-compose";
  CHECK(it::run({plugin, "docker-cli-plugin-metadata"}, options).out.find("\"SchemaVersion\"") !=
        std::string::npos);
  CHECK(it::run({plugin, "compose", "config", "--services"}, options).out == "web\n");
  if (has_docker) {
    const it::Output output = it::run({"docker", "compose", "config", "--services"}, options);
    CHECK(output.out == "web\n");
    std::filesystem::create_symlink(compose, bin + "/docker");
  }
  CHECK(it::run({bin + "/docker", "compose", "config", "--services"}, options).out == "web\n");
  CHECK(it::run({bin + "/docker", "volume", "ls", "-q"}, options).code == 0);
  CHECK(it::run({bin + "/docker", "ps", "-q"}, options).code == 0);
  CHECK(it::run({bin + "/docker", "valume", "ls"}, options).err.find("did you mean 'volume'?") !=
        std::string::npos);
  CHECK(it::run({compose, "install-alias", "--dir", bin, "--remove"}, options).code == 0);
  CHECK(std::filesystem::is_empty(bin));

  sys::write_file_atomic(bin + "/docker-compose", "#!/bin/sh\n");
  const it::Output refused = it::run({compose, "install-alias", "--dir", bin}, options);
  CHECK(refused.code == 1);
  CHECK(refused.err.find("--force replaces it") != std::string::npos);
  CHECK(sys::read_file(bin + "/docker-compose") == "#!/bin/sh\n");
}
