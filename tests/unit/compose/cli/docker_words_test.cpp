#include "compose/cli/docker_words.h"

#include <catch2/catch.hpp>

#include "compose/cli/failure.h"

using compose::cli::in_own_words;
using Words = std::vector<std::string>;

TEST_CASE("docker's short commands are the commands of containers and images") {
  CHECK(in_own_words("docker", {"run", "-d", "busybox"}) == Words{"container", "run", "-d", "busybox"});
  CHECK(in_own_words("docker", {"ps", "-a"}) == Words{"container", "ls", "-a"});
  CHECK(in_own_words("docker", {"images"}) == Words{"image", "ls"});
  CHECK(in_own_words("docker", {"network", "ls"}) == Words{"network", "ls"});
  CHECK(in_own_words("docker", {"compose", "up", "-d"}) == Words{"up", "-d"});
  CHECK(in_own_words("docker", {"--help"}) == Words{"--help"});
}

TEST_CASE("docker-compose is compose, with the word that the docker program puts before") {
  CHECK(in_own_words("docker-compose", {"up"}) == Words{"up"});
  CHECK(in_own_words("docker-compose", {"compose", "up"}) == Words{"up"});
  CHECK(in_own_words("compose", {"compose", "up"}) == Words{"compose", "up"});
  CHECK(in_own_words("compose", {"run", "web"}) == Words{"run", "web"});
}

TEST_CASE(
    "a word of docker's without a counterpart is refused with the reason, an unknown one with the nearest") {
  CHECK_THROWS_WITH(in_own_words("docker", {"swarm", "init"}),
                    "`docker swarm` is not there: there is one machine");
  CHECK_THROWS_WITH(in_own_words("docker", {"netword", "ls"}),
                    "unknown command: docker netword, did you mean 'network'?");
}

TEST_CASE("the docker program is told what plug-in this is") {
  CHECK(compose::cli::plugin_metadata({"docker-cli-plugin-metadata"}).value_or("").find("ShortDescription") !=
        std::string::npos);
  CHECK_FALSE(compose::cli::plugin_metadata({"up"}));
}
