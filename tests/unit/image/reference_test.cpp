#include "engine/image/reference.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::parse_reference;
using engine::Reference;

namespace {
const std::string kHex(64, 'a');
std::string whole(const std::string& text) {
  return parse_reference(text).to_string();
}
std::string refusal(const std::string& text) {
  try {
    parse_reference(text);
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kInvalid);
    return error.what();
  }
  FAIL("accepted: " << text);
  return {};
}
}  // namespace

TEST_CASE("a short name gets the default registry, library/ and the tag latest") {
  CHECK(whole("busybox") == "docker.io/library/busybox:latest");
  CHECK(whole("busybox:1.36") == "docker.io/library/busybox:1.36");
  CHECK(whole("grafana/grafana") == "docker.io/grafana/grafana:latest");
  CHECK(whole("docker.io/busybox") == "docker.io/library/busybox:latest");
  CHECK(whole("index.docker.io/a/b") == "docker.io/a/b:latest");
}

TEST_CASE("the first part is a registry when it has a dot, a port, or is localhost") {
  CHECK(whole("ghcr.io/owner/app:v1") == "ghcr.io/owner/app:v1");
  CHECK(whole("localhost/app") == "localhost/app:latest");
  CHECK(whole("host:5000/app") == "host:5000/app:latest");
  CHECK(whole("[::1]:5000/app:2") == "[::1]:5000/app:2");
  CHECK(whole("Registry.Example.com/app") == "Registry.Example.com/app:latest");
  CHECK(whole("local/app") == "docker.io/local/app:latest");
  const Reference bare = parse_reference("localhost:5000");  // no slash: a repository with a tag
  CHECK(bare.repository == "library/localhost");
  CHECK(bare.tag == "5000");
}

TEST_CASE("a digest pins the image and takes the place of the default tag") {
  const Reference pinned = parse_reference("nginx@sha256:" + kHex);
  CHECK(pinned.tag.empty());
  CHECK(pinned.digest == "sha256:" + kHex);
  CHECK(pinned.to_string() == "docker.io/library/nginx@sha256:" + kHex);
  const Reference both = parse_reference("nginx:1.25@sha256:" + kHex);
  CHECK(both.tag == "1.25");
  CHECK(both.familiar() == "nginx:1.25@sha256:" + kHex);
}

TEST_CASE("the familiar form leaves out what is default, and parses to the same reference") {
  for (const std::string text : {"busybox:latest", "a/b:1", "ghcr.io/x/y:2", "localhost:5000/z:3"}) {
    CHECK(parse_reference(text).familiar() == text);
  }
  CHECK(parse_reference("docker.io/library/redis:7").familiar_repository() == "redis");
  CHECK(parse_reference("docker.io/library/a/b").familiar_repository() == "library/a/b");
}

TEST_CASE("separators inside a component are one dot, one or two underscores, or dashes") {
  for (const std::string good : {"a.b", "a_b", "a__b", "a-b", "a---b", "1/2/3", "a.b/c_d:x"})
    CHECK_NOTHROW(whole(good));
  for (const std::string bad :
       {"a..b", "a___b", "a._b", "-a", "a-", "a/.b", "a//b", "/a", "a/", "a b", "a\nb", "ä"}) {
    refusal(bad);
  }
}

TEST_CASE("the rule that is broken is said") {
  CHECK_THAT(refusal(""), Catch::Contains("empty"));
  CHECK_THAT(refusal("Busybox"), Catch::Contains("lower case"));
  CHECK_THAT(refusal("app:"), Catch::Contains("tag after \":\" is empty"));
  CHECK_THAT(refusal("app:.x"), Catch::Contains("must begin with"));
  CHECK_THAT(refusal("app:" + std::string(129, 't')), Catch::Contains("128"));
  CHECK_THAT(refusal("app@sha256:abc"), Catch::Contains("64 lower-case hex"));
  CHECK_THAT(refusal("app@md5:" + kHex), Catch::Contains("sha256"));
  CHECK_THAT(refusal(kHex), Catch::Contains("image id"));
  CHECK_THAT(refusal("host:port/app"), Catch::Contains("port"));
  CHECK_THAT(refusal("-x.y/app"), Catch::Contains("host name"));
  CHECK_THAT(refusal(std::string(250, 'a')), Catch::Contains("255"));
}
