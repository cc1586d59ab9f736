// links, external_links, and --link of container run and network connect.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "network_scene.h"
#include "sandbox.h"

using it::kCommon;
using it::Sandbox;

namespace {

std::string addresses_of(Sandbox& sandbox, const std::string& service, const std::string& network) {
  const auto described = nlohmann::json::parse(
      sandbox.ok({"container", "inspect", sandbox.project() + "-" + service + "-1"}).out);
  return described.at(0).at("NetworkSettings").at("Networks").at(network).at("IPAddress");
}

// What a name resolves to within a container, sorted, with blanks between; empty when it does not.
std::string resolved(Sandbox& sandbox, const std::vector<std::string>& exec, const std::string& name) {
  std::vector<std::string> words = exec;
  for (const char* word : {"sh", "-c"}) words.emplace_back(word);
  words.push_back("timeout 5 nslookup -type=a " + name +
                  " | sed -n '/^Name/,$s/^Address: //p' | sort | xargs echo -n");
  return sandbox.compose(words).out;
}

std::string from(Sandbox& sandbox, const std::string& service, const std::string& name) {
  return resolved(sandbox, {"exec", "-T", service}, name);
}

}  // namespace

TEST_CASE("a link's alias resolves in the linking container alone, also when the linked one has moved") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string network = sandbox.project() + "_default";
  const auto file = [&](const std::string& color) {
    sandbox.compose_file(std::string(kCommon) + "  db: {<<: *common, environment: {COLOR: " + color + "}}\n" +
                         R"(
  web: {<<: *common, links: ["db:database", "db:Store"]}
  other: *common
)");
  };
  file("red");
  sandbox.ok({"up", "-d"});
  const std::string first = addresses_of(sandbox, "db", network);
  CHECK(from(sandbox, "web", "database") == first);
  CHECK(from(sandbox, "web", "store") == first);
  CHECK(from(sandbox, "web", "db") == first);
  CHECK(from(sandbox, "other", "database").empty());
  CHECK(from(sandbox, "db", "database").empty());

  // Made anew, on another address, since one that takes its former one comes first.
  const auto id = sandbox.ids("web");
  sandbox.ok({"stop", "db"});
  CHECK(from(sandbox, "web", "database").empty());
  sandbox.ok({"rm", "-f", "db"});
  sandbox.ok({"container", "run", "-d", "--name", "squatter", "--network", network, "--ip", first, "busybox",
              "sleep", "1000"});
  file("blue");
  sandbox.ok({"up", "-d", "db"});
  const std::string second = addresses_of(sandbox, "db", network);
  CHECK(second != first);
  CHECK(sandbox.ids("web") == id);
  CHECK(from(sandbox, "web", "database") == second);

  // All replicas there are, as many as there come to be.
  sandbox.ok({"up", "-d", "--scale", "db=2", "--no-recreate"});
  CHECK(from(sandbox, "web", "database").find(' ') != std::string::npos);
  sandbox.ok({"container", "rm", "-f", "squatter"});
  sandbox.finish();
}

TEST_CASE("external links lead to containers of others on a shared network, and warn when there are none") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"network", "create", "shared"});
  sandbox.compose_file(std::string(kCommon) + R"(
  web: {<<: *common, networks: [meeting], external_links: ["outsider", "outsider:legacy", "later:soon"]}
networks:
  meeting: {name: shared, external: true}
)");
  sandbox.ok(
      {"container", "run", "-d", "--name", "outsider", "--network", "shared", "busybox", "sleep", "1000"});
  const auto output = sandbox.ok({"up", "-d"});
  CHECK(output.err.find("external link to later: there is no such container; 'soon' does not resolve until "
                        "there is") != std::string::npos);
  CHECK(output.err.find("external link to outsider") == std::string::npos);
  const std::string legacy = from(sandbox, "web", "legacy");
  CHECK_FALSE(legacy.empty());
  CHECK(legacy == from(sandbox, "web", "outsider"));
  CHECK(from(sandbox, "web", "soon").empty());
  sandbox.ok(
      {"container", "run", "-d", "--name", "later", "--network", "shared", "busybox", "sleep", "1000"});
  CHECK_FALSE(from(sandbox, "web", "soon").empty());
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"container", "rm", "-f", "outsider", "later"});
  sandbox.ok({"network", "rm", "shared"});
  sandbox.finish();
}

TEST_CASE(
    "container run --link gives an alias on a network, and on the default one the variables docker has") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"container", "run", "-d", "--name", "redis", "--expose", "6379", "--expose", "6380", "-e",
              "MODE=fast", "busybox", "sleep", "1000"});
  const auto env =
      sandbox.ok({"container", "run", "--rm", "--name", "web", "--link", "redis:my-store", "-e",
                  "MY_STORE_ENV_MODE=mine", "busybox", "sh", "-c",
                  "env | grep ^MY_STORE | sort; ping -c 1 -W 2 my-store > /dev/null && echo reached"});
  const auto described = nlohmann::json::parse(sandbox.ok({"container", "inspect", "redis"}).out).at(0);
  const std::string address = described.at("NetworkSettings").at("Networks").at("bridge").at("IPAddress");
  for (const char* line : {"MY_STORE_ENV_MODE=mine\n", "MY_STORE_NAME=/web/my-store\n"})
    CHECK(env.out.find(line) != std::string::npos);
  for (const char* line : {"PORT=tcp://@:6379", "PORT_6379_TCP=tcp://@:6379", "PORT_6379_TCP_ADDR=@",
                           "PORT_6379_TCP_PORT=6379", "PORT_6379_TCP_PROTO=tcp", "PORT_6380_TCP_ADDR=@",
                           "PORT_6379_TCP_START=tcp://@:6379", "PORT_6379_TCP_END=tcp://@:6380"}) {
    std::string expected = line;
    if (const size_t at = expected.find('@'); at != std::string::npos) expected.replace(at, 1, address);
    CHECK(env.out.find("MY_STORE_" + expected + "\n") != std::string::npos);
  }
  CHECK(env.out.find("reached") != std::string::npos);
  CHECK(sandbox.compose({"container", "run", "--rm", "--link", "nobody", "busybox", "true"})
            .err.find("--link: no such container: nobody") != std::string::npos);
  sandbox.ok({"container", "rm", "-f", "redis"});

  sandbox.ok({"network", "create", "n"});
  sandbox.ok({"container", "run", "-d", "--name", "target", "--network", "n", "busybox", "sleep", "1000"});
  sandbox.ok({"container", "run", "-d", "--name", "caller", "--network", "n", "--link", "target:t1",
              "busybox", "sleep", "1000"});
  sandbox.ok({"container", "run", "-d", "--name", "late", "busybox", "sleep", "1000"});
  sandbox.ok({"network", "connect", "--link", "target:t2", "n", "late"});
  CHECK_FALSE(resolved(sandbox, {"container", "exec", "caller"}, "t1").empty());
  CHECK_FALSE(resolved(sandbox, {"container", "exec", "late"}, "t2").empty());
  CHECK(resolved(sandbox, {"container", "exec", "late"}, "t1").empty());
  CHECK(sandbox.ok({"container", "exec", "caller", "env"}).out.find("T1_") == std::string::npos);
  sandbox.ok({"container", "rm", "-f", "target", "caller", "late"});
  sandbox.ok({"network", "rm", "n"});
  sandbox.finish();
}

TEST_CASE("services on the default network are linked as docker has it there") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  db: {<<: *common, network_mode: bridge, expose: [5432]}
  web: {<<: *common, network_mode: bridge, links: ["db:store"]}
)");
  sandbox.ok({"up", "-d"});
  const std::string address = addresses_of(sandbox, "db", "bridge");
  CHECK(from(sandbox, "web", "store") == address);
  CHECK(sandbox.inside("web", {"sh", "-c", "echo -n $STORE_PORT_5432_TCP_ADDR"}) == address);
  const auto env =
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-web-1"}).out)
          .at(0)
          .at("HostConfig")
          .at("Links");
  CHECK(env == nlohmann::json{"/" + sandbox.project() + "-db-1:/" + sandbox.project() + "-web-1/store"});
  sandbox.finish();
}
