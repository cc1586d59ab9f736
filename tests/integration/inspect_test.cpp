// What `inspect` and `system info` tell is what was asked for and what there is.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "sandbox.h"

using it::Sandbox;
using nlohmann::json;

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

json inspected(Sandbox& sandbox, const std::string& family, const std::string& name) {
  return json::parse(sandbox.ok({family, "inspect", name}).out).at(0);
}

}  // namespace

TEST_CASE("container inspect tells the log, links, lenders, mounts and restart policy that were asked for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("bound/file", "x");
  sandbox.ok({"container", "run", "-d", "--name", "lender", "-v", "lent:/lent", "busybox", "sleep", "1000"});
  sandbox.ok({"volume", "create", "parts"});
  sandbox.ok({"container", "run", "--rm", "-v", "parts:/p", "busybox", "mkdir", "/p/one"});
  sandbox.ok({"container",
              "create",
              "--name",
              "asked",
              "--log-driver",
              "local",
              "--log-opt",
              "max-size=1m",
              "--link",
              "lender",
              "--volumes-from",
              "lender:ro",
              "--restart",
              "on-failure:3",
              "-v",
              "./bound:/bound:ro,rslave",
              "--mount",
              "type=volume,src=parts,dst=/part,volume-subpath=one",
              "--tmpfs",
              "/tmpfs:size=1m,mode=700",
              "busybox",
              "true"});
  const json asked = inspected(sandbox, "container", "asked"), host = asked.at("HostConfig");
  CHECK(host.at("LogConfig") == json{{"Type", "local"}, {"Config", {{"max-size", "1m"}}}});
  CHECK(host.at("Links") == json{"/lender:/asked/lender"});
  CHECK(host.at("VolumesFrom") == json{"lender:ro"});
  CHECK(host.at("RestartPolicy") == json{{"Name", "on-failure"}, {"MaximumRetryCount", 3}});
  const std::string bound = sandbox.directory() + "/bound";
  const json binds = host.at("Binds");
  CHECK(std::find(binds.begin(), binds.end(), bound + ":/bound:ro,rslave") != binds.end());
  CHECK(host.at("Mounts") == json::parse(R"([{"Type":"volume","Source":"parts","Target":"/part",
                                              "VolumeOptions":{"Subpath":"one"}}])"));
  CHECK(host.at("Tmpfs").at("/tmpfs").get<std::string>().find("size=1048576") != std::string::npos);
  std::map<std::string, json> mounts;
  for (const json& mount : asked.at("Mounts")) mounts[mount.at("Destination")] = mount;
  CHECK(mounts.at("/bound").at("Mode") == "ro");
  CHECK(mounts.at("/bound").at("RW") == false);
  CHECK(mounts.at("/bound").at("Propagation") == "rslave");
  CHECK(mounts.at("/part").at("RW") == true);
  CHECK(mounts.at("/part").at("Source").get<std::string>().ends_with("/parts/_data/one"));
  CHECK(mounts.at("/lent").at("Name") == "lent");
  CHECK(mounts.at("/lent").at("RW") == false);
  CHECK(asked.at("HostsPath").get<std::string>().empty());
  CHECK(host.at("PublishAllPorts") == false);
  CHECK_FALSE(host.contains("ContainerIDFile"));
  CHECK_FALSE(asked.at("Config").contains("AttachStdout"));
  sandbox.ok({"container", "rm", "-f", "asked", "lender"});
  sandbox.ok({"volume", "rm", "lent", "parts"});
  sandbox.finish();
}

TEST_CASE("volume inspect tells the options, and container inspect that all exposed ports are published") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "memory"});
  CHECK(inspected(sandbox, "volume", "memory").at("Options") ==
        json{{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}});
  sandbox.ok({"volume", "create", "plain"});
  CHECK(inspected(sandbox, "volume", "plain").at("Options").is_null());
  sandbox.ok({"volume", "rm", "memory", "plain"});
  sandbox.ok({"container", "create", "--name", "open", "-P", "--expose", "80", "busybox", "true"});
  CHECK(inspected(sandbox, "container", "open").at("HostConfig").at("PublishAllPorts") == true);
  sandbox.ok({"container", "rm", "open"});
  sandbox.finish();
}

TEST_CASE("an endpoint has an id of its own, the same for container and network, while its container runs") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.ok({"network", "create", "--subnet", "10.99.0.0/24", "inner"});
  sandbox.ok({"container", "run", "-d", "--name", "other", "--network", "inner", "busybox", "sleep", "1000"});
  const std::string id = trimmed(sandbox
                                     .ok({"container", "run", "-d", "--name", "one", "--network", "inner",
                                          "--ip", "10.99.0.9", "--link", "other", "busybox", "sleep", "1000"})
                                     .out);
  const auto endpoint = [&] {
    return inspected(sandbox, "container", "one").at("NetworkSettings").at("Networks").at("inner");
  };
  const std::string first = endpoint().at("EndpointID");
  CHECK(first.size() == 64);
  CHECK(endpoint().at("IPAMConfig") == json{{"IPv4Address", "10.99.0.9"}});
  CHECK(endpoint().at("Links") == json{"other:other"});
  const json containers = inspected(sandbox, "network", "inner").at("Containers");
  CHECK(containers.at(id).at("EndpointID") == first);
  const std::string key = inspected(sandbox, "container", "one").at("NetworkSettings").at("SandboxKey");
  CHECK(::access(key.c_str(), F_OK) == 0);
  sandbox.ok({"container", "stop", "-t", "0", "one"});
  CHECK(endpoint().at("EndpointID").get<std::string>().empty());
  sandbox.ok({"container", "start", "one"});
  CHECK(endpoint().at("EndpointID") == first);
  sandbox.ok({"container", "create", "--name", "alone", "--network", "none", "busybox", "true"});
  const json networks = inspected(sandbox, "container", "alone").at("NetworkSettings").at("Networks");
  CHECK(networks.at("none").at("NetworkID") == inspected(sandbox, "network", "none").at("Id"));
  sandbox.ok({"container", "rm", "-f", "one", "other", "alone"});
  sandbox.ok({"network", "rm", "inner"});
  sandbox.finish();
}

TEST_CASE("the state tells why a container could not be started") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(sandbox.compose({"container", "run", "--name", "broken", "busybox", "nosuch"}).code == 127);
  const json state = inspected(sandbox, "container", "broken").at("State");
  CHECK(state.at("Error").get<std::string>().find("nosuch") != std::string::npos);
  CHECK(state.at("ExitCode") == 127);
  CHECK(state.at("OOMKilled") == false);
  sandbox.ok({"container", "rm", "broken"});
  sandbox.finish();
}

TEST_CASE("any beginning of an id that is clear names a container, image or network, but a name goes first") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  std::set<std::string> firsts;
  std::vector<std::string> ids;
  std::string twice;  // with 17 there are two that begin with one digit
  while (twice.empty()) {
    ids.push_back(trimmed(sandbox.ok({"container", "create", "--network", "none", "busybox", "true"}).out));
    if (!firsts.insert(ids.back().substr(0, 1)).second) twice = ids.back().substr(0, 1);
  }
  const it::Output unclear = sandbox.compose({"container", "inspect", twice});
  CHECK(unclear.code == 1);
  CHECK(unclear.err.find("'" + twice + "' is the beginning of more than one container id") !=
        std::string::npos);
  for (const std::string& id : ids) {
    if (id.starts_with(twice)) continue;
    CHECK(trimmed(sandbox.ok({"container", "inspect", "-f", "{{.Id}}", id.substr(0, 1)}).out) == id);
  }
  const std::string beginning = ids.front().substr(0, 3);
  sandbox.ok({"container", "rename", ids.back(), beginning});
  CHECK(trimmed(sandbox.ok({"container", "inspect", "-f", "{{.Id}}", beginning}).out) == ids.back());

  const std::string image = inspected(sandbox, "image", "busybox").at("Id");  // the only one
  CHECK(inspected(sandbox, "image", image.substr(7, 1)).at("Id") == image);
  const std::string network = trimmed(sandbox.ok({"network", "create", "net"}).out);
  const std::string short_id = network.substr(0, 3);
  CHECK(inspected(sandbox, "network", short_id).at("Id") == network);
  sandbox.ok({"container", "create", "--name", "on", "--network", short_id, "busybox", "true"});
  sandbox.ok({"container", "rm", "on"});
  for (const std::string& id : ids) sandbox.ok({"container", "rm", id});
  sandbox.ok({"network", "rm", short_id});
  sandbox.finish();
}

TEST_CASE("system info tells of this host's confinement what the kernel says") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const json options =
      json::parse(sandbox.ok({"system", "info", "--format", "json"}).out).at("SecurityOptions");
  const auto has = [&](const char* option) {
    return std::find(options.begin(), options.end(), option) != options.end();
  };
  CHECK(has("name=cgroupns") == (::access("/proc/self/ns/cgroup", F_OK) == 0));
  CHECK(has("name=seccomp,profile=builtin") ==
        (::access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0));
  const it::Output enabled = it::run({"cat", "/sys/module/apparmor/parameters/enabled"});
  CHECK(has("name=apparmor") == enabled.out.starts_with('Y'));
}
