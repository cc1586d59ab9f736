#include "compose/plan/granted_files.h"

#include <nlohmann/json.hpp>

#include "compose/plan/borrowed_volumes.h"
#include "compose/plan/describe.h"
#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

parser::FileObject object(const std::string& key) {
  parser::FileObject made;
  made.key = made.name = key;
  return made;
}

parser::FileGrant grant(const std::string& source) {
  parser::FileGrant made;
  made.source = source;
  return made;
}

}  // namespace

TEST_CASE("a plain file is bound as it is, what has an owner, a mode or no file is the container's own") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  project.secrets["password"] = object("password");
  project.secrets["password"].file = "/srv/password";
  project.configs["page"] = object("page");
  project.configs["page"].content = "hello";
  web.secrets = {grant("password"), grant("password")};
  web.secrets[1].target = "/mine";
  web.secrets[1].uid = "1000";
  web.configs = {grant("page")};
  const auto config = container_config(project, web, 1, "demo-web-1", "sha256:abc");
  REQUIRE(config.mounts.size() == 1);
  CHECK(config.mounts[0].source == "/srv/password");
  CHECK(config.mounts[0].target == "/run/secrets/password");
  CHECK(config.mounts[0].read_only);
  CHECK_FALSE(config.mounts[0].create_host_path);
  REQUIRE(config.files.size() == 2);
  CHECK(config.files[0].target == "/page");
  CHECK(config.files[0].content == "hello");
  CHECK(config.files[0].mode == 0444);
  CHECK(config.files[1].target == "/mine");
  CHECK(config.files[1].source == "/srv/password");
  CHECK(config.files[1].uid == 1000);
}

TEST_CASE("the bytes of a secret change the hash and are in no label and no record") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  project.secrets["token"] = object("token");
  project.secrets["token"].environment = "TOKEN";
  project.secrets["token"].environment_value = "sesame-one";
  web.secrets = {grant("token")};
  const std::string before = config_hash(project, web);
  const auto config = container_config(project, web, 1, "demo-web-1", "sha256:abc");
  for (const auto& [name, value] : config.labels) CHECK(value.find("sesame") == std::string::npos);
  CHECK(engine::to_json(config).find("sesame") == std::string::npos);
  project.secrets["token"].environment_value = "sesame-two";
  CHECK(config_hash(project, web) != before);
  CHECK(explain_difference(describe_service(empty_project(), web), describe_service(project, web))
            .find("sesame") == std::string::npos);
}

TEST_CASE("volumes_from is read in all its forms") {
  parser::Service service;
  service.volumes_from = {"db", "db:ro", "container:old:rw", "container:old"};
  const auto lenders = lenders_of(service);
  REQUIRE(lenders.size() == 4);
  CHECK((lenders[0].service == "db" && !lenders[0].read_only));
  CHECK((lenders[1].service == "db" && lenders[1].read_only));
  CHECK((lenders[2].container == "old" && lenders[2].service.empty() && !lenders[2].read_only));
  CHECK(lenders[3].container == "old");
}

TEST_CASE("who has volumes from another is made after it and anew with it") {
  Scene scene;
  add_service(scene.project, "db").environment["COLOR"] = "red";
  parser::Service& web = add_service(scene.project, "web");
  web.volumes_from = {"db"};
  depend(scene.project, "web", "db");
  const Plan first = scene.plan();
  CHECK(runs_after(first, step_of(first, "Create demo-web-1"), step_of(first, "Create demo-db-1")));
  scene.up();
  CHECK(scene.plan().empty());
  scene.project.services.at("db").environment["COLOR"] = "blue";
  const Plan again = scene.plan();
  INFO(to_text(again));
  CHECK(to_text(again).find("db is replaced (volumes_from)") != std::string::npos);
  scene.up();
  CHECK(scene.plan().empty());
}
