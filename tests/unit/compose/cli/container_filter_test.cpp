#include "compose/cli/container_filter.h"

#include <catch2/catch.hpp>

#include "compose/cli/failure.h"
#include "situation.h"

using namespace compose;
using namespace compose::test;

namespace {

engine::ContainerInfo in_state(const std::string& service, engine::State state, int exit_code = 0) {
  engine::ContainerInfo info = container(service);
  info.status.state = state;
  info.status.exit_code = exit_code;
  return info;
}

// The services of those that the filters let through.
std::string kept(const std::vector<std::string>& filters, const std::vector<engine::ContainerInfo>& all) {
  FakeEngine engine;
  engine.add_image("busybox", "sha256:1");
  std::string names;
  for (const auto& info : cli::ContainerFilter(filters).apply(all, engine)) names += service_of(info) + ' ';
  return names;
}

}  // namespace

TEST_CASE("filters by state, exit code and health") {
  auto sick = in_state("sick", engine::State::kRunning);
  sick.status.health = engine::Health::kUnhealthy;
  const std::vector<engine::ContainerInfo> all{sick, in_state("done", engine::State::kExited),
                                               in_state("failed", engine::State::kExited, 3),
                                               in_state("made", engine::State::kCreated)};
  CHECK(kept({}, all) == "sick done failed made ");
  CHECK(kept({"status=exited"}, all) == "done failed ");
  CHECK(kept({"status=exited", "status=created"}, all) == "done failed made ");
  CHECK(kept({"exited=0"}, all) == "done ");  // one that never ran has not ended with 0
  CHECK(kept({"exited=3", "status=created"}, all).empty());
  CHECK(kept({"health=unhealthy"}, all) == "sick ");
  CHECK(kept({"health=none"}, all) == "done failed made ");
  CHECK(cli::ContainerFilter({"exited=0"}).asks_for_state());
  CHECK_FALSE(cli::ContainerFilter({"name=x"}).asks_for_state());
}

TEST_CASE("filters by name, id, label, image, network and volume") {
  auto web = container("web"), db = container("db");
  web.image_id = "sha256:1";
  web.labels["tier"] = "front";
  db.labels["tier"] = "back";
  db.labels["backup"] = "";
  db.endpoints.push_back({"demo_default", "0123456789ab", "10.0.0.2", 24, "10.0.0.1", "", {}});
  db.mounts.push_back({engine::MountConfig::Type::kVolume, "demo_data", false, "/x/_data", "/data", false});
  const std::vector<engine::ContainerInfo> all{web, db};
  CHECK(kept({"name=web"}, all) == "web ");
  CHECK(kept({"name=^demo-(web|db)-1$"}, all) == "web db ");
  CHECK(kept({"name=^web"}, all).empty());
  CHECK(kept({"id=^demo-db"}, all) == "db ");
  CHECK(kept({"label=tier"}, all) == "web db ");
  CHECK(kept({"label=tier=back"}, all) == "db ");
  CHECK(kept({"label=tier", "label=backup"}, all) == "db ");  // all of them
  CHECK(kept({"ancestor=busybox"}, all) == "web ");
  CHECK(kept({"ancestor=nowhere"}, all).empty());
  CHECK(kept({"network=demo_default"}, all) == "db ");
  CHECK(kept({"network=0123456789ab"}, all) == "db ");
  CHECK(kept({"volume=demo_data"}, all) == "db ");
  CHECK(kept({"volume=/data"}, all) == "db ");
}

TEST_CASE("filters by what was created before and since another container") {
  FakeEngine engine;
  engine.add_image("busybox", "sha256:1");
  engine::ContainerConfig config;
  config.name = "middle";
  config.image = "busybox";
  const engine::ContainerInfo middle = engine.create_container(config);
  auto old = container("old"), young = container("young");
  old.created_ms = middle.created_ms - 1000;
  young.created_ms = middle.created_ms + 1000;
  const auto names = [&](const std::string& filter) {
    std::string text;
    for (const auto& info : cli::ContainerFilter({filter}).apply({old, middle, young}, engine))
      text += info.name + ' ';
    return text;
  };
  CHECK(names("before=middle") == old.name + ' ');
  CHECK(names("since=middle") == young.name + ' ');
  CHECK_THROWS_WITH(names("since=nobody"), Catch::Contains("no such container"));
}

TEST_CASE("a filter that is not understood is refused by name") {
  for (const char* filter :
       {"colour=red", "status", "status=red", "exited=x", "health=fine", "name=(", "is-task=true"})
    CHECK_THROWS_WITH(cli::ContainerFilter({filter}),
                      Catch::Contains("invalid") || Catch::Contains("unknown status"));
}
