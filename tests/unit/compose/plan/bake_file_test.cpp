#include "compose/plan/bake_file.h"

#include <nlohmann/json.hpp>

#include "scene.h"

using namespace compose;
using namespace compose::test;
using nlohmann::json;

namespace {

struct Bake : Scene {
  Bake() {
    parser::Service& service = add_service(project, "web.x");
    service.image = "registry.example/web:1";
    service.build = parser::Build{};
    service.build->context = "/srv/demo/web";
  }
  parser::Service& web() { return project.services.at("web.x"); }
  json file(bool push = false) {
    BuildOptions options;
    options.build_all = options.only_buildable = true;
    return json::parse(bake_file(project, plan_images(project, {}, options), push));
  }
  json target() { return file()["target"]["web_x"]; }
};

}  // namespace

TEST_CASE("a bake file has a target for each build and a group of all") {
  Bake scene;
  add_service(scene.project, "api").image.clear();
  scene.project.services.at("api").build = parser::Build{};
  scene.project.services.at("api").build->context = "/srv/demo/api";
  scene.project.services.at("api").build->dockerfile_inline = "FROM a\n";
  add_service(scene.project, "db");
  const json file = scene.file();
  CHECK(file["group"]["default"]["targets"] == json{"api", "web_x"});
  REQUIRE(file["target"].size() == 2);
  const json& api = file["target"]["api"];
  CHECK(api["context"] == "/srv/demo/api");
  CHECK(api["dockerfile-inline"] == "FROM a\n");
  CHECK_FALSE(api.contains("dockerfile"));
  CHECK(api["tags"] == json::array({"demo-api"}));
  CHECK(api["labels"]["com.docker.compose.service"] == "api");
  const json& web = file["target"]["web_x"];
  CHECK(web["dockerfile"] == "/srv/demo/web/Dockerfile");
  CHECK(web["output"] == json::array({"type=docker"}));
  for (const char* absent : {"args", "target", "secret", "ssh", "no-cache", "contexts", "network"})
    CHECK_FALSE(web.contains(absent));
}

TEST_CASE("what a build section says stands in its target") {
  Bake scene;
  parser::Build& build = *scene.web().build;
  add_service(scene.project, "base").image = "base";
  scene.project.services.at("base").build = parser::Build{};
  scene.project.services.at("base").build->context = "/srv/demo/base";
  build.dockerfile = "/else/File";
  build.args = {{"A", "1"}, {"FROM_OUTSIDE", std::nullopt}, {"NOWHERE", std::nullopt}};
  scene.project.environment = {{"FROM_OUTSIDE", "x"}};
  build.additional_contexts = {{"b", "service:base"}, {"f", "/srv/f"}};
  build.target = "stage";
  build.tags = {"registry.example/web:2"};
  build.no_cache = build.pull = true;
  build.no_cache_filter = {"one"};
  build.network = "none";
  build.shm_size = 1024;
  build.extra_hosts = {"h=10.0.0.1"};
  build.entitlements = {"network.host"};
  build.ulimits["nofile"].soft = 10;
  build.ulimits["nofile"].hard = 20;
  build.cache_from = {"type=registry,ref=x"};
  build.ssh = {{"key", "/srv/id"}};
  const json web = scene.target();
  CHECK(web["dockerfile"] == "/else/File");
  CHECK(web["args"] == json{{"A", "1"}, {"FROM_OUTSIDE", "x"}});
  CHECK(web["contexts"] == json{{"b", "target:base"}, {"f", "/srv/f"}});
  CHECK(web["target"] == "stage");
  CHECK(web["tags"] == json{"registry.example/web:1", "registry.example/web:2"});
  CHECK(web["no-cache"] == true);
  CHECK(web["pull"] == true);
  CHECK(web["no-cache-filter"] == json::array({"one"}));
  CHECK(web["network"] == "none");
  CHECK(web["shm-size"] == "1024");
  CHECK(web["extra_hosts"] == json{{"h", "10.0.0.1"}});
  CHECK(web["entitlements"] == json::array({"network.host"}));
  CHECK(web["ulimits"] == json::array({"nofile=10:20"}));
  CHECK(web["cache-from"] == json::array({"type=registry,ref=x"}));
  CHECK(web["ssh"] == json::array({"key=/srv/id"}));
}

TEST_CASE("a bake file says where secrets are and never what they hold") {
  Bake scene;
  scene.project.secrets["a"].file = "/srv/demo/a";
  scene.project.secrets["b"].environment = "TOKEN";
  scene.project.secrets["b"].environment_value = "hunter2";
  parser::FileGrant a, b;
  a.source = "a";
  b.source = "b";
  b.target = "named";
  scene.web().build->secrets = {a, b};
  CHECK(scene.target()["secret"] == json{"id=a,type=file,src=/srv/demo/a", "id=named,type=env,env=TOKEN"});
  CHECK(scene.file().dump().find("hunter2") == std::string::npos);
}

TEST_CASE("only an image with a name of its own is to be pushed") {
  Bake scene;
  CHECK(scene.file(true)["target"]["web_x"]["output"] == json::array({"type=registry"}));
  scene.web().image.clear();
  CHECK(scene.file(true)["target"]["web_x"]["output"] == json::array({"type=docker"}));
}
