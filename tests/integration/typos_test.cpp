// The tutorial's files as printed there: each slip is pointed at, with what was meant.
#include <catch2/catch.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

it::Output config(Sandbox& sandbox, const std::string& text) {
  sandbox.file("docker-compose.yml", text);
  it::Output output = sandbox.compose({"-f", "docker-compose.yml", "config", "-q"});
  CHECK(output.code == 1);
  CHECK(output.out.empty());
  return output;
}

void check_says(const it::Output& output, const std::string& message) {
  INFO(output.err);
  CHECK(output.err.find(message) != std::string::npos);
}

}  // namespace

TEST_CASE("the tutorial's WordPress file as printed names each misspelt attribute") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::Output output = config(sandbox, R"(version: '3'
services:
    wordpress:
        Image: wordpress
        ports:
            - 8080:80
        enviroment:
            WORDPRESS_DB_HOST: mysql
            WORDPRESS_DB_PASSWORD: root
        networks:
            - my-bridge
    mysql:
        Image: mysql
        environment:
            MYSQL_ROOT_PASSWORD: root
            MYSQL_DATABASE: wordpress
        volumes:
            - mysql-data:/var/lib/mysql
        networks:
            - my-bridge

volumes:
    mysql-data:

networks:
    my-bridge:
        driver: bridge
)");
  check_says(output,
             "docker-compose.yml:4:9: services.wordpress: unknown attribute 'Image', did you mean 'image'?");
  check_says(output,
             "docker-compose.yml:7:9: services.wordpress: unknown attribute 'enviroment', did you mean "
             "'environment'?");
  check_says(output,
             "docker-compose.yml:13:9: services.mysql: unknown attribute 'Image', did you mean 'image'?");
}

TEST_CASE("the tutorial's database service as printed names Image") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::Output output = config(sandbox, R"(services:
    db: 
        Image: postgres:9.4
        volumes:
            - "db-data:/var/lib/postgresql/data"
        networks:
            - back-tier
volumes:
    db-data:
networks:
    front-tier:
        driver: birdge
    back-tier:
        driver: bridge
)");
  check_says(output, "docker-compose.yml:3:9: services.db: unknown attribute 'Image', did you mean 'image'?");
}

TEST_CASE("a misspelt network driver is named") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::Output output = config(sandbox, R"(services:
    db:
        image: busybox
        networks: [front-tier]
networks:
    front-tier:
        driver: birdge
)");
  check_says(output, "docker-compose.yml:7:17: networks.front-tier.driver: ");
  check_says(output, "'birdge'");
  check_says(output, "did you mean 'bridge'?");
}

TEST_CASE("the tutorial's balancer file as printed names prots") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::Output output = config(sandbox, R"(version: '3'

services:
    redis:
        image: redis
    
    lib:
        image: dockercloud/haproxy
        links:
            - redis
        prots:
            - 8080:80
)");
  check_says(output,
             "docker-compose.yml:11:9: services.lib: unknown attribute 'prots', did you mean 'ports'?");
}

TEST_CASE("misspelt commands and programs are named with what is there") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  mysql:\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    stop_grace_period: "
      "0s\n");
  const it::Output images = sandbox.compose({"Images"});
  CHECK(images.code != 0);
  check_says(images, "Images");
  check_says(images, "did you mean 'images'?");
  sandbox.ok({"up", "-d"});
  const it::Output exec = sandbox.compose({"exec", "-T", "mysql", "base"});
  CHECK(exec.code == 127);
  check_says(exec, "base");
  sandbox.finish();
}

TEST_CASE("a file that is not YAML is told by line and column") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  check_says(config(sandbox, "services:\n\tweb:\n"), "docker-compose.yml:2:1: ");
  check_says(config(sandbox, "services:\n  web:\n    image: a\n    image: b\n"), "docker-compose.yml:4:5: ");
  check_says(config(sandbox, ""), "docker-compose.yml");
}

TEST_CASE("networks and volumes that are not defined are named with their place") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  check_says(config(sandbox, "services:\n  web:\n    image: a\n    networks: [nowhere]\n"), "nowhere");
  check_says(config(sandbox, "services:\n  web:\n    image: a\n    volumes: [\"nothing:/data\"]\n"),
             "nothing");
  const it::Output cycle =
      config(sandbox,
             "services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [a]\n");
  check_says(cycle, "a -> b");
}

TEST_CASE("an error is coloured as COMPOSE_ANSI says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web: {image: busybox}\n");
  CHECK(sandbox.compose({"up", "wbe"}).err.find("\033[") == std::string::npos);
  sandbox.options().env["COMPOSE_ANSI"] = "always";
  CHECK(sandbox.compose({"up", "wbe"}).err.find("\033[") != std::string::npos);
  sandbox.options().env["COMPOSE_ANSI"] = "alwys";
  const it::Output refused = sandbox.compose({"up", "-d"});
  CHECK(refused.code != 0);
  CHECK(refused.err.find("COMPOSE_ANSI is 'alwys'") != std::string::npos);
}
