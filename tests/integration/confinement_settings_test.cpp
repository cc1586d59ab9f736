// sysctls, group_add, domainname, annotations and what has no effect here, as they are inside.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

std::string with(const std::string& attributes) {
  return "services:\n  web:\n    image: busybox\n    command: [sleep, '1000']\n    stop_grace_period: 0s\n" +
         attributes;
}

}  // namespace

TEST_CASE("sysctls are set in the container's own namespaces and cannot be changed there") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string host = it::run({"cat", "/proc/sys/kernel/shmmni", "/proc/sys/kernel/msgmax"}).out;
  sandbox.compose_file(R"(
services:
  map:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    read_only: true
    sysctls:
      net.ipv4.ip_unprivileged_port_start: 0
      net.ipv4.conf.lo/1.forwarding: 1
      net.core.somaxconn: 777
      kernel.shmmni: 1234
      kernel.msgmax: 12345
      fs.mqueue.msg_max: 5
  list:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    privileged: true
    sysctls: [net.core.somaxconn=888, kernel.sem=250 32000 32 100]
)");
  // No interface is called lo.1.
  const it::Output refused = sandbox.compose({"up", "-d", "map"});
  CHECK(refused.code != 0);
  CHECK(
      refused.err.find("set sysctl net.ipv4.conf.lo/1.forwarding to '1': this kernel has no such setting") !=
      std::string::npos);
  sandbox.ok({"down"});
  sandbox.compose_file(R"(
services:
  map:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    read_only: true
    user: "1000"
    sysctls:
      net.ipv4.ip_unprivileged_port_start: 0
      net.core.somaxconn: 777
      kernel.shmmni: 1234
      kernel.msgmax: 12345
      fs.mqueue.msg_max: 5
  list:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    privileged: true
    sysctls: [net.core.somaxconn=888, kernel.sem=250 32000 32 100]
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("map", {"sh", "-c",
                               "cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start net/core/somaxconn "
                               "kernel/shmmni kernel/msgmax fs/mqueue/msg_max"}) ==
        "0\n777\n1234\n12345\n5\n");
  CHECK(sandbox.compose({"exec", "-T", "-u", "0", "map", "sh", "-c", "echo 5 > /proc/sys/net/core/somaxconn"})
            .code != 0);
  CHECK(sandbox.inside(
            "list", {"sh", "-c", "cat /proc/sys/net/core/somaxconn; tr '\\t' ' ' < /proc/sys/kernel/sem"}) ==
        "888\n250 32000 32 100\n");
  CHECK(it::run({"cat", "/proc/sys/kernel/shmmni", "/proc/sys/kernel/msgmax"}).out == host);
  sandbox.finish();
}

TEST_CASE("sysctls that would change the host, or the kernel refuses, are told by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto error = [&](const std::string& attributes) {
    sandbox.compose_file(with(attributes));
    const it::Output output = sandbox.compose({"up", "-d"});
    CHECK(output.code != 0);
    return output.err;
  };
  CHECK(error("    sysctls: {kernel.panic: 1}\n")
            .find("'kernel.panic' is not one that a container has for itself") != std::string::npos);
  CHECK(error("    network_mode: host\n    sysctls: {net.core.somaxconn: 1}\n")
            .find("'net.core.somaxconn' does not go with network_mode 'host'") != std::string::npos);
  CHECK(error("    ipc: host\n    sysctls: {kernel.shmmax: 1}\n")
            .find("'kernel.shmmax' does not go with ipc 'host'") != std::string::npos);
  CHECK(error("    uts: host\n    sysctls: {kernel.domainname: x}\n")
            .find("'kernel.domainname' does not go with uts 'host'") != std::string::npos);
  CHECK(error("    sysctls: [net.core.somaxconn]\n").find("'net.core.somaxconn' has no value") !=
        std::string::npos);
  CHECK(sandbox.ok({"ps", "-aq"}).out.empty());
  CHECK(error("    sysctls: {net.core.somaxconn: many}\n")
            .find("set sysctl net.core.somaxconn to 'many': the kernel refuses it: Invalid argument") !=
        std::string::npos);
  sandbox.finish();
}

TEST_CASE("group_add adds groups by name and number for the program and for exec") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("etc/group", "root:x:0:\nwheel:x:10:\nvideo:x:27:\nann:x:1000:\n");
  sandbox.compose_file(
      with("    user: '1000:1000'\n    group_add: [video, '4242', 10]\n    volumes: "
           "['./etc/group:/etc/group:ro']\n"));
  sandbox.ok({"up", "-d"});
  const std::string groups = "tr ' ' '\\n' | sort -n | tr '\\n' ' '";
  CHECK(sandbox.inside("web", {"sh", "-c",
                               "grep Groups: /proc/1/status | cut -f2 | tr ' ' '\\n' | grep -v 1000 | " +
                                   groups}) == " 10 27 4242 ");
  CHECK(sandbox.inside("web", {"sh", "-c", "id -u; id -g; id -G | " + groups}) ==
        "1000\n1000\n10 27 1000 4242 ");
  sandbox.compose_file(with("    group_add: [nosuch]\n"));
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code != 0);
  CHECK(output.err.find("group nosuch is not in the container's /etc/group") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("domainname is the container's, in its namespace and in its hosts file") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(with("    hostname: box\n    domainname: example.org\n"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"sh", "-c", "hostname; cat /proc/sys/kernel/domainname; hostname -f"}) ==
        "box\nexample.org\nbox.example.org\n");
  CHECK(sandbox.inside("web", {"cat", "/etc/hosts"}).find("\tbox.example.org box\n") != std::string::npos);
  const auto described =
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-web-1"}).out).at(0);
  CHECK(described.at("Config").at("Domainname") == "example.org");
  sandbox.compose_file(with("    uts: host\n    domainname: example.org\n"));
  CHECK(sandbox.compose({"up", "-d"}).err.find("'domainname' does not go with uts 'host'") !=
        std::string::npos);
  sandbox.compose_file(with("    hostname: box\n    domainname: example.org\n"));
  sandbox.finish();
}

TEST_CASE("inspect shows a container's confinement, and each change of it recreates") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(with(R"(    annotations: {org.example.purpose: test}
    sysctls: {net.core.somaxconn: 99}
    group_add: [root, "5"]
    security_opt: [no-new-privileges:true, label=disable]
    runtime: compose
)"));
  sandbox.ok({"up", "-d"});
  const auto host =
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-web-1"}).out)
          .at(0)
          .at("HostConfig");
  CHECK(host.at("Annotations").dump() == R"({"org.example.purpose":"test"})");
  CHECK(host.at("Sysctls").dump() == R"({"net.core.somaxconn":"99"})");
  CHECK(host.at("GroupAdd").dump() == R"(["root","5"])");
  CHECK(host.at("SecurityOpt").dump() == R"(["no-new-privileges:true","label=disable"])");
  CHECK(host.at("Runtime") == "compose");
  auto before = sandbox.ids();
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() == before);
  for (const char* change :
       {"    security_opt: [no-new-privileges]\n", "    sysctls: {net.core.somaxconn: 98}\n",
        "    group_add: [root]\n", "    ipc: shareable\n", "    pid: host\n", "    uts: host\n",
        "    cgroup: host\n", "    domainname: example.org\n", "    annotations: {a: b}\n"}) {
    INFO(change);
    sandbox.compose_file(with(change));
    sandbox.ok({"up", "-d"});
    const auto now = sandbox.ids();
    CHECK(now != before);
    before = now;
  }
  sandbox.finish();
}

TEST_CASE("what the engine has no notion of is refused with the reason") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::pair<const char*, const char*> refused[] = {
      {"    runtime: runc\n", "'runtime: runc' is not supported yet"},
      {"    userns_mode: private\n", "'userns_mode: private' is not supported yet"},
      {"    storage_opt: {size: 1G}\n", "attribute 'storage_opt' is not supported yet"},
      {"    gpus: all\n", "attribute 'gpus' is not supported yet"},
      {"    devices: [vendor.com/gpu=all]\n", "vendor.com/gpu=all' is not supported yet"}};
  for (const auto& [attributes, told] : refused) {
    sandbox.compose_file(with(attributes));
    const it::Output output = sandbox.compose({"up", "-d"});
    INFO(output.err);
    CHECK(output.code != 0);
    CHECK(output.err.find(told) != std::string::npos);
  }
  CHECK(sandbox.ok({"container", "ls", "-aq"}).out.empty());
  sandbox.finish();
}
