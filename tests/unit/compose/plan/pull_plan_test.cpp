#include "compose/plan/pull_plan.h"

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

constexpr int64_t kHour = 60 * 60 * 1000;

struct Pulls : Scene {
  Pulls() {
    add_service(project, "db").image = "mariadb:11";
    add_service(project, "web").image = "registry.example/web:1";
    parser::Build build;
    build.context = "/srv/demo/web";
    build.tags = {"registry.example/web:latest"};
    project.services.at("web").build = build;
    depend(project, "web", "db");
  }
  Plan pulls(PullOptions options = {}) {
    options.now_ms = 1000 * kHour;
    return plan_pulls(project, observed(), options);
  }
  parser::Service& db() { return project.services.at("db"); }
};

std::vector<std::string> reasons(const PullCommandPlan& planned) {
  std::vector<std::string> lines;
  for (const auto& [resource, why] : planned.skipped) lines.push_back(resource + ": " + why);
  return lines;
}

const PullImage& pull_of(const Plan& plan, const std::string& image) {
  return std::get<PullImage>(plan.steps.at(static_cast<size_t>(step_of(plan, "Pull " + image))).action);
}

}  // namespace

TEST_CASE("missing images are fetched, and what can be built as well only warns when it cannot be had") {
  Pulls scene;
  const Plan plan = scene.pulls();
  CHECK(brief(plan) == "Pull mariadb:11, Pull registry.example/web:1");
  CHECK_FALSE(pull_of(plan, "mariadb:11").optional);
  CHECK(pull_of(plan, "registry.example/web:1").optional);
  CHECK_FALSE(pull_of(scene.pulls({.forbid_builds = true}), "registry.example/web:1").optional);
  scene.engine.add_image("mariadb:11", "sha256:1");
  scene.engine.add_image("registry.example/web:1", "sha256:2");
  CHECK(scene.pulls().empty());
}

TEST_CASE("up with --build builds what it can, and fetches only the rest") {
  Pulls scene;
  CHECK(brief(scene.pulls({.build_all = true})) == "Pull mariadb:11");
  add_service(scene.project, "worker").image = "registry.example/web:1";
  CHECK(brief(scene.pulls({.build_all = true})) == "Pull mariadb:11");
}

TEST_CASE("an image that the service has no name for, or a provider stands for, is not fetched") {
  Pulls scene;
  scene.project.services.at("web").image.clear();
  scene.db().provider.emplace();
  CHECK(scene.pulls().empty());
}

TEST_CASE("always fetches what is there too, never fetches nothing, and a flag outweighs the file") {
  Pulls scene;
  scene.engine.add_image("mariadb:11", "sha256:1");
  scene.engine.add_image("registry.example/web:1", "sha256:2");
  scene.db().pull_policy = "always";
  CHECK(reason_of(scene.pulls(), "Pull mariadb:11") == "pull_policy: always");
  CHECK(scene.pulls({.policy = "missing"}).empty());
  CHECK(brief(scene.pulls({.policy = "always"})) == "Pull mariadb:11, Pull registry.example/web:1");
  scene.db().pull_policy = "never";
  CHECK(scene.pulls().empty());
}

TEST_CASE("never, with an image that is neither there nor buildable, is an error with the way out") {
  Pulls scene;
  scene.project.services.at("web").pull_policy = "never";
  scene.db().pull_policy = "never";
  CHECK_THAT(plan_error([&] { scene.pulls(); }), Catch::Contains("service \"db\"") &&
                                                     Catch::Contains("mariadb:11") &&
                                                     Catch::Contains("compose pull --policy always"));
  CHECK(scene.pulls({.services = {"web"}, .with_dependencies = false}).empty());
  CHECK_THAT(plan_error([&] {
               scene.pulls({.services = {"web"}, .with_dependencies = false, .forbid_builds = true});
             }),
             Catch::Contains("service \"web\""));
}

TEST_CASE("a policy with an age fetches what was tagged longer ago") {
  Pulls scene;
  scene.project.services.erase("web");
  Observed observed = scene.observed();
  engine::ImageInfo image;
  const int64_t now = 1000 * kHour;
  const auto fetched = [&](const std::string& policy, int64_t age, const std::string& refresh = "") {
    scene.db().pull_policy = policy;
    scene.db().pull_refresh_after = refresh;
    image.tagged_ms = now - age;
    observed.images["mariadb:11"] = image;
    return !plan_pulls(scene.project, observed, {.now_ms = now}).empty();
  };
  CHECK_FALSE(fetched("daily", 23 * kHour));
  CHECK(fetched("daily", 25 * kHour));
  CHECK_FALSE(fetched("weekly", 6 * 24 * kHour));
  CHECK(fetched("weekly", 8 * 24 * kHour));
  CHECK_FALSE(fetched("every_12h", 11 * kHour));
  CHECK(fetched("every_12h", 13 * kHour));
  CHECK_FALSE(fetched("refresh", 11 * kHour, "12h"));
  CHECK(fetched("refresh", 13 * kHour, "12h"));
  CHECK(fetched("refresh", 0));
  CHECK_FALSE(fetched("missing", 10000 * kHour));
}

TEST_CASE("an image of two services is fetched once, for its platform") {
  Pulls scene;
  scene.db().platform = "linux/arm64";
  add_service(scene.project, "other").image = "mariadb:11";
  const Plan plan = scene.pulls();
  CHECK(brief(plan) == "Pull mariadb:11, Pull registry.example/web:1");
  CHECK(pull_of(plan, "mariadb:11").platform == "linux/arm64");
}

TEST_CASE("pull fetches what is there as well, and tells what it passes over and why") {
  Pulls scene;
  scene.engine.add_image("mariadb:11", "sha256:1");
  add_service(scene.project, "built").image.clear();
  scene.project.services.at("built").build = parser::Build{};
  add_service(scene.project, "local").pull_policy = "never";
  add_service(scene.project, "other").image = "mariadb:11";
  PullCommandPlan planned = plan_pull_command(scene.project, scene.observed(), {});
  CHECK(brief(planned.plan) == "Pull mariadb:11, Pull registry.example/web:1");
  CHECK(reasons(planned) == std::vector<std::string>{
                                "built: Skipped - No image to be pulled",
                                "Image busybox: Skipped - pull_policy is never",
                                "Image mariadb:11: Skipped - named by db already",
                            });
  planned = plan_pull_command(scene.project, scene.observed(), {.ignore_buildable = true});
  CHECK(brief(planned.plan) == "Pull mariadb:11");
  planned = plan_pull_command(scene.project, scene.observed(), {.policy = "missing"});
  CHECK(brief(planned.plan) == "Pull registry.example/web:1");
  planned = plan_pull_command(scene.project, scene.observed(), {.services = {"web"}});
  CHECK(brief(planned.plan) == "Pull registry.example/web:1");
  planned = plan_pull_command(scene.project, scene.observed(),
                              {.services = {"web"}, .with_dependencies = true, .ignore_failures = true});
  CHECK(brief(planned.plan) == "Pull mariadb:11, Pull registry.example/web:1");
  CHECK(pull_of(planned.plan, "mariadb:11").optional);
}

TEST_CASE("push sends what services build under a name, with its further tags") {
  Pulls scene;
  add_service(scene.project, "built").image.clear();
  scene.project.services.at("built").build = parser::Build{};
  const PullCommandPlan planned = plan_push_command(scene.project, {});
  CHECK(brief(planned.plan) == "Push registry.example/web:1, Push registry.example/web:latest");
  CHECK(reasons(planned) == std::vector<std::string>{
                                "built: Skipped - the service gives its image no name",
                                "db: Skipped - the service builds no image",
                            });
}

TEST_CASE("build --push sends each image when it is built, under all its names") {
  Pulls scene;
  add_service(scene.project, "own").image.clear();
  scene.project.services.at("own").build = scene.project.services.at("web").build;
  BuildOptions options;
  options.build_all = options.only_buildable = true;
  const PullCommandPlan planned =
      plan_build_push(scene.project, plan_images(scene.project, scene.observed(), options));
  CHECK(brief(planned.plan) ==
        "Build demo-own, Build registry.example/web:1, Push registry.example/web:1, Push "
        "registry.example/web:latest");
  CHECK(reasons(planned) == std::vector<std::string>{"own: Skipped - the service gives its image no name"});
  const int built = step_of(planned.plan, "Build registry.example/web:1");
  for (const char* name : {"Push registry.example/web:1", "Push registry.example/web:latest"})
    CHECK(planned.plan.steps.at(static_cast<size_t>(step_of(planned.plan, name))).after ==
          std::vector<int>{built});
}

TEST_CASE("a pull that fails is an error, or a warning when the image can be built") {
  Pulls scene;
  scene.engine.before = [](const std::string& call) {
    if (call.rfind("pull ", 0) == 0)
      throw engine::Error(engine::Error::Kind::kNotFound, call.substr(5) + ": no such image");
  };
  const RunResult result = scene.execute(scene.pulls());
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].find("mariadb:11: no such image") != std::string::npos);
  REQUIRE(scene.sink.warnings.size() == 1);
  CHECK(scene.sink.warnings[0].find("registry.example/web:1: no such image") != std::string::npos);
}
