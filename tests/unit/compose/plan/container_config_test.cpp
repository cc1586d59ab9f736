#include <set>

#include "compose/plan/describe.h"
#include "engine/image/digest.h"
#include "scene.h"

using namespace compose;
using namespace compose::test;

TEST_CASE("every container carries compose's labels") {
  parser::Project project = empty_project();
  project.config_files = {"/srv/demo/a.yaml", "/srv/demo/b.yaml"};
  project.env_files = {"/srv/demo/.env"};
  add_service(project, "db");
  add_service(project, "job");
  parser::Service& web = add_service(project, "web");
  web.labels["mine"] = "1";
  depend(project, "web", "db", parser::Dependency::Condition::kHealthy, true);
  depend(project, "web", "job", parser::Dependency::Condition::kCompletedSuccessfully);
  const auto labels = container_config(project, web, 3, "demo-web-3", "sha256:abc").labels;
  const auto ours = [&](const std::string& name) { return labels.at("com.docker.compose." + name); };
  CHECK(labels.at("mine") == "1");
  CHECK(ours("project") == "demo");
  CHECK(ours("service") == "web");
  CHECK(ours("container-number") == "3");
  CHECK(ours("oneoff") == "False");
  CHECK(ours("config-hash") == config_hash(project, web));
  CHECK(ours("project.working_dir") == "/srv/demo");
  CHECK(ours("project.config_files") == "/srv/demo/a.yaml,/srv/demo/b.yaml");
  CHECK(ours("project.environment_file") == "/srv/demo/.env");
  CHECK(ours("depends_on") == "db:service_healthy:true,job:service_completed_successfully:false");
  CHECK(ours("image") == "sha256:abc");
  CHECK(ours("version") == "0.1.0");
}

TEST_CASE("a container is known by its service, its name and the given aliases, each once") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  web.container_name = "front";
  web.networks["default"].aliases = {"www", "web"};
  const auto config = container_config(project, web, 1, "front", "sha256:abc");
  REQUIRE(config.networks.size() == 1);
  CHECK(config.networks[0].network == "demo_default");
  CHECK(config.networks[0].aliases == std::vector<std::string>{"web", "front", "www"});
}

TEST_CASE("links lead to services, also those that only repeat a name: a load balancer goes by them") {
  parser::Project project = empty_project();
  add_service(project, "db");
  parser::Service& web = add_service(project, "web");
  web.links = {{"db", "db"}, {"db", "database"}};
  const auto config = container_config(project, web, 1, "demo-web-1", "sha256:abc");
  // To the service, so to all of its containers there come to be.
  CHECK(config.links == std::map<std::string, std::string>{{"database", "db"}, {"db", "db"}});
}

TEST_CASE("with a network_mode there are no attachments") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  web.network_mode = "host";
  const auto config = container_config(project, web, 1, "x", "sha256:abc");
  CHECK(config.networks.empty());
  CHECK(config.network_mode == "host");
}

TEST_CASE("mounts, limits, health and restart are handed over in the engine's terms") {
  parser::Project project = empty_project();
  add_volume(project, "data");
  parser::Service& db = add_service(project, "db");
  parser::VolumeMount bind;
  bind.type = parser::VolumeMount::Type::kBind;
  bind.source = "/etc/x";
  bind.target = "/x";
  bind.read_only = true;
  db.volumes = {mount("data", "/data"), mount("", "/cache"), bind};
  parser::HealthCheck health;
  health.test = {"CMD", "true"};
  health.interval = std::chrono::milliseconds(1500);
  db.healthcheck = health;
  db.restart = {parser::Restart::Policy::kOnFailure, 5, true};
  db.stop_grace_period = std::chrono::seconds(3);
  db.limits.memory = 1 << 20;
  const auto config = container_config(project, db, 1, "demo-db-1", "sha256:abc");
  REQUIRE(config.mounts.size() == 3);
  CHECK(config.mounts[0].source == "demo_data");
  CHECK(config.mounts[1].source.empty());
  CHECK(config.mounts[2].type == engine::MountConfig::Type::kBind);
  CHECK(config.mounts[2].read_only);
  CHECK(config.healthcheck->interval_ms == 1500);
  CHECK(config.restart == "on-failure");
  CHECK(config.restart_max == 5);
  CHECK(config.stop_grace_ms == 3000);
  CHECK(config.resources.memory == 1 << 20);
  db.healthcheck->test = {"NONE"};
  CHECK(container_config(project, db, 1, "demo-db-1", "sha256:abc").healthcheck->disable);
}

TEST_CASE("the config hash changes with everything that reaches the container") {
  using Change = void (*)(parser::Service&);
  const Change changes[] = {
      [](parser::Service& s) { s.image = "other"; },
      [](parser::Service& s) { s.command = std::vector<std::string>{}; },
      [](parser::Service& s) { s.entrypoint = std::vector<std::string>{"sh"}; },
      [](parser::Service& s) { s.environment["A"] = ""; },
      [](parser::Service& s) { s.working_dir = "/x"; },
      [](parser::Service& s) { s.user = "1"; },
      [](parser::Service& s) { s.hostname = "h"; },
      [](parser::Service& s) { s.container_name = "c"; },
      [](parser::Service& s) { s.labels["l"] = "1"; },
      [](parser::Service& s) { s.ports = {port(1, 2)}; },
      [](parser::Service& s) { s.ports = {port(1, 2, 3)}; },
      [](parser::Service& s) { s.expose = {"80"}; },
      [](parser::Service& s) { s.volumes = {mount("", "/v")}; },
      [](parser::Service& s) { s.networks["default"].aliases = {"a"}; },
      [](parser::Service& s) { s.networks["default"].ipv4_address = "10.0.0.7"; },
      [](parser::Service& s) { s.network_mode = "none"; },
      [](parser::Service& s) {
        s.links = {{"db", "d"}};
      },
      [](parser::Service& s) { s.healthcheck = parser::HealthCheck{}; },
      [](parser::Service& s) { s.restart.policy = parser::Restart::Policy::kAlways; },
      [](parser::Service& s) { s.stop_signal = "SIGINT"; },
      [](parser::Service& s) { s.stop_grace_period = std::chrono::seconds(1); },
      [](parser::Service& s) { s.cap_add = {"SYS_TIME"}; },
      [](parser::Service& s) { s.cap_drop = {"ALL"}; },
      [](parser::Service& s) { s.extra_hosts = {"a=1.2.3.4"}; },
      [](parser::Service& s) { s.dns = {"1.2.3.4"}; },
      [](parser::Service& s) { s.dns_search = {"a"}; },
      [](parser::Service& s) { s.dns_opt = {"a"}; },
      [](parser::Service& s) { s.mac_address = "02:42:ac:11:00:03"; },
      [](parser::Service& s) {
        s.external_links = {{"db", "d"}};
      },
      [](parser::Service& s) { s.networks["default"].priority = 1; },
      [](parser::Service& s) { s.networks["default"].gw_priority = 1; },
      [](parser::Service& s) { s.networks["default"].interface_name = "a"; },
      [](parser::Service& s) { s.privileged = true; },
      [](parser::Service& s) { s.read_only = true; },
      [](parser::Service& s) { s.init = true; },
      [](parser::Service& s) { s.limits.memory = 1; },
      [](parser::Service& s) { s.limits.cpus = 0.5; },
      [](parser::Service& s) { s.cpu_shares = 2; },
      [](parser::Service& s) { s.limits.pids = 3; },
      [](parser::Service& s) { s.shm_size = 4; },
      [](parser::Service& s) { s.security_opt = {"no-new-privileges"}; },
      [](parser::Service& s) { s.security_opt = {"seccomp=/p.json"}; },
      [](parser::Service& s) {
        s.security_opt = {"seccomp=/p.json"};
        s.seccomp_profile = "{}";
      },
      [](parser::Service& s) { s.sysctls["net.core.somaxconn"] = "1"; },
      [](parser::Service& s) { s.group_add = {"video"}; },
      [](parser::Service& s) { s.domainname = "d"; },
      [](parser::Service& s) { s.annotations["a"] = "1"; },
      [](parser::Service& s) { s.ipc = "host"; },
      [](parser::Service& s) { s.pid = "host"; },
      [](parser::Service& s) { s.uts = "host"; },
      [](parser::Service& s) { s.cgroup = "host"; },
      [](parser::Service& s) { s.userns_mode = "host"; },
  };
  const parser::Project project = [] {
    parser::Project made = empty_project();
    add_service(made, "web");
    return made;
  }();
  std::set<std::string> hashes{config_hash(project, project.services.at("web"))};
  for (const Change change : changes) {
    parser::Service service = project.services.at("web");
    change(service);
    CHECK(hashes.insert(config_hash(project, service)).second);
  }
}

TEST_CASE("the description hashed holds what is set, sorted, and no default") {
  parser::Project project = empty_project();
  parser::Service& web = add_service(project, "web");
  web.environment = {{"B", "2"}, {"A", "1"}};
  const std::string description = describe_service(project, web);
  CHECK(description ==
        R"({"environment":{"A":"1","B":"2"},"image":"busybox","networks":{"demo_default":{}}})");
  CHECK(config_hash(project, web) == engine::sha256_hex(description));
  CHECK(engine::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
