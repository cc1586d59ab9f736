// The JSON of archives and registries: what is read, and what is refused by name.
#include "engine/image/oci_documents.h"

#include "engine/image/digest.h"
#include "scratch.h"

using engine::Error;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string index_with(const std::string& descriptor) {
  return R"({"schemaVersion":2,"manifests":[)" + descriptor + "]}";
}

std::string manifest_of_type(const std::string& type) {
  return R"({"schemaVersion":2,"config":{"mediaType":")" + type + R"(","digest":")" + kDigest +
         R"(","size":2},"layers":[]})";
}

std::string index_error(const std::string& json) {
  return error_of(Error::Kind::kInvalid, [&] { engine::parse_index(json, "a.tar"); });
}

}  // namespace

TEST_CASE("an index gives its descriptors with platform and annotations") {
  const auto manifests = engine::parse_index(
      index_with(R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + kDigest +
                 R"(","size":7,"platform":{"os":"linux","architecture":"arm","variant":"v7"},)"
                 R"("annotations":{"a":"b"}})"),
      "x");
  REQUIRE(manifests.size() == 1);
  CHECK(manifests[0].is_manifest());
  CHECK_FALSE(manifests[0].is_index());
  CHECK(manifests[0].size == 7);
  CHECK(manifests[0].platform.to_string() == "linux/arm/v7");
  CHECK(manifests[0].annotations.at("a") == "b");
}

TEST_CASE("what an index must not be is said with its name") {
  CHECK_THAT(index_error("{"), Catch::Equals("a.tar: it is not valid JSON"));
  CHECK_THAT(index_error("[]"), Catch::Contains("object"));
  CHECK_THAT(index_error(R"({"schemaVersion":1,"manifests":[]})"), Catch::Contains("schemaVersion"));
  CHECK_THAT(index_error(R"({"schemaVersion":2})"), Catch::Contains("manifests is missing"));
  CHECK_THAT(index_error(index_with("3")), Catch::Contains("manifests[0] must be an object"));
  CHECK_THAT(index_error(index_with(R"({"digest":"md5:1","size":1})")), Catch::Contains("not sha256"));
  CHECK_THAT(index_error(index_with(R"({"digest":"../../etc/passwd","size":1})")),
             Catch::Contains("not sha256"));
  for (const char* size : {"-1", "1.5", "\"1\"", "18446744073709551615", "null"}) {
    INFO(size);
    CHECK_THAT(index_error(index_with(R"({"digest":")" + kDigest + R"(","size":)" + size + "}")),
               Catch::Contains("size must be a whole number"));
  }
  CHECK_THAT(index_error(std::string(9 << 20, ' ')), Catch::Contains("larger"));
  CHECK_THAT(index_error(std::string(100000, '[')), Catch::Contains("a.tar: it is n"));
  CHECK_THAT(index_error(std::string(1000, '[') + std::string(1000, ']')), Catch::Contains("too deeply"));
}

TEST_CASE("a manifest of something that is no image is refused with its type") {
  CHECK_NOTHROW(engine::parse_manifest(manifest_of_type(engine::media_type::kOciConfig), "x"));
  CHECK_NOTHROW(
      engine::parse_manifest(manifest_of_type("application/vnd.docker.container.image.v1+json"), "x"));
  CHECK_THAT(error_of(Error::Kind::kInvalid,
                      [] { engine::parse_manifest(manifest_of_type("application/vnd.cncf.helm"), "x"); }),
             Catch::Contains("application/vnd.cncf.helm"));
}

TEST_CASE("a manifest that is written reads back the same") {
  engine::Manifest manifest;
  manifest.config = {engine::media_type::kOciConfig, kDigest, 12, {}, {}};
  manifest.layers = {{engine::media_type::kOciLayer, kDigest, 13, {}, {}}};
  const engine::Manifest again = engine::parse_manifest(engine::to_json(manifest), "x");
  CHECK(again.config.digest == kDigest);
  REQUIRE(again.layers.size() == 1);
  CHECK(again.layers[0].size == 13);
}

TEST_CASE("Docker's manifest.json is read, with and without names") {
  const auto images = engine::parse_docker_manifest(
      R"([{"Config":"a.json","RepoTags":["x:1"],"Layers":["1/layer.tar"]},{"Config":"b.json","RepoTags":null,"Layers":null}])",
      "x");
  REQUIRE(images.size() == 2);
  CHECK(images[0].repo_tags == std::vector<std::string>{"x:1"});
  CHECK(images[0].layers == std::vector<std::string>{"1/layer.tar"});
  CHECK(images[1].repo_tags.empty());
  for (const char* wrong : {"{}", "[1]", R"([{"Config":""}])", R"([{"Config":"a","Layers":[1]}])"}) {
    INFO(wrong);
    error_of(Error::Kind::kInvalid, [&] { engine::parse_docker_manifest(wrong, "x"); });
  }
}
