// Projects that go to a registry, and are run from there.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "docker_registry.h"

using it::DockerRegistry;
using it::Output;
using it::Sandbox;
using nlohmann::json;

namespace {

constexpr char kSite[] = "127.0.0.1:5000";
const std::string kTarget = std::string(kSite) + "/team/app:1";
const std::string kRemote = "oci://" + kTarget;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

json manifest_of(const std::string& repository, const std::string& name) {
  return json::parse(it::run({"curl", "-fsS", "-H", "Accept: application/vnd.oci.image.manifest.v1+json",
                              "-H", "Accept: application/vnd.oci.image.index.v1+json",
                              "http://" + std::string(kSite) + "/v2/" + repository + "/manifests/" + name})
                         .out);
}

std::string blob_of(const std::string& repository, const json& layer) {
  return it::run({"curl", "-fsS",
                  "http://" + std::string(kSite) + "/v2/" + repository + "/blobs/" +
                      layer.at("digest").get<std::string>()})
      .out;
}

// Commands of the one who has nothing but the reference: away from the project's folder.
Output elsewhere(Sandbox& sandbox, const std::vector<std::string>& args, const std::string& input = "") {
  const std::string before = sandbox.options().directory;
  std::filesystem::create_directories(sandbox.directory() + "/elsewhere");
  sandbox.options().directory = sandbox.directory() + "/elsewhere";
  sandbox.options().input = input;
  std::vector<std::string> all{"-f", kRemote};
  all.insert(all.end(), args.begin(), args.end());
  Output output = sandbox.compose(all);
  sandbox.options().directory = before;
  sandbox.options().input.clear();
  return output;
}

}  // namespace

TEST_CASE("a project is published as docker compose's artifact, shown and run from the registry") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  const std::string text =
      "services:\n  web:  # the only one\n    image: busybox\n    command: echo ${WORD:-hello}\n";
  sandbox.compose_file(text);
  sandbox.file("over.yaml", "services: {web: {environment: {A: b}}}\n");
  const Output published = sandbox.ok({"-f", "compose.yaml", "-f", "over.yaml", "publish", kTarget});
  INFO(published.err);
  CHECK(contains(published.err, "Artifact 127.0.0.1:5000/team/app:1  Published sha256:"));

  const json manifest = manifest_of("team/app", "1");
  CHECK(manifest.at("artifactType") == "application/vnd.docker.compose.project");
  CHECK(manifest.at("config").at("mediaType") == "application/vnd.oci.empty.v1+json");
  REQUIRE(manifest.at("layers").size() == 2);
  const json& layer = manifest.at("layers").at(0);
  CHECK(layer.at("mediaType") == "application/vnd.docker.compose.file+yaml");
  CHECK(layer.at("annotations").at("com.docker.compose.file") == "compose.yaml");
  CHECK(blob_of("team/app", layer) == text);  // comments and all

  const Output shown = elsewhere(sandbox, {"config"});
  CHECK(shown.code == 0);
  CHECK(contains(shown.out, "image: busybox"));
  CHECK(contains(shown.out, "A: b"));
  CHECK(contains(shown.out, "- hello"));

  // It has a variable, which nobody can be asked about.
  const Output unasked = elsewhere(sandbox, {"up", "--no-color"});
  CHECK(unasked.code == 1);
  CHECK(contains(unasked.out, "WORD       hello   compose file   no         hello"));
  CHECK(contains(unasked.err, "nobody can be asked, as standard input is no terminal; -y says yes"));
  const Output refused = elsewhere(sandbox, {"up"}, "n\n");
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "cancelled by the user"));
  CHECK(sandbox.containers().empty());
  const Output ran = elsewhere(sandbox, {"up", "--no-color"}, "y\n");
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(contains(ran.out, "web-1  | hello\n"));
  CHECK(contains(ran.err, kRemote + "  Stored in " + sandbox.data_root() + "/remote/"));
  CHECK(elsewhere(sandbox, {"up", "-d", "-y"}).code == 0);
  CHECK(contains(elsewhere(sandbox, {"ps", "-a"}).out, "web-1"));
  CHECK(elsewhere(sandbox, {"down"}).code == 0);

  // The same by a variable, and as a part of another project.
  sandbox.options().env["COMPOSE_FILE"] = kRemote;
  CHECK(sandbox.ok({"config", "--services"}).out == "web\n");
  sandbox.options().env.erase("COMPOSE_FILE");
  sandbox.compose_file("include: ['" + kRemote + "']\nservices: {own: {extends: {file: '" + kRemote +
                       "', service: web}, image: own}}\n");
  CHECK(sandbox.ok({"config", "--services"}).out == "own\nweb\n");
  CHECK(contains(sandbox.ok({"config", "own"}).out, "A: b"));
  sandbox.options().env["COMPOSE_EXPERIMENTAL_OCI_REMOTE"] = "false";
  const Output forbidden = sandbox.compose({"config", "-q"});
  CHECK(forbidden.code == 1);
  CHECK(contains(forbidden.err, "compose.yaml:1:11: include[0]: '" + kRemote +
                                    "': COMPOSE_EXPERIMENTAL_OCI_REMOTE is false, which forbids it"));
  sandbox.options().env.erase("COMPOSE_EXPERIMENTAL_OCI_REMOTE");
  sandbox.compose_file(text);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("env files and files that are extended are published too, under names that tell nothing") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.compose_file(
      "services:\n  web:\n    env_file: private/web.env\n    extends: {file: common/base.yaml, service: "
      "base}\n");
  sandbox.file("private/web.env", "GREETING=from the file\n");
  sandbox.file("common/base.yaml",
               "services:\n  base: {extends: {file: more.yaml, service: root},\n"
               "    command: [sh, -c, 'echo $$GREETING']}\n");
  sandbox.file("common/more.yaml", "services: {root: {image: busybox}}\n");
  sandbox.ok({"publish", "--with-env", kTarget});
  const json layers = manifest_of("team/app", "1").at("layers");
  REQUIRE(layers.size() == 4);
  CHECK(layers.at(1).at("annotations").at("com.docker.compose.extends") == "true");
  CHECK(layers.at(3).at("mediaType") == "application/vnd.docker.compose.envfile");
  for (const json& layer : layers)
    for (const char* word : {"private", "common", "base.yaml", "more.yaml"})
      CHECK_FALSE(contains(blob_of("team/app", layer), word));
  const Output ran = elsewhere(sandbox, {"up", "--no-color"});  // no variable to ask about
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(contains(ran.out, "web-1  | from the file\n"));
  CHECK(elsewhere(sandbox, {"down"}).code == 0);

  // Without the flag it is asked for, and the file stays here.
  const Output asked = sandbox.compose({"publish", kTarget});
  CHECK(asked.code == 1);
  CHECK(contains(asked.out, "service \"web\": env_file declared"));
  sandbox.ok({"publish", "-y", kTarget});
  CHECK(manifest_of("team/app", "1").at("layers").size() == 3);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("publish refuses what others could not run, and asks before it gives something away") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  const auto publish = [&](const std::string& file, std::vector<std::string> flags,
                           const std::string& input) {
    sandbox.compose_file(file);
    sandbox.options().input = input;
    flags.insert(flags.begin(), "publish");
    flags.push_back(kTarget);
    Output output = sandbox.compose(flags);
    sandbox.options().input.clear();
    return output;
  };
  const Output unbuilt = publish("services: {web: {build: .}, db: {image: busybox}}\n", {"-y"}, "");
  CHECK(unbuilt.code == 1);
  CHECK(contains(unbuilt.err, "cannot publish: nobody else has the images of web"));
  sandbox.file("part.yaml", "services: {db: {image: busybox}}\n");
  const Output included = publish("include: [part.yaml]\n", {"-y"}, "");
  CHECK(included.code == 1);
  CHECK(contains(included.err, "it includes part.yaml, a file of this machine"));
  CHECK(sandbox.compose({"-f", "-", "publish", kTarget}).code == 1);
  const Output digest = sandbox.compose({"publish", "127.0.0.1:5000/x@sha256:" + std::string(64, 'a')});
  CHECK(digest.code == 1);
  CHECK(publish("services: {web: {image: busybox}}\n", {"--oci-version", "2"}, "").code == 1);

  const std::string bind = "services: {web: {image: busybox, volumes: ['./d:/d']}}\n";
  const Output declined = publish(bind, {}, "n\n");
  CHECK(declined.code == 130);
  CHECK(contains(declined.out, "you are about to publish bind mounts"));
  CHECK(contains(declined.out, "web: " + sandbox.directory() + "/d:/d\n"));
  const std::string secret =
      "services:\n  web: {image: busybox, environment: {DB_PASSWORD: hunter2, TOKEN: '${TOKEN:-}'}}\n"
      "configs: {motd: {content: welcome}}\n";
  const Output named = publish(secret, {}, "n\n");
  CHECK(named.code == 130);
  CHECK(contains(named.out, "service \"web\": literal value for \"DB_PASSWORD\"\n"));
  const Output content = publish(secret, {"--with-env"}, "n\n");
  CHECK(content.code == 130);
  CHECK(contains(content.out, "config \"motd\""));
  const Output key = publish("services: {web: {image: busybox, environment: {K: AKIA1234567890ABCDEF}}}\n",
                             {"--with-env"}, "n\n");
  CHECK(key.code == 130);
  CHECK(contains(key.out, "AWS client id: AKIA1234...\n"));
  CHECK_FALSE(contains(key.out, "AKIA1234567890ABCDEF"));

  // Nothing went out so far; a dry run asks nothing and sends nothing.
  const Output dry = publish(bind, {"--dry-run"}, "");
  CHECK(dry.code == 0);
  CHECK(contains(dry.out,
                 "Send compose.yaml (" + std::to_string(bind.size()) + " bytes): a file of the project\n"));
  CHECK(contains(dry.out, "Publish 127.0.0.1:5000/team/app:1: of these files\n"));
  CHECK(it::run({"curl", "-fs", "http://" + std::string(kSite) + "/v2/_catalog"}).out ==
        "{\"repositories\":[]}\n");
  CHECK(publish(bind, {}, "y\n").code == 0);
  CHECK(manifest_of("team/app", "1").at("layers").size() == 1);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("publish writes the older form on request, pins images, and copies an application's images") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  const std::string image = std::string(kSite) + "/base/busybox:1";
  sandbox.ok({"image", "tag", "busybox", image});
  sandbox.ok({"image", "push", image});
  sandbox.compose_file("services: {web: {image: '" + image + "', command: echo pinned}}\n");
  sandbox.ok({"publish", "--oci-version", "1.0", kTarget});
  json manifest = manifest_of("team/app", "1");
  CHECK_FALSE(manifest.contains("artifactType"));
  CHECK(manifest.at("config").at("mediaType") == "application/vnd.docker.compose.config.empty.v1+json");
  CHECK(elsewhere(sandbox, {"config", "--images"}).out == image + "\n");

  sandbox.ok({"publish", "--resolve-image-digests", "--oci-version", "1.1", kTarget});
  manifest = manifest_of("team/app", "1");
  REQUIRE(manifest.at("layers").size() == 2);
  CHECK(manifest.at("layers").at(1).at("annotations").at("com.docker.compose.file") == "image-digests.yaml");
  CHECK(contains(elsewhere(sandbox, {"config", "--images"}).out, image + "@sha256:"));

  const Output application = sandbox.ok({"publish", "--app", kTarget});
  INFO(application.err);
  CHECK(contains(application.err, "Image " + image + "  Copied"));
  const std::string pinned = elsewhere(sandbox, {"config", "--images"}).out;
  const std::string digest = pinned.substr(pinned.find("sha256:"), 71);
  // The image is in the project's own repository now, blobs and all.
  sandbox.ok({"image", "pull", "127.0.0.1:5000/team/app@" + digest});
  const std::string blobs = sandbox.directory() + "/registry/data/docker/registry/v2/repositories/team/app";
  size_t indexes = 0;
  for (const auto& revision : std::filesystem::directory_iterator(blobs + "/_manifests/revisions/sha256")) {
    const json document = manifest_of("team/app", "sha256:" + revision.path().filename().string());
    if (!document.contains("manifests")) continue;
    ++indexes;
    CHECK(document.at("manifests").at(0).at("digest") == digest);
    CHECK(document.at("subject").at("artifactType") == "application/vnd.docker.compose.project");
  }
  CHECK(indexes == 1);
  registry.stop();
  sandbox.finish();
}

TEST_CASE("what a registry changed about a project is refused, and what was changed here is fetched again") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  sandbox.compose_file("services: {web: {image: busybox}}\n");
  const std::string err = sandbox.ok({"publish", kTarget}).err;
  const std::string digest = err.substr(err.find("sha256:"), 71);
  REQUIRE(elsewhere(sandbox, {"config", "-q"}).code == 0);

  // Here: whoever changed the copy has changed nothing.
  const std::string copy = sandbox.data_root() + "/remote/" + digest.substr(7) + "/project/compose.yaml";
  std::ofstream(copy) << "services: {evil: {image: evil}}\n";
  CHECK(elsewhere(sandbox, {"config", "--services"}).out == "web\n");

  // There: the blob no longer is what the manifest says.
  const std::string layer =
      manifest_of("team/app", "1").at("layers").at(0).at("digest").get<std::string>().substr(7);
  const std::string blob = sandbox.directory() + "/registry/data/docker/registry/v2/blobs/sha256/" +
                           layer.substr(0, 2) + "/" + layer + "/data";
  std::string text;
  std::getline(std::ifstream(blob), text);
  std::ofstream(blob) << text.replace(text.find("busybox"), 7, "evilbox") << '\n';
  std::filesystem::remove_all(sandbox.data_root() + "/remote");
  const Output changed = elsewhere(sandbox, {"config"});
  CHECK(changed.code == 1);
  CHECK(contains(changed.err, kRemote + ": artifact 127.0.0.1:5000/team/app:1"));
  CHECK(contains(changed.err, "came with other content"));
  const Output image = sandbox.compose({"-f", "oci://127.0.0.1:5000/nothing", "config"});
  CHECK(image.code == 1);
  CHECK(contains(image.err, "not found"));

  // By its digest it is used without the registry, once it is here.
  std::ofstream(blob) << text.replace(text.find("evilbox"), 7, "busybox") << '\n';
  REQUIRE(elsewhere(sandbox, {"config", "-q"}).code == 0);
  registry.stop();
  CHECK(sandbox.ok({"-f", kRemote + "@" + digest, "config", "--services"}).out == "web\n");
  sandbox.finish();
}
