// Attributes that come from files or in several forms, as they arrive in the container.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

TEST_CASE("environment files reach the container, later ones and environment above them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("one.env", "A=1\nB=1\nC=\"quoted ${A}\"\n# nothing\nexport D='raw ${A}'\n");
  sandbox.file("two.env", "B=2\n");
  sandbox.file("raw.env", "E=\"as is ${A}\"\n");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    env_file:
      - one.env
      - path: two.env
      - {path: raw.env, format: raw}
      - {path: missing.env, required: false}
    environment: {F: "3"}
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"sh", "-c", "echo $A,$B,$C,$D,$E,$F"}) ==
        "1,2,quoted 1,raw ${A},\"as is ${A}\",3\n");
  sandbox.finish();
}

TEST_CASE("labels of files reach the container, those of the service above them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("one.labels", "a=file\nb=file\n");
  sandbox.file("two.labels", "b=second\nc=second\n");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    label_file: [one.labels, two.labels]
    labels: ["c=service"]
)");
  sandbox.ok({"up", "-d"});
  const std::string labels = sandbox.container("web").at("Labels").get<std::string>() + ',';
  for (const char* label : {"a=file,", "b=second,", "c=service,"})
    CHECK(labels.find(label) != std::string::npos);
  sandbox.finish();
}

TEST_CASE("extra_hosts are in the hosts file in all their forms") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  list:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    extra_hosts: ["one=10.0.0.1", "two:10.0.0.2", "six=[::1]", "gate=host-gateway"]
  map:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    extra_hosts: {one: 10.0.0.1, many: [10.0.0.3, 10.0.0.4]}
)");
  sandbox.ok({"up", "-d"});
  const std::string list = sandbox.inside("list", {"cat", "/etc/hosts"});
  for (const char* line : {"10.0.0.1\tone\n", "10.0.0.2\ttwo\n", "::1\tsix\n"})
    CHECK(list.find(line) != std::string::npos);
  CHECK(list.find("\tgate\n") != std::string::npos);
  CHECK(list.find("host-gateway") == std::string::npos);
  const std::string map = sandbox.inside("map", {"cat", "/etc/hosts"});
  for (const char* line : {"10.0.0.1\tone\n", "10.0.0.3\tmany\n", "10.0.0.4\tmany\n"})
    CHECK(map.find(line) != std::string::npos);
  sandbox.finish();
}
