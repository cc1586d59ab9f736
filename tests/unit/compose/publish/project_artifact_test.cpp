#include "compose/publish/project_artifact.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/digest.h"

using compose::ArtifactFile;
using compose::OciVersion;
using Kind = ArtifactFile::Kind;
using Json = nlohmann::json;

namespace {

const std::vector<ArtifactFile> kFiles{{Kind::kCompose, "compose.yaml", "a: 1\n"},
                                       {Kind::kCompose, "over.yaml", "b: 2\n"},
                                       {Kind::kExtended, "abc.yaml", "c: 3\n"},
                                       {Kind::kEnvironment, "def.env", "D=4\n"}};
constexpr char kCreated[] = "2026-01-02T03:04:05Z";

std::string refusal(const std::string& manifest) {
  try {
    compose::read_artifact(manifest, "artifact x");
    return "read";
  } catch (const engine::Error& error) {
    return error.what();
  }
}

// As docker compose v2 writes it (media types and annotations), with a layer of the given kind.
std::string theirs(const std::string& name, const std::string& digest = std::string(64, 'a')) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
    "artifactType":"application/vnd.docker.compose.project",
    "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:x","size":2,"data":"e30="},
    "layers":[{"mediaType":"application/vnd.docker.compose.envfile","digest":"sha256:)" +
         digest + R"(","size":3,"annotations":{"com.docker.compose.envfile":")" + name +
         R"(","com.docker.compose.version":"v5.0.0"},"data":"QT0x"}]})";
}

}  // namespace

TEST_CASE("project artifact: the manifest has docker compose's media types and annotations") {
  const Json manifest = Json::parse(compose::artifact_manifest(kFiles, OciVersion::k1_1, kCreated));
  CHECK(manifest["schemaVersion"] == 2);
  CHECK(manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json");
  CHECK(manifest["artifactType"] == "application/vnd.docker.compose.project");
  CHECK(manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json");
  CHECK(manifest["config"]["digest"] ==
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  CHECK(manifest["config"]["size"] == 2);
  CHECK(manifest["annotations"]["org.opencontainers.image.created"] == kCreated);
  REQUIRE(manifest["layers"].size() == 4);
  const Json& main = manifest["layers"][0];
  CHECK(main["mediaType"] == "application/vnd.docker.compose.file+yaml");
  CHECK(main["digest"] == "sha256:" + engine::sha256_hex("a: 1\n"));
  CHECK(main["size"] == 5);
  CHECK(main["annotations"]["com.docker.compose.file"] == "compose.yaml");
  CHECK(main["annotations"].contains("com.docker.compose.version"));
  CHECK_FALSE(main["annotations"].contains("com.docker.compose.extends"));
  CHECK(manifest["layers"][1]["annotations"]["com.docker.compose.file"] == "over.yaml");
  CHECK(manifest["layers"][2]["annotations"]["com.docker.compose.extends"] == "true");
  CHECK(manifest["layers"][2]["annotations"]["com.docker.compose.file"] == "abc.yaml");
  CHECK(manifest["layers"][3]["mediaType"] == "application/vnd.docker.compose.envfile");
  CHECK(manifest["layers"][3]["annotations"]["com.docker.compose.envfile"] == "def.env");
}

TEST_CASE("project artifact: in the form of OCI 1.0 the configuration's type says what it is") {
  const std::string text = compose::artifact_manifest(kFiles, OciVersion::k1_0, kCreated);
  const Json manifest = Json::parse(text);
  CHECK_FALSE(manifest.contains("artifactType"));
  CHECK(manifest["config"]["mediaType"] == "application/vnd.docker.compose.config.empty.v1+json");
  CHECK(compose::read_artifact(text, "x").size() == 4);
}

TEST_CASE("project artifact: what was made is read, and the files are laid over each other in one") {
  const auto layers =
      compose::read_artifact(compose::artifact_manifest(kFiles, OciVersion::k1_1, kCreated), "x");
  REQUIRE(layers.size() == 4);
  CHECK(layers[2].kind == Kind::kExtended);
  CHECK(layers[3].digest == "sha256:" + engine::sha256_hex("D=4\n"));
  CHECK(layers[3].size == 4);
  const auto files = compose::project_files(layers, {"a: 1\n", "b: 2\n", "c: 3\n", "D=4\n"});
  CHECK(files == std::map<std::string, std::string>{
                     {"compose.yaml", "a: 1\n\n---\nb: 2\n"}, {"abc.yaml", "c: 3\n"}, {"def.env", "D=4\n"}});
}

TEST_CASE(
    "project artifact: docker compose's own is read; a name that leads elsewhere, a digest that is none and "
    "other artifacts are refused") {
  const auto layers = compose::read_artifact(theirs("b.env"), "artifact x");
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].name == "b.env");
  for (const char* name : {"../b.env", "/etc/b.env", "a\\\\b", "", "..", "a/b"})
    CHECK(refusal(theirs(name)).find("artifact x: the file name") == 0);
  CHECK(refusal(theirs("b.env", "abc")) == "artifact x: a file in it has no sha256 digest or no size");
  CHECK(refusal(R"({"artifactType":"application/vnd.cncf.helm","layers":[]})") ==
        "artifact x is no published project, but \"application/vnd.cncf.helm\"");
  CHECK(refusal(R"({"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[]})") ==
        "artifact x is no published project, but \"application/vnd.oci.image.config.v1+json\"");
  CHECK(refusal("[]").find("artifact x") == 0);
}

TEST_CASE("project artifact: an application's index has the images, and the project as its subject") {
  const std::string manifest = compose::artifact_manifest(kFiles, OciVersion::k1_1, kCreated);
  engine::Descriptor image;
  image.media_type = "application/vnd.oci.image.manifest.v1+json";
  image.digest = "sha256:" + std::string(64, 'b');
  image.size = 7;
  const Json index = Json::parse(compose::application_index({image}, manifest));
  CHECK(index["mediaType"] == "application/vnd.oci.image.index.v1+json");
  CHECK(index["manifests"].at(0)["digest"] == image.digest);
  CHECK(index["subject"]["digest"] == "sha256:" + engine::sha256_hex(manifest));
  CHECK(index["subject"]["artifactType"] == "application/vnd.docker.compose.project");
  CHECK_THROWS_WITH(compose::project_in_index(index.dump(), "x"),
                    "x is no published project: it is an index of images");
  CHECK_FALSE(compose::project_in_index(manifest, "x"));
  const std::string digest = "sha256:" + std::string(64, 'c');
  CHECK(compose::project_in_index(
            R"({"manifests":[{"digest":"sha256:)" + std::string(64, 'd') +
                R"("},{"artifactType":"application/vnd.docker.compose.project","digest":")" + digest +
                "\"}]}",
            "x") == digest);
}
