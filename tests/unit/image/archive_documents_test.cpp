// The JSON that only archives have: what is read, and what is refused by name.
#include "engine/image/archive_documents.h"

#include "scratch.h"

using engine::Error;

TEST_CASE("an image layout of another version is refused with it") {
  CHECK_NOTHROW(engine::check_layout(R"({"imageLayoutVersion":"1.0.0"})", "x"));
  for (const char* wrong : {R"({"imageLayoutVersion":"2.0.0"})", "{}", "[]", R"({"imageLayoutVersion":1})"}) {
    INFO(wrong);
    error_of(Error::Kind::kInvalid, [&] { engine::check_layout(wrong, "x"); });
  }
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
