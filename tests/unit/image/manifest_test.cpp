// What manifests and indexes say, and for which machine images are.
#include "engine/image/manifest.h"

#include "engine/image/digest.h"
#include "scratch.h"

using engine::Error;
using engine::fitness;
using engine::parse_manifest;
using engine::parse_platform;
using Kind = engine::Error::Kind;
namespace media = engine::media;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string digest_of(const std::string& bytes) {
  return "sha256:" + engine::sha256_hex(bytes);
}

std::string index_with(const std::string& descriptor) {
  return R"({"schemaVersion":2,"manifests":[)" + descriptor + "]}";
}

std::string index_error(const std::string& json) {
  return error_of(Kind::kInvalid, [&] { parse_manifest(json, media::kOciIndex, "a.tar"); });
}

}  // namespace

TEST_CASE("an index gives its descriptors with platform and annotations") {
  const auto parsed = parse_manifest(
      index_with(R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + kDigest +
                 R"(","size":7,"platform":{"os":"linux","architecture":"arm","variant":"v7"},)"
                 R"("annotations":{"a":"b"}})"),
      media::kOciIndex, "x");
  REQUIRE(parsed.is_index);
  REQUIRE(parsed.entries.size() == 1);
  CHECK(parsed.entries[0].is_manifest());
  CHECK_FALSE(parsed.entries[0].is_index());
  CHECK(parsed.entries[0].size == 7);
  CHECK(parsed.entries[0].platform.to_string() == "linux/arm/v7");
  CHECK(parsed.entries[0].annotations.at("a") == "b");
  CHECK(parse_manifest(engine::index_json(parsed.entries), "", "x").entries[0].annotations.at("a") == "b");
}

TEST_CASE("what an index must not be is said with its name") {
  CHECK_THAT(index_error("{"), Catch::Equals("a.tar: not valid JSON"));
  CHECK_THAT(index_error("[]"), Catch::Contains("object"));
  CHECK_THAT(index_error(R"({"schemaVersion":2})"), Catch::Contains("its content is not"));
  CHECK_THAT(index_error(index_with("3")), Catch::Contains("is no sha256 digest"));
  CHECK_THAT(index_error(index_with(R"({"digest":"md5:1","size":1})")), Catch::Contains("no sha256"));
  CHECK_THAT(index_error(index_with(R"({"digest":"../../etc/passwd","size":1})")),
             Catch::Contains("no sha256"));
  for (const char* size : {"-1", "1.5", "\"1\"", "18446744073709551615", "null"}) {
    INFO(size);
    CHECK_THAT(index_error(index_with(R"({"digest":")" + kDigest + R"(","size":)" + size + "}")),
               Catch::Contains("missing or out of range"));
  }
  CHECK_THAT(index_error(std::string(100000, '[')), Catch::Contains("nested"));
}

TEST_CASE("a manifest that is written reads back the same") {
  engine::Manifest manifest;
  manifest.config = {media::kOciConfig, kDigest, 12};
  manifest.layers = {{media::kOciTar, kDigest, 13, {"https://elsewhere/x"}}};
  const engine::Manifest again = parse_manifest(engine::manifest_json(manifest, false), "", "x").manifest;
  CHECK(again.config.digest == kDigest);
  REQUIRE(again.layers.size() == 1);
  CHECK(again.layers[0].size == 13);
  CHECK(again.layers[0].urls == std::vector<std::string>{"https://elsewhere/x"});
}

TEST_CASE("platforms are read, made one and compared") {
  CHECK(parse_platform("linux/x86_64").to_string() == "linux/amd64");
  CHECK(parse_platform("linux/aarch64").to_string() == "linux/arm64/v8");
  CHECK(parse_platform("arm64").architecture == "arm64");
  CHECK(parse_platform("linux/arm/7").to_string() == "linux/arm/v7");
  error_of(Kind::kInvalid, [] { parse_platform("linux/a/b/c"); });
  error_of(Kind::kInvalid, [] { parse_platform("linux//v7"); });
  const auto wanted = parse_platform("linux/arm/v7");
  CHECK(fitness(wanted, {"linux", "arm", "v7"}) > fitness(wanted, {"linux", "arm", "v6"}));
  CHECK(fitness(wanted, {"linux", "arm", "v6"}) > fitness(wanted, {"linux", "arm", "v5"}));
  CHECK(fitness(parse_platform("linux/arm/v6"), {"linux", "arm", "v7"}) == 0);
  CHECK(fitness(parse_platform("linux/arm64"), {"linux", "arm64", ""}) > 0);
  CHECK(fitness(parse_platform("linux/amd64"), {"windows", "amd64", ""}) == 0);
  CHECK(fitness(parse_platform("linux/amd64"), {"unknown", "unknown", ""}) == 0);
}

TEST_CASE("a manifest that is none of an image is refused by what it is") {
  const std::string descriptor = R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
                                 digest_of("x") + R"(","size":1})";
  const auto message = [](const std::string& text, const std::string& type) {
    return error_of(Kind::kInvalid, [&] { parse_manifest(text, type, "image a"); });
  };
  CHECK(message(R"({"schemaVersion":1,"fsLayers":[]})",
                "application/vnd.docker.distribution.manifest.v1+prettyjws")
            .find("schema 1") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"manifests":[],"layers":[]})", media::kOciIndex).find("at once") !=
        std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"manifests":[]})", media::kOciManifest).find("its content") !=
        std::string::npos);
  CHECK(
      message(
          R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":")" +
              digest_of("x") + R"(","size":1},"layers":[]})",
          media::kOciManifest)
          .find("helm") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"config":)" + descriptor +
                    R"(,"layers":[{"mediaType":"x","digest":"sha256:1","size":1}]})",
                media::kOciManifest)
            .find("sha256:1") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"config":)" + descriptor +
                    R"(,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                    digest_of("x") + R"(","size":-1}]})",
                media::kOciManifest)
            .find("out of range") != std::string::npos);
  CHECK(
      message(
          R"({"schemaVersion":2,"config":)" + descriptor +
              R"(,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip+encrypted","digest":")" +
              digest_of("x") + R"(","size":1}]})",
          media::kOciManifest)
          .find("encrypted") != std::string::npos);
  CHECK(message("<html>", "text/html").find("not valid JSON") != std::string::npos);
}
