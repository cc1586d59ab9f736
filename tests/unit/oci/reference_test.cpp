#include "oci/reference.h"

#include <catch2/catch.hpp>

using oci::parse_reference;
using oci::Reference;

namespace {
const std::string kHex(64, 'a');
std::string whole(const std::string& text) {
  const Reference reference = parse_reference(text);
  return reference.registry + '/' + reference.repository +
         (reference.tag.empty() ? "" : ':' + reference.tag) +
         (reference.digest.empty() ? "" : '@' + reference.digest);
}
std::string refusal(const std::string& text) {
  try {
    parse_reference(text);
  } catch (const oci::ReferenceError& error) {
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
  CHECK(whole("nginx@sha256:" + kHex) == "docker.io/library/nginx@sha256:" + kHex);
  const Reference both = parse_reference("nginx:1.25@sha256:" + kHex);
  CHECK(both.tag == "1.25");
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
  CHECK_THAT(refusal("https://ghcr.io/a/b"), Catch::Contains("no URL"));
  CHECK_THAT(refusal("a b"), Catch::Contains("white space"));
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

TEST_CASE("a text that is no reference is near to one but for case, scheme and what hangs on its ends") {
  CHECK(oci::nearest_reference("Nginx:1.25-Alpine") == "nginx:1.25-Alpine");
  CHECK(oci::nearest_reference("https://ghcr.io/Owner/app:v1") == "ghcr.io/owner/app:v1");
  CHECK(oci::nearest_reference("Registry.local:5000/App") == "Registry.local:5000/app");
  CHECK(oci::nearest_reference(" nginx: ") == "nginx");
  CHECK(oci::nearest_reference("app/") == "app");
  CHECK(oci::nearest_reference("app@") == "app");
  for (const std::string hopeless : {"", " ", ":", "a b", "my image:1", "a..b"})
    CHECK(oci::nearest_reference(hopeless).empty());
}

TEST_CASE("an image id is 64 hex digits, also after its algorithm") {
  CHECK(oci::is_image_id(kHex));
  CHECK(oci::is_image_id("sha256:" + kHex));
  CHECK_FALSE(oci::is_image_id("sha512:" + kHex));
  CHECK_FALSE(oci::is_image_id("abcdef"));
}
