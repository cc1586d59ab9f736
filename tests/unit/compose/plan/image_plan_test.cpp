#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

struct Builds : Scene {
  Builds() {
    parser::Build build;
    build.context = "/srv/demo/app";
    build.dockerfile = "Dockerfile";
    build.args = {{"A", "1"}, {"B", std::nullopt}, {"C", std::nullopt}};
    build.tags = {"registry/app:1"};
    add_service(project, "app").image.clear();
    project.services.at("app").build = build;
    add_service(project, "db");
    depend(project, "app", "db");
    project.environment = {{"B", "from the environment"}};
  }
  Plan images(const BuildOptions& options = {}) { return plan_images(project, observed(), options); }
};

}  // namespace

TEST_CASE("only missing images are built, all when asked") {
  Builds scene;
  CHECK(brief(scene.images()) == "Build demo-app");
  scene.engine.add_image("demo-app", "sha256:1");
  CHECK(scene.images().empty());
  CHECK(reason_of(scene.images({.build_all = true}), "Build demo-app") == "asked for");
  scene.project.services.at("app").pull_policy = "build";
  CHECK(reason_of(scene.images(), "Build demo-app") == "pull_policy: build");
  CHECK(scene.images({.forbid = true}).empty());
}

TEST_CASE(
    "a build request carries tags, labels and arguments, inherited ones resolved and unset ones dropped") {
  Builds scene;
  const Plan plan = scene.images({.no_cache = true, .args = {{"A", "2"}}});
  const engine::BuildRequest& request = *std::get<BuildImage>(plan.steps.at(0).action).request;
  CHECK(request.tags == std::vector<std::string>{"demo-app", "registry/app:1"});
  CHECK(request.args ==
        std::map<std::string, std::optional<std::string>>{{"A", "2"}, {"B", "from the environment"}});
  CHECK(request.labels.at("com.docker.compose.service") == "app");
  CHECK(request.no_cache);
}

TEST_CASE("a build that uses another service's image waits for that one's build, which comes too") {
  Builds scene;
  parser::Build base;
  base.context = "/srv/demo/base";
  add_service(scene.project, "base").image = "demo/base";
  scene.project.services.at("base").build = base;
  auto& contexts = scene.project.services.at("app").build->additional_contexts;
  contexts = {{"parent", "service:base"}, {"tools", "docker-image://alpine:3"}, {"files", "/srv/files"}};
  const Plan plan = scene.images({.services = {"app"}, .with_dependencies = false});
  CHECK(brief(plan) == "Build demo/base, Build demo-app");
  CHECK(plan.steps.at(1).after == std::vector<int>{plan.steps.at(0).id});
  CHECK(reason_of(plan, "Build demo/base") == "service \"app\" is built with it");
  using Kind = engine::NamedContext::Kind;
  const auto& given = std::get<BuildImage>(plan.steps.at(1).action).request->contexts;
  CHECK(given.at("parent").kind == Kind::kImage);
  CHECK(given.at("parent").value == "demo/base");
  CHECK(given.at("tools").value == "alpine:3");
  CHECK(given.at("files").kind == Kind::kFolder);
  CHECK(given.at("files").value == "/srv/files");
}

TEST_CASE("an image that is neither there nor buildable is an error naming service, image and way out") {
  Builds scene;
  scene.project.services.at("db").image = "mariadb:11";
  CHECK_THAT(plan_error([&] { scene.images(); }),
             Catch::Contains("service \"db\": image \"mariadb:11\"") && Catch::Contains("import"));
  CHECK(brief(scene.images({.services = {"app"}, .with_dependencies = false})) == "Build demo-app");
  CHECK(brief(scene.images({.build_all = true, .only_buildable = true})) == "Build demo-app");
}

TEST_CASE("forbidden builds: --no-build with a missing image is an error") {
  Builds scene;
  CHECK_THAT(plan_error([&] { scene.images({.forbid = true}); }), Catch::Contains("--no-build"));
}

TEST_CASE("one image used by several services is built once, by the one that can") {
  Builds scene;
  add_service(scene.project, "worker").image = "demo-app";
  CHECK(brief(scene.images()) == "Build demo-app");
  CHECK(brief(scene.images({.services = {"worker"}})) == "Build demo-app");
}
