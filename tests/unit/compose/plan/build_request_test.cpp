#include "compose/plan/build_request.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

struct Section : Scene {
  Section() {
    parser::Service& service = add_service(project, "app");
    service.build = parser::Build{};
    service.build->context = "/srv/demo/app";
    project.environment = {{"TOKEN", "from the environment"}, {"SSH_AUTH_SOCK", "/agent"}};
  }
  parser::Build& build() { return *project.services.at("app").build; }
  engine::BuildRequest request(const BuildOptions& options = {}) {
    warnings.clear();
    return build_request(project, project.services.at("app"), options, warnings);
  }
  std::string refusal() {
    return plan_error([&] { request(); });
  }
  std::vector<std::string> warnings;
};

}  // namespace

TEST_CASE("a build's secrets come from files and from variables") {
  Section scene;
  scene.project.secrets["a"].file = "/srv/demo/a";
  scene.project.secrets["b"].environment = "TOKEN";
  scene.project.secrets["b"].environment_value = "from the environment";
  parser::FileGrant a, b;
  a.source = "a";
  b.source = "b";
  b.target = "named";
  b.uid = "5";
  scene.build().secrets = {a, b};
  const engine::BuildRequest request = scene.request();
  CHECK(request.secrets.at("a").file == "/srv/demo/a");
  CHECK(request.secrets.at("named").value == "from the environment");
  REQUIRE(scene.warnings.size() == 1);
  CHECK_THAT(scene.warnings[0], Catch::Contains("uid, gid and mode of \"b\""));
  scene.project.secrets["b"].environment_value.reset();
  CHECK_THAT(scene.refusal(), Catch::Contains("the variable TOKEN, which is not set"));
  scene.project.secrets["b"] = {};
  CHECK_THAT(scene.refusal(), Catch::Contains("must come from a file or the environment"));
}

TEST_CASE("ssh is the user's agent, a socket or keys, and the command line wins") {
  Section scene;
  scene.build().ssh = {{"default", ""}, {"deploy", "/keys/deploy"}};
  CHECK(scene.request().ssh == std::map<std::string, std::vector<std::string>>{{"default", {"/agent"}},
                                                                               {"deploy", {"/keys/deploy"}}});
  CHECK(scene.request({.ssh = {{"deploy", {"/other"}}}}).ssh.at("deploy") ==
        std::vector<std::string>{"/other"});
  scene.project.environment.erase("SSH_AUTH_SOCK");
  CHECK_THAT(scene.refusal(), Catch::Contains("SSH_AUTH_SOCK is not set"));
}

TEST_CASE("network, hosts, sizes, limits and rights of a build reach its steps") {
  Section scene;
  parser::Build& build = scene.build();
  build.network = "none";
  build.extra_hosts = {"a=10.0.0.1"};
  build.shm_size = 1 << 20;
  build.ulimits["nofile"] = {10, 20, false, {}};
  build.entitlements = {"network.host"};
  build.no_cache_filter = {"one"};
  build.pull = true;
  const engine::BuildRequest request = scene.request({.memory = 5});
  CHECK(request.sandbox.network == "none");
  CHECK(request.sandbox.extra_hosts == std::vector<std::string>{"a=10.0.0.1"});
  CHECK(request.sandbox.shm_size == 1 << 20);
  CHECK(request.sandbox.ulimits.at("nofile").hard == 20);
  CHECK(request.sandbox.memory == 5);
  CHECK(request.sandbox.allow_host_network);
  CHECK_FALSE(request.sandbox.allow_insecure);
  CHECK(request.no_cache_stages == std::set<std::string>{"one"});
  CHECK(request.pull);
  build.entitlements = {"security.insecure"};
  CHECK(scene.request().sandbox.allow_insecure);
  build.entitlements.clear();
  build.privileged = true;
  CHECK(scene.request().sandbox.allow_insecure);
  build.ulimits["nofiles"] = {};
  CHECK_THAT(scene.refusal(), Catch::Contains("build.ulimits: there is no limit \"nofiles\""));
}

TEST_CASE("caches from elsewhere are ignored with a word") {
  Section scene;
  scene.build().cache_from = {"registry/app:cache"};
  scene.request();
  REQUIRE(scene.warnings.size() == 1);
  CHECK_THAT(scene.warnings[0], Catch::Contains("build.cache_from"));
}
