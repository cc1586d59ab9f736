#include "engine/image/reference.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::parse_reference;

TEST_CASE("the familiar form leaves out what is default, and parses to the same reference") {
  for (const std::string text : {"busybox:latest", "a/b:1", "ghcr.io/x/y:2", "localhost:5000/z:3"}) {
    CHECK(parse_reference(text).familiar() == text);
  }
  CHECK(parse_reference("docker.io/library/redis:7").familiar_repository() == "redis");
  CHECK(parse_reference("docker.io/library/a/b").familiar_repository() == "library/a/b");
  const std::string digest = "sha256:" + std::string(64, 'a');
  CHECK(parse_reference("nginx:1.25@" + digest).familiar() == "nginx:1.25@" + digest);
  CHECK(parse_reference("nginx@" + digest).to_string() == "docker.io/library/nginx@" + digest);
}

TEST_CASE("what is no reference is an invalid argument, told with its text") {
  CHECK(engine::parse_reference("busybox").to_string() == "docker.io/library/busybox:latest");
  try {
    engine::parse_reference("Busybox");
    FAIL("accepted");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kInvalid);
    CHECK(error.what() == std::string("image reference \"Busybox\": the repository name must be lower case"));
  }
  CHECK_THROWS_WITH(engine::parse_reference(""), "image reference: the name is empty");
}
