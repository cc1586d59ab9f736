#include <functional>

#include "scene.h"

using namespace compose;
using namespace compose::test;

namespace {

std::vector<parser::IpamPool> pool(const std::string& subnet, const std::string& gateway = "") {
  std::vector<parser::IpamPool> pools(1);
  pools[0].subnet = subnet;
  pools[0].gateway = gateway;
  return pools;
}

}  // namespace

TEST_CASE("a changed network is recreated after its containers left it, and they are made anew on it") {
  Scene scene;
  add_network(scene.project, "back");
  for (const char* name : {"db", "web"}) add_service(scene.project, name).networks["back"] = {};
  add_service(scene.project, "aside");
  scene.up();
  scene.project.networks.at("back").internal = true;
  const Plan plan = scene.plan({.services = {"web"}});
  CHECK(reason_of(plan, "Remove demo_back") == "config changed: internal added: true");
  CHECK(runs_after(plan, step_of(plan, "Remove demo_back"), step_of(plan, "Disconnect demo-db-1")));
  CHECK(runs_after(plan, step_of(plan, "Create demo-db-1"), step_of(plan, "Create demo_back")));
  CHECK(reason_of(plan, "Create demo-db-1") == "network demo_back is recreated");
  CHECK(runs_after(plan, step_of(plan, "Remove demo-db-1"), step_of(plan, "Create demo-db-1")));
  CHECK_FALSE(has_step(plan, "Create demo-aside-1"));
  scene.up();
  CHECK(scene.plan().empty());
}

TEST_CASE("when a changed network or its containers cannot be made, the old containers keep their volumes") {
  for (const char* failing : {"create network ", "create 0"}) {
    Scene scene;
    scene.engine.anonymous_targets = {"/var/lib/x"};
    add_service(scene.project, "db");
    scene.up();
    const engine::ContainerInfo old = scene.container("demo-db-1");
    scene.project.networks.at("default").internal = true;
    bool failed = false;
    scene.engine.before = [&](const std::string& call) {
      if (!call.starts_with(failing)) return;
      failed = true;
      throw engine::Error(engine::Error::Kind::kUnavailable, "not now");
    };
    CHECK_FALSE(scene.execute(scene.plan()).ok);
    CHECK(failed);
    CHECK(scene.container("demo-db-1").id == old.id);
    scene.engine.before = [](const std::string&) {};
    scene.up();
    CHECK(scene.container("demo-db-1").id != old.id);
    CHECK(scene.container("demo-db-1").mounts.front().volume == old.mounts.front().volume);
    CHECK(scene.engine.volumes().size() == 1);
    CHECK(scene.names() == std::vector<std::string>{"demo-db-1"});
    CHECK(scene.plan().empty());
  }
}

TEST_CASE("a changed network that another project uses is an error that names the user") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  engine::ContainerConfig guest;
  guest.name = "guest";
  guest.image = "busybox";
  guest.networks.emplace_back().network = "demo_default";
  guest.labels["com.docker.compose.project"] = "other";
  scene.engine.create_container(guest);
  CHECK(scene.plan().empty());
  scene.project.networks.at("default").internal = true;
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("container guest of project \"other\""));
}

TEST_CASE("a subnet that another network has is refused before anything is stopped") {
  Scene scene;
  engine::NetworkConfig other;
  other.name = "other_default";
  other.pools = {{"10.9.0.0/16", "", ""}};
  scene.engine.create_network(other);
  add_service(scene.project, "web");
  scene.up();
  parser::Network& network = scene.project.networks.at("default");
  network.ipam = pool("10.9.1.0/24");
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("subnet 10.9.1.0/24 overlaps 10.9.0.0/16 of network \"other_default\""));
  network.ipam = pool("10.8.1.0/24", "10.7.0.1");
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("gateway '10.7.0.1' is not a host address"));
  network.ipam = pool("10.8.1.0/24", "10.8.1.9");
  scene.up();
  network.ipam = pool("10.8.0.0/16");  // overlaps only the one it replaces
  scene.up();
  add_network(scene.project, "back").ipam = pool("10.8.3.0/24");
  scene.project.services.at("web").networks["back"] = {};
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("overlaps 10.8.0.0/16"));
}

TEST_CASE("a changed network with a container nobody can make anew is an error that names it") {
  Scene scene;
  add_service(scene.project, "web");
  add_service(scene.project, "old");
  scene.up();
  scene.project.services.erase("old");
  scene.project.networks.at("default").internal = true;
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("demo-old-1") && Catch::Contains("--remove-orphans"));
  scene.up({.remove_orphans = true});
  CHECK(scene.plan().empty());
}

TEST_CASE("no_recreate leaves a changed network alone and says so") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  scene.project.networks.at("default").internal = true;
  const Plan plan = scene.plan({.no_recreate = true});
  CHECK(plan.empty());
  REQUIRE(plan.warnings.size() == 1);
  CHECK_THAT(plan.warnings[0], Catch::Contains("--no-recreate"));
}

TEST_CASE("a network without a config hash is left as it is") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  Observed observed = scene.observed();
  observed.networks[0].labels.erase("com.docker.compose.config-hash");
  scene.project.networks.at("default").internal = true;
  CHECK(plan_up(scene.project, observed, {}).empty());
}

TEST_CASE("a network that got another name leaves, once its containers have moved") {
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  scene.project.networks.at("default").name = "fresh";
  const Plan plan = scene.plan();
  CHECK(runs_after(plan, step_of(plan, "Remove demo_default"), step_of(plan, "Remove demo-web-1")));
  scene.up();
  CHECK(scene.engine.networks().size() == 1);
}

TEST_CASE("networks and volumes of the same name that are not ours are used with a warning") {
  Scene scene;
  add_volume(scene.project, "data");
  add_service(scene.project, "db").volumes = {mount("data", "/data")};
  scene.engine.create_network({.name = "demo_default", .pools = {}, .driver_opts = {}, .labels = {}});
  engine::VolumeConfig volume;
  volume.name = "demo_data";
  volume.labels["com.docker.compose.project"] = "other";
  scene.engine.create_volume(volume);
  const Plan plan = scene.plan();
  CHECK(brief(plan) == "Create demo-db-1, Start demo-db-1");
  REQUIRE(plan.warnings.size() == 2);
  CHECK_THAT(plan.warnings[0],
             Catch::Contains("\"demo_default\" already exists but was not created by compose"));
  CHECK_THAT(plan.warnings[1],
             Catch::Contains("created for project \"other\"") && Catch::Contains("external: true"));
}

TEST_CASE("a changed volume keeps its data: a warning says what to do") {
  Scene scene;
  add_volume(scene.project, "data");
  add_service(scene.project, "db").volumes = {mount("data", "/data")};
  scene.up();
  scene.project.volumes.at("data").driver_opts["type"] = "tmpfs";
  const Plan plan = scene.plan();
  CHECK(plan.empty());
  REQUIRE(plan.warnings.size() == 1);
  CHECK_THAT(plan.warnings[0],
             Catch::Contains("driver_opts.type added: 'tmpfs'") && Catch::Contains("data would be lost"));
}

TEST_CASE("external networks and volumes must exist and are neither made nor removed") {
  Scene scene;
  add_service(scene.project, "db").volumes = {mount("data", "/data")};
  add_volume(scene.project, "data").external = true;
  scene.project.networks.at("default").external = true;
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("network \"demo_default\" is declared as external"));
  scene.engine.create_network({.name = "demo_default", .pools = {}, .driver_opts = {}, .labels = {}});
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("volume \"demo_data\" is declared as external"));
  scene.engine.create_volume({.name = "demo_data", .driver_opts = {}, .labels = {}});
  scene.up();
  const Plan down = plan_down(&scene.project, "demo", scene.observed(), {.volumes = true});
  CHECK(brief(down) == "Stop demo-db-1, Remove demo-db-1");
}

TEST_CASE("networks and volumes of services that are not started are not made") {
  Scene scene;
  add_network(scene.project, "back");
  add_service(scene.project, "web");
  add_service(scene.project, "db").networks["back"] = {};
  CHECK_FALSE(has_step(scene.plan({.services = {"web"}}), "Create demo_back"));
}

TEST_CASE("an MTU that cannot be is refused while planning") {
  Scene scene;
  add_service(scene.project, "web");
  for (const char* bad : {"", "big", "9000x", "67", "65536"}) {
    scene.project.networks.at("default").driver_opts["com.docker.network.driver.mtu"] = bad;
    INFO(bad);
    CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("between 68 and 65535"));
  }
  scene.project.networks.at("default").driver_opts["com.docker.network.driver.mtu"] = "1400";
  scene.up();
}

TEST_CASE(
    "each attribute of a network that changes has it recreated, and what is wrong is said while planning") {
  using Network = parser::Network;
  const std::vector<std::function<void(Network&)>> changes = {
      [](Network& network) { network.enable_ipv6 = true; },
      [](Network& network) { network.enable_ipv4 = false; },
      [](Network& network) { network.ipam = pool("fd00:1::/64"); },
      [](Network& network) { network.ipam.front().ip_range = "fd00:1::/80"; },
      [](Network& network) { network.ipam.front().aux_addresses["printer"] = "fd00:1::9"; },
      [](Network& network) { network.attachable = true; },
      [](Network& network) { network.driver_opts["com.docker.network.bridge.name"] = "shop0"; },
  };
  Scene scene;
  add_service(scene.project, "web");
  scene.up();
  for (const auto& change : changes) {
    change(scene.project.networks.at("default"));
    CHECK(has_step(scene.plan(), "Create demo_default"));
    scene.up();
    CHECK(scene.plan().empty());
  }
  scene.project.networks.at("default").driver_opts["com.example.speed"] = "fast";
  CHECK_THAT(plan_error([&] { scene.plan(); }), Catch::Contains("com.example.speed"));
}

TEST_CASE("options of an endpoint that there are not are refused while planning") {
  Scene scene;
  add_service(scene.project, "web").networks["default"].driver_opts["com.example.color"] = "red";
  CHECK_THAT(plan_error([&] { scene.plan(); }),
             Catch::Contains("web") && Catch::Contains("com.example.color"));
}

TEST_CASE("a service on an external network host or none has that network mode") {
  Scene scene;
  parser::Network& network = add_network(scene.project, "outer");
  network.name = "host";
  network.external = true;
  parser::Service& service = add_service(scene.project, "web");
  service.networks.clear();
  service.networks["outer"] = {};
  CHECK(container_config(scene.project, service, 1, "demo-web-1", "").network_mode == "host");
  service.networks["default"] = {};
  CHECK_THAT(plan_error([&] { container_config(scene.project, service, 1, "demo-web-1", ""); }),
             Catch::Contains("host"));
}

TEST_CASE("ports of a service that is on macvlan networks alone are not published, and that is said") {
  Scene scene;
  scene.project.networks.at("default").driver = "macvlan";
  parser::Port port;
  port.target = 80;
  add_service(scene.project, "web").ports.push_back(port);
  const Plan plan = scene.plan();
  REQUIRE_FALSE(plan.warnings.empty());
  CHECK_THAT(plan.warnings[0], Catch::Contains("not published") && Catch::Contains("macvlan"));
}
