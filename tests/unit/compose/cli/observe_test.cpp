#include "compose/cli/observe.h"

#include <catch2/catch.hpp>

#include "situation.h"

using namespace compose;
using namespace compose::test;

TEST_CASE("images are observed by the name that services use, once each, only those in the store") {
  FakeEngine engine;
  engine.add_image("busybox", "sha256:1");
  engine.add_image("demo-built", "sha256:2");
  parser::Project project = project_of({"a", "b", "built", "missing"});
  project.services["built"].image = "";
  project.services["built"].build = parser::Build{};
  project.services["missing"].image = "nowhere:7";
  const Observed observed = cli::observe(engine, "demo", &project);
  REQUIRE(observed.images.size() == 2);
  CHECK(observed.images.at("busybox").id == "sha256:1");
  CHECK(observed.images.at("demo-built").id == "sha256:2");
}

TEST_CASE("a service's image of a few hex digits is only a name, not the beginning of an id") {
  FakeEngine engine;
  engine.add_image("db", "sha256:db1");  // found as the real store would, without that reference
  engine.add_image("dbf3dbf3dbf3", "sha256:dbf3");
  parser::Project project = project_of({"a", "b"});
  project.services["a"].image = "db";
  project.services["b"].image = "dbf3dbf3dbf3";
  const Observed observed = cli::observe(engine, "demo", &project);
  CHECK(observed.images.count("db") == 0);
  CHECK(observed.images.at("dbf3dbf3dbf3").id == "sha256:dbf3");
}

TEST_CASE("only the project's containers are observed, but every network and volume") {
  FakeEngine engine;
  engine.add_image("busybox", "sha256:1");
  for (const char* project : {"demo", "other"}) {
    engine::ContainerConfig config;
    config.name = std::string(project) + "-web-1";
    config.image = "busybox";
    config.labels["com.docker.compose.project"] = project;
    engine.create_container(config);
    engine::NetworkConfig network;
    network.name = std::string(project) + "_default";
    engine.create_network(network);
    engine::VolumeConfig volume;
    volume.name = std::string(project) + "_data";
    engine.create_volume(volume);
  }
  const Observed observed = cli::observe(engine, "demo", nullptr);
  REQUIRE(observed.containers.size() == 1);
  CHECK(observed.containers[0].name == "demo-web-1");
  CHECK(observed.networks.size() == 2);
  CHECK(observed.volumes.size() == 2);
  CHECK(observed.images.empty());
}

TEST_CASE("a dry run takes the images it would build as there") {
  Plan plan;
  Step step;
  engine::BuildRequest request;
  request.tags = {"demo-web", "web:1"};
  step.action = BuildImage("web", request);
  plan.steps.push_back(step);
  Observed observed;
  cli::assume_images(observed, plan);
  CHECK(observed.images.count("demo-web") == 1);
  CHECK(observed.images.count("web:1") == 1);
}
