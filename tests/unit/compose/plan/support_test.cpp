#include "compose/plan/support.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "parser/load.h"

using namespace compose;

namespace {

// What the Compose file `text` loads to.
class Files {
 public:
  explicit Files(const std::string& text) {
    std::string pattern = std::filesystem::temp_directory_path() / "support.XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    std::ofstream(folder_ / "compose.yaml") << text;
    parser::LoadOptions options;
    options.working_directory = folder_;
    result_ = parser::load(options);
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::vector<Finding> review() const {
    std::set<std::string> services;
    for (const auto& [name, ignored] : result_.project.services) services.insert(name);
    return review_support(result_.document->root, result_.project, services);
  }
  std::string refusals(const std::set<std::string>& services, Purpose purpose = Purpose::kRun) const {
    try {
      require_supported(result_.document->root, result_.project, services, purpose);
    } catch (const parser::LoadError& error) {
      std::string text;
      for (const auto& diagnostic : error.diagnostics()) text += diagnostic.to_string() + "\n";
      return text;
    }
    return "";
  }

 private:
  std::filesystem::path folder_;
  parser::LoadResult result_;
};

}  // namespace

TEST_CASE("what is not honoured yet is refused by name with its place and the way out") {
  const Files files(
      "services:\n"
      "  web:\n"
      "    image: x\n"
      "    devices: [vendor.com/net=nic0]\n"
      "    userns_mode: private\n"
      "  db:\n"
      "    image: x\n");
  CHECK(
      files.refusals({"web", "db"}) ==
      "compose.yaml:4:15: services.web.devices[0]: 'source: vendor.com/net=nic0' is not supported yet; give "
      "the path of a device file\n"
      "compose.yaml:5:18: services.web: 'userns_mode: private' is not supported yet; containers are in the "
      "host's user namespace: host\n");
  CHECK(files.refusals({"db"}).empty());
}

TEST_CASE("values that mean what happens anyway are honoured") {
  const Files files(
      "services:\n"
      "  web:\n"
      "    image: x\n"
      "    tty: false\n"
      "    links: [db]\n"
      "    tmpfs: [\"/run:size=1m,mode=0700\"]\n"
      "    network_mode: none\n"
      "  db: {image: x}\n");
  CHECK(files.refusals({"web", "db"}).empty());
}

TEST_CASE("networks that no service uses and extensions do not matter") {
  const Files files(
      "services: {web: {image: x, x-devices: 1}}\n"
      "networks: {unused: {driver: overlay}}\n");
  CHECK(files.refusals({"web"}).empty());
}

TEST_CASE("for a build only the build section matters") {
  const Files files(
      "services:\n"
      "  web:\n"
      "    build: {context: ., sbom: true}\n"
      "    devices: [vendor.com/net=nic0]\n");
  CHECK_THAT(files.refusals({"web"}, Purpose::kBuild),
             Catch::Contains("services.web.build: 'sbom: true' is not supported yet") &&
                 !Catch::Contains("devices"));
}

TEST_CASE("what has no effect is told apart from what is refused") {
  const Files files(
      "services:\n"
      "  web:\n"
      "    image: x\n"
      "    deploy: {placement: {constraints: [node.role == worker]}, replicas: 2}\n");
  CHECK(files.refusals({"web"}).empty());
  std::string text;
  for (const Finding& finding : files.review())
    text += finding.place + "." + finding.attribute +
            (finding.support == Support::kNoEffect ? " none: " + finding.note : "") + "\n";
  CHECK(text ==
        "services.web.image\n"
        "services.web.deploy.placement none: there is one machine\n"
        "services.web.deploy.replicas\n");
}

TEST_CASE("drivers and driver options of networks and volumes that are not honoured are refused") {
  const Files files(
      "services:\n"
      "  web:\n"
      "    image: x\n"
      "    volumes: [\"data:/data\", \"plain:/plain\", \"far:/far\"]\n"
      "    networks: [back, front]\n"
      "networks:\n"
      "  back:\n"
      "    driver_opts: {com.docker.network.driver.mtu: \"1400\"}\n"
      "  front:\n"
      "    driver: overlay\n"
      "volumes:\n"
      "  data:\n"
      "    driver_opts: {type: nfs}\n"
      "  plain:\n"
      "    driver: local\n"
      "  far:\n"
      "    driver: rclone\n");
  CHECK(files.refusals({"web"}) ==
        "compose.yaml:10:13: networks.front: 'driver: overlay' is not supported yet; bridge and macvlan are\n"
        "compose.yaml:17:13: volumes.far: 'driver: rclone' is not supported yet; 'local' is\n");
}
