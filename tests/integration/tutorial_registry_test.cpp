// The tutorial's chapters on handing images out and on a registry of one's own, with our commands.
#include <nlohmann/json.hpp>

#include "docker_registry.h"
#include "hello_world.h"

using it::DockerRegistry;
using it::Output;
using it::Sandbox;

namespace {

// Not loopback, which needs nobody's trust.
constexpr char kAddress[] = "192.0.2.5", kSite[] = "192.0.2.5:5000";
const std::string kImage = std::string(kSite) + "/hello-world";

}  // namespace

TEST_CASE("tutorial: an image goes to a registry of one's own, which daemon.json trusts, and comes back") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  REQUIRE(it::run({"ip", "address", "add", std::string(kAddress) + "/32", "dev", "lo"}).code == 0);
  DockerRegistry registry(sandbox, kSite);
  it::build_hello_world(sandbox);
  sandbox.ok({"image", "tag", "yindong/hello-world", kImage});

  // A registry without TLS is spoken to only when it is trusted.
  const Output refused = sandbox.compose({"image", "push", kImage});
  CHECK(refused.code != 0);
  CHECK(refused.err.find(kSite) != std::string::npos);
  CHECK(it::run({"curl", "-fs", std::string("http://") + kSite + "/v2/_catalog"}).out ==
        "{\"repositories\":[]}\n");

  sandbox.file("registry/daemon.json", std::string("{\"insecure-registries\": [\"") + kSite + "\"]}\n");
  CHECK(sandbox.ok({"image", "push", kImage}).out.find("latest: digest: sha256:") != std::string::npos);
  CHECK(it::run({"curl", "-fs", std::string("http://") + kSite + "/v2/_catalog"}).out ==
        "{\"repositories\":[\"hello-world\"]}\n");

  const std::string id = sandbox.ok({"image", "ls", "-q", "--no-trunc", kImage}).out;
  sandbox.ok({"image", "rm", kImage, "yindong/hello-world"});
  CHECK(sandbox.ok({"image", "ls", "-q", kImage}).out.empty());
  CHECK(sandbox.ok({"image", "pull", kImage}).out.find("Downloaded newer image for " + kImage) !=
        std::string::npos);
  CHECK(sandbox.ok({"image", "ls", "-q", "--no-trunc", kImage}).out == id);
  sandbox.compose_file("services:\n  hello:\n    image: " + kImage + "\n");
  sandbox.ok({"up"});
  CHECK(sandbox.log("hello") == "hello world\n");
  registry.stop();
  sandbox.finish();
}

TEST_CASE("tutorial: the history of hello world has its two instructions, of which one made a layer") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  it::build_hello_world(sandbox);
  std::istringstream lines(
      sandbox.ok({"image", "history", "--no-trunc", "--format", "json", "yindong/hello-world"}).out);
  std::vector<nlohmann::json> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("CreatedBy").get<std::string>().find("/hello") != std::string::npos);
  CHECK(rows[0].at("Size") == "0B");
  CHECK(rows[1].at("CreatedBy").get<std::string>().find("ADD hello /") != std::string::npos);
  CHECK(rows[1].at("Size") != "0B");
  sandbox.finish();
}
