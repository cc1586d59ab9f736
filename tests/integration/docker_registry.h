#pragma once
// Docker's own registry program in a sandbox's namespace, as long as the object lives. Credentials and
// Docker's daemon.json are the sandbox's own from then on.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "sandbox.h"

namespace it {

class DockerRegistry {
 public:
  static bool is_installed() {
    if (::access("/usr/bin/docker-registry", X_OK) == 0) return true;
    std::fprintf(stderr, "skipped, there is no docker-registry here\n");
    return false;
  }
  // `site`: "127.0.0.1:5000", where it listens.
  DockerRegistry(Sandbox& sandbox, const std::string& site) {
    const std::string folder = sandbox.directory() + "/registry";
    sandbox.file("registry/config.yml", "version: 0.1\nstorage: {filesystem: {rootdirectory: " + folder +
                                            "/data}}\nhttp: {addr: \"" + site + "\"}\n");
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"docker-registry", "serve", folder + "/config.yml"});
    sandbox.options().env["DOCKER_CONFIG"] = folder;
    sandbox.options().env["COMPOSE_DOCKER_DAEMON_JSON"] = folder + "/daemon.json";
    INFO(process_->err());
    REQUIRE(eventually([&] { return run({"curl", "-fs", "http://" + site + "/v2/"}).code == 0; }));
  }
  void stop() { process_.reset(); }

 private:
  std::unique_ptr<Process> process_;
};

}  // namespace it
