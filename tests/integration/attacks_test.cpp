// The attacks that reference/engine.md, "Attacks that must fail", names, on the engine as a whole. Here are
// those on a container at its start and as it runs. The others are tested where they are warded off:
//
// - what layers and archives hold: unit/image/unpack_test.cpp, hostile_*_test.cpp
// - blobs of another digest or size: unit/registry/pull_test.cpp
// - redirects that would take credentials along: unit/registry/access_test.cpp and
//   unit/build/http_downloader_test.cpp
// - COPY and ADD out of the context or the image: unit/build/copy_test.cpp, hostile_source_test.cpp
// - trees that change under export and commit: export_test.cpp, unit/engine/commit_test.cpp
// - files in and out of a container: cp_attack_test.cpp
// - YAML without end: unit/parser/yaml_test.cpp
// - networks by ordinary sockets: network_test.cpp, unit/netmgr/publish_test.cpp
// - what the filter, masks, mounts and device rules refuse: confinement_test.cpp
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "places.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

const std::string kMonitor = places::program("compose-monitor");
const std::string kInit = places::program("compose-init");
constexpr int kMostDescriptors = 24;  // no process of the runtime's has more open

// A service with /hostile in it and these attributes (lines of YAML, indented by four).
std::string service(const std::string& name, const std::string& attributes, const std::string& volumes = "") {
  return "  " + name + ":\n    image: busybox\n    stop_grace_period: 0s\n    volumes: [\"" +
         places::program("hostile") + ":/hostile:ro\"" + volumes + "]\n" + attributes;
}

bool says(Sandbox& sandbox, const std::string& name, const std::string& text) {
  return it::eventually([&] { return sandbox.log(name).find(text) != std::string::npos; });
}

// Host files that no container is given. `directory` is unknown to every image.
struct Secret {
  explicit Secret(Sandbox& sandbox, const std::string& name = "host-only")
      : folder(sandbox.directory() + '/' + name) {
    sandbox.file(name + "/secret", "the host's\n");
    sandbox.file(name + "/program", "#!/bin/sh\necho the host\\'s\n");
    std::filesystem::permissions(folder + "/program", std::filesystem::perms::all);
  }
  bool is_in(const it::Output& output) const { return output.out.find("the host's") != std::string::npos; }
  // Nothing has been made or mounted in there.
  bool is_untouched() const {
    return std::distance(std::filesystem::directory_iterator(folder), {}) == 2 &&
           sys::read_file(folder + "/secret") == "the host's\n";
  }
  std::string folder;
};

}  // namespace

TEST_CASE("attacks: the runtime's program cannot be overwritten through /proc/self/exe, by run nor by exec") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string before = sys::read_file(kMonitor), init_before = sys::read_file(kInit);
  sandbox.compose_file("services:\n" + service("web", "    command: [/hostile, catch]\n") +
                       service("with-init", "    command: [/hostile, catch]\n    init: true\n"));
  sandbox.ok({"up", "-d"});
  REQUIRE(says(sandbox, "web", "ready"));
  // The runtime executes itself and so is a program of the container's for a moment.
  CHECK(it::eventually([&] {
    sandbox.compose({"exec", "-T", "web", "/proc/self/exe"});
    return sandbox.log("web").find("overwritten:") != std::string::npos;
  }));
  const std::string log = sandbox.log("web");
  INFO(log);
  CHECK(log.find("overwritten: ok") == std::string::npos);
  CHECK(sandbox.compose({"run", "--rm", "-T", "--entrypoint", "/proc/self/exe", "web"}).code != 0);
  CHECK(sys::read_file(kMonitor) == before);
  // compose-init stays, and is the container's first program.
  CHECK(says(sandbox, "with-init", "overwritten:"));
  CHECK(sandbox.log("with-init").find("overwritten: ok") == std::string::npos);
  CHECK(sys::read_file(kInit) == init_before);
  sandbox.finish();
}

TEST_CASE("attacks: no descriptor of the runtime's leads out of the container, as folder, program or both") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Secret secret(sandbox);
  sandbox.compose_file("services:\n" + service("web", "    command: [sleep, \"1000\"]\n"));
  sandbox.ok({"up", "-d"});
  const std::string up = "/../../../../../../../../../..";
  for (int fd = 3; fd < kMostDescriptors; ++fd) {
    const std::string held = "/proc/self/fd/" + std::to_string(fd);
    INFO(held);
    for (const std::string& folder : {held, held + up + secret.folder}) {
      const it::Output entered = sandbox.compose({"exec", "-T", "-w", folder, "web", "cat", "secret"});
      CHECK(entered.code != 0);
      CHECK_FALSE(secret.is_in(entered));
      const it::Output started = sandbox.compose({"run", "--rm", "-T", "-w", folder, "web", "cat", "secret"});
      CHECK(started.code != 0);
      CHECK_FALSE(secret.is_in(started));
    }
    const std::string program = held + up + secret.folder + "/program";
    CHECK_FALSE(secret.is_in(sandbox.compose({"exec", "-T", "web", program})));
    CHECK_FALSE(secret.is_in(sandbox.compose({"run", "--rm", "-T", "--entrypoint", program, "web"})));
  }
  // The folder the command was typed in is nobody's either.
  for (const std::string folder : {"/proc/self/cwd", "/proc/1/cwd/../..", "/proc/self/root"}) {
    const it::Output entered =
        sandbox.compose({"exec", "-T", "-w", folder, "web", "cat", "host-only/secret"});
    CHECK_FALSE(secret.is_in(entered));
  }
  sandbox.finish();
}

TEST_CASE(
    "attacks: a tracer finds no way to the host in what exec, health checks and guests start beside it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Secret secret(sandbox);
  sandbox.compose_file(
      "services:\n" +
      service("web", "    cap_add: [SYS_PTRACE]\n    command: [/hostile, peek, " + secret.folder +
                         "/secret]\n    healthcheck: {test: [CMD, \"true\"], interval: 100ms}\n") +
      service("guest", "    command: [\"true\"]\n    pid: service:web\n"));
  sandbox.ok({"up", "-d", "web"});
  REQUIRE(says(sandbox, "web", "ready"));
  // It has to be quick to see one before it is the program it becomes.
  const auto is_seen_in = [&](const std::vector<std::string>& command) {
    const auto looks = [&] {
      std::istringstream lines(sandbox.log("web"));
      int count = 0;
      for (std::string line; std::getline(lines, line);) count += line == "looked" ? 1 : 0;
      return count;
    };
    const int before = looks();
    return it::eventually([&] {
      sandbox.compose(command);
      return looks() > before + 3;
    });
  };
  CHECK(is_seen_in({"exec", "-T", "web", "true"}));
  CHECK(is_seen_in({"exec", "-T", "-u", "1000", "web", "true"}));
  CHECK(is_seen_in({"run", "--rm", "-T", "--no-deps", "guest"}));
  const std::string log = sandbox.log("web");
  INFO(log);
  CHECK(log.find("reached") == std::string::npos);
  CHECK(log.find("CAP_SYS_ADMIN") == std::string::npos);
  sandbox.finish();
}

TEST_CASE("attacks: links that an image holds do not lead volumes, files or the working folder out of it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Secret secret(sandbox), filling(sandbox, "filling");
  const std::string up = "../../../../../../../../../..";
  // In two stages, as a RUN has its own /etc/hosts.
  const auto link = [](const std::string& to, const std::string& name) {
    return " && ln -s " + to + " /out" + name;
  };
  sandbox.file("Dockerfile",
               "FROM busybox AS made\nRUN mkdir /out && cp -a /bin /etc /tmp /out && mkdir /out/srv && rm -f "
               "/out/etc/hosts" +
                   link(secret.folder + "/one", "/absolute") +
                   link(up + secret.folder + "/two", "/climbing") + link("/absolute/inner", "/nested") +
                   link(up + filling.folder, "/srv/data") + link(secret.folder + "/hosts", "/etc/hosts") +
                   "\nFROM scratch\nCOPY --from=made /out /\n");
  sandbox.file("given/mark", "given\n");
  sandbox.compose_file(R"(
services:
  web:
    build: .
    image: linked
    command: [sleep, "1000"]
    stop_grace_period: 0s
    working_dir: /climbing/work
    volumes: ["./given:/absolute/x", "./given:/nested", "named:/climbing", "filled:/srv/data"]
    tmpfs: [/absolute/memory]
    configs: [{source: text, target: /climbing/text}]
configs:
  text: {content: "text"}
volumes:
  named:
  filled:
)");
  sandbox.ok({"build"});
  sandbox.ok({"up", "-d"});
  CHECK(secret.is_untouched());
  CHECK(filling.is_untouched());
  // A named volume is filled with what the image has at its place; that is not what the host has there.
  CHECK_FALSE(
      secret.is_in(sandbox.compose({"exec", "-T", "web", "sh", "-c", "cat $(find / -xdev -name secret)"})));
  CHECK_FALSE(
      secret.is_in(sandbox.compose({"exec", "-T", "web", "cat", "/srv/data/secret", "/climbing/secret"})));
  CHECK(sandbox.inside("web", {"cat", "/absolute/x/mark", "/nested/mark"}) == "given\ngiven\n");
  CHECK(sandbox.inside("web", {"pwd"}).find(secret.folder) == 0);  // of that name, in the container
  sandbox.finish();
  CHECK(secret.is_untouched());
  CHECK(filling.is_untouched());
}

TEST_CASE("attacks: an image with a link or a file for /proc, /sys or /dev is refused") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Secret secret(sandbox);
  for (const std::string folder : {"proc", "sys", "dev"}) {
    for (const std::string& put : {"ln -s " + secret.folder + " /out/" + folder, "echo x > /out/" + folder}) {
      INFO(put);
      sandbox.file("Dockerfile", "FROM busybox AS made\nRUN mkdir /out && cp -a /bin /etc /tmp /out && " +
                                     put + "\nFROM scratch\nCOPY --from=made /out /\n");
      sandbox.compose_file("services:\n  web: {build: ., image: \"odd\", command: [\"true\"]}\n");
      sandbox.ok({"build"});
      const it::Output output = sandbox.compose({"up"});
      CHECK(output.code != 0);
      CHECK_THAT(output.err, Catch::Contains("/" + folder));
      CHECK(secret.is_untouched());
      sandbox.compose({"down"});
    }
  }
  sandbox.finish();
}

TEST_CASE("attacks: a mount target exchanged by a neighbour during the start stays in the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const Secret secret(sandbox);
  sandbox.file("given/mark", "given\n");
  const std::string out = "../../../../../../../../../.." + secret.folder;
  sandbox.compose_file(
      "services:\n" +
      service("swapper",
              "    command: [sh, -c, \"mkdir -p /v/a /v/c; ln -sfn " + out +
                  " /v/b; exec /hostile swap /v/a /v/b\"]\n",
              ", \"shared:/v\"") +
      service("victim",
              "    command: [sh, -c, \"grep -c ' / / ' /proc/self/mountinfo; cat /v/b/secret /v/a/secret " +
                  secret.folder +
                  "/secret; ls /sys/kernel > /dev/null && echo whole\"]\n    tmpfs: [/v/a/memory]\n",
              ", \"shared:/v\", \"./given:/v/a/x\", \"./given:/v/a/y/z\"") +
      "volumes:\n  shared:\n");
  sandbox.ok({"up", "-d", "swapper"});
  REQUIRE(says(sandbox, "swapper", "ready"));
  int started = 0;
  for (int i = 0; i < 15; ++i) {
    const it::Output output = sandbox.compose({"run", "--rm", "-T", "--no-deps", "victim"});
    INFO(output.out << output.err);
    CHECK_FALSE(secret.is_in(output));
    CHECK(secret.is_untouched());
    if (output.out.find("whole") == std::string::npos) continue;
    ++started;
    CHECK(output.out.substr(0, 2) == "1\n");  // one root, the container's
  }
  CHECK(started > 0);
  sandbox.finish();
}

TEST_CASE("attacks: a raw socket does not send under a neighbour's address") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n" +
      service("liar", "    command: [sleep, \"1000\"]\n    networks: {lan: {ipv4_address: 172.30.0.10}}\n") +
      service("friend",
              "    command: [sleep, \"1000\"]\n    networks: {lan: {ipv4_address: 172.30.0.11}}\n") +
      service("target",
              "    command: [/hostile, listen, 0.0.0.0, \"9000\"]\n    networks: {lan: {ipv4_address: "
              "172.30.0.12}}\n") +
      "networks:\n  lan: {ipam: {config: [{subnet: 172.30.0.0/24}]}}\n");
  sandbox.ok({"up", "-d"});
  REQUIRE(says(sandbox, "target", "ready"));
  const auto send_as = [&](const std::string& address) {
    CHECK(sandbox.inside("liar", {"/hostile", "spoof", address, "172.30.0.12", "9000"}) == "sent: ok\n");
  };
  send_as("172.30.0.11");  // the friend
  send_as("172.30.0.1");   // the gateway
  send_as("172.30.0.10");  // itself, which has to arrive, after the others
  REQUIRE(says(sandbox, "target", "from 172.30.0.10"));
  CHECK(sandbox.log("target") == "ready\nfrom 172.30.0.10\n");
  sandbox.finish();
}

TEST_CASE("attacks: a frame made by hand reaches neither the host's loopback nor another network") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::Process loopback({places::program("hostile"), "listen", "127.0.0.1", "9000"});
  const it::Process open({places::program("hostile"), "listen", "0.0.0.0", "9001"});
  sandbox.compose_file(
      "services:\n" +
      service("liar", "    command: [sleep, \"1000\"]\n    networks: {lan: {ipv4_address: 172.30.0.10}}\n") +
      service("target",
              "    command: [/hostile, listen, 0.0.0.0, \"9000\"]\n    networks: {other: {ipv4_address: "
              "172.31.0.12}}\n") +
      "networks:\n  lan: {ipam: {config: [{subnet: 172.30.0.0/24}]}}\n"
      "  other: {ipam: {config: [{subnet: 172.31.0.0/24}]}}\n");
  sandbox.ok({"up", "-d"});
  REQUIRE(says(sandbox, "target", "ready"));
  const auto send_to = [&](const std::string& address, const std::string& port) {
    CHECK(sandbox.inside("liar", {"/hostile", "frame", "172.30.0.1", address, port}) == "sent: ok\n");
  };
  send_to("127.0.0.1", "9000");
  send_to("172.31.0.12", "9000");
  send_to("172.31.0.1", "9000");  // the other network's gateway, the host under another name
  send_to("172.30.0.1",
          "9001");  // what the host serves to all may be had, and shows that frames are well made
  CHECK(it::eventually([&] { return open.out() == "ready\nfrom 172.30.0.10\n"; }));
  CHECK(loopback.out() == "ready\n");
  CHECK(sandbox.log("target") == "ready\n");
  sandbox.finish();
}

TEST_CASE("attacks: a fork bomb stays within pids_limit, and its container can be stopped") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  // A shell ends when it cannot fork; awk, which lights it again and again, does not.
  sandbox.compose_file("services:\n" + service("bomb",
                                               "    pids_limit: 30\n    command: [awk, 'BEGIN { while (1) "
                                               "system(\"b() { b | b & }; b; sleep 1\") }']\n"));
  sandbox.ok({"up", "-d"});
  // It bites: the shell in there can make no process any more.
  CHECK(says(sandbox, "bomb", "can't fork"));
  const std::string id = sandbox.container("bomb").at("ID").get<std::string>();
  const nlohmann::json stats =
      nlohmann::json::parse(sandbox.ok({"stats", "--no-stream", "--format", "json"}).out);
  CHECK(std::stoi(stats.at("PIDs").get<std::string>()) <= 30);
  sandbox.ok({"kill"});
  CHECK(it::eventually([&] { return sandbox.container("bomb").at("State") == "exited"; }));
  sandbox.finish();
}

TEST_CASE("attacks: a memory hog is killed, and inspect tells that it was for want of memory") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n" + service("hog", "    mem_limit: 24m\n    command: [tail, /dev/zero]\n") +
      service("fine", "    mem_limit: 24m\n    command: [sh, -c, \"exit 137\"]\n") +
      // Not the container's own program but one that it has started.
      service("parent", "    mem_limit: 24m\n    command: [sh, -c, \"tail /dev/zero; echo code $$?\"]\n"));
  sandbox.ok({"up", "-d"});
  const auto state = [&](const std::string& name) {
    REQUIRE(it::eventually([&] { return sandbox.container(name).at("State") == "exited"; },
                           std::chrono::seconds(30)));
    return nlohmann::json::parse(
               sandbox.ok({"container", "inspect", sandbox.container(name).at("Name").get<std::string>()})
                   .out)
        .at(0)
        .at("State");
  };
  const nlohmann::json hog = state("hog"), fine = state("fine"), parent = state("parent");
  CHECK(hog.at("OOMKilled") == true);
  CHECK(hog.at("ExitCode") == 137);
  CHECK(sandbox.container("hog").at("ExitCode") == 137);
  CHECK(fine.at("OOMKilled") == false);
  CHECK(fine.at("ExitCode") == 137);
  CHECK(sandbox.log("parent").find("code 137\n") != std::string::npos);
  CHECK(parent.at("OOMKilled") == true);
  CHECK(parent.at("ExitCode") == 0);
  sandbox.finish();
}
