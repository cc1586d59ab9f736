#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

TEST_CASE("a new named volume is filled from the image's folder and outlives down") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile",
               "FROM busybox\nRUN mkdir /data && echo seed > /data/seed && chown -R 1000:1000 /data && chmod "
               "750 /data\n");
  sandbox.compose_file(R"(
services:
  web:
    build: .
    command: ["sleep", "1000"]
    volumes: ["data:/data"]
    stop_grace_period: 0s
volumes:
  data:
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/data/seed"}) == "seed\n");
  CHECK(sandbox.inside("web", {"stat", "-c", "%u:%g %a", "/data"}) == "1000:1000 750\n");
  sandbox.inside("web", {"sh", "-c", "echo mine > /data/mine; rm /data/seed"});

  sandbox.ok({"down"});
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "/data"}) == "mine\n");

  sandbox.ok({"down", "-v"});
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "/data"}) == "seed\n");
  sandbox.finish();
}

TEST_CASE("an anonymous volume is carried over when its container is made anew") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    volumes: ["/cache"]
    environment:
      COLOR: ${COLOR:-red}
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"touch", "/cache/kept"});
  const std::set<std::string> before = sandbox.ids("web");
  sandbox.options().env["COLOR"] = "blue";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") != before);
  CHECK(sandbox.inside("web", {"ls", "/cache"}) == "kept\n");
  sandbox.ok({"up", "-d", "-V", "--force-recreate"});
  CHECK(sandbox.inside("web", {"ls", "/cache"}).empty());
  sandbox.finish();
}

TEST_CASE("a bind mount shows the host's folder, read-only when asked, and is made when missing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("src/page", "from the host\n");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    volumes:
      - ./src:/src:ro
      - ./made:/made
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/src/page"}) == "from the host\n");
  const it::Output write = sandbox.compose({"exec", "-T", "web", "touch", "/src/no"});
  CHECK(write.code != 0);
  CHECK(write.err.find("Read-only file system") != std::string::npos);
  sandbox.inside("web", {"sh", "-c", "echo from inside > /made/file"});
  CHECK(sys::read_file(sandbox.directory() + "/made/file") == "from inside\n");
  sandbox.finish();
  CHECK(sys::read_file(sandbox.directory() + "/src/page") == "from the host\n");
}

TEST_CASE("tmpfs is memory of the container's own, and read_only holds for the rest") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    read_only: true
    tmpfs: /scratch
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"stat", "-f", "-c", "%T", "/scratch"}) == "tmpfs\n");
  sandbox.inside("web", {"touch", "/scratch/file"});
  CHECK(sandbox.compose({"exec", "-T", "web", "touch", "/file"}).code != 0);
  sandbox.finish();
}

TEST_CASE("an external volume that is not there is an error that names it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    volumes: ["data:/data"]
volumes:
  data:
    external: true
    name: shared-data
)");
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code == 1);
  CHECK(output.err.find("shared-data") != std::string::npos);
  sandbox.check_nothing_left();
}

TEST_CASE("a container of an ordinary user starts whatever the umask of who calls") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file(
      "Dockerfile",
      "FROM busybox\nRUN mkdir -p /srv/app && chown 1000 /srv/app\nCOPY page /srv/app/\nUSER 1000\n");
  sandbox.file("page", "page\n");
  sandbox.compose_file(R"(
services:
  web:
    build: .
    working_dir: /work/inner
    command: ["sh", "-c", "cat /srv/app/page; ls / /empty /fresh /made >/dev/null && exec sleep 1000"]
    volumes: ["data:/srv/app", "fresh:/fresh", "/empty", "./made:/made"]
    stop_grace_period: 0s
volumes:
  data:
  fresh:
)");
  std::vector<std::string> up = sandbox.command({"up", "-d"});
  up.insert(up.begin(), {"sh", "-c", "umask 077; exec \"$@\"", "sh"});
  const it::Output output = it::run(up, sandbox.options());
  INFO(output.err);
  REQUIRE(output.code == 0);
  CHECK(it::eventually([&] { return sandbox.log("web") == "page\n"; }));
  CHECK(sandbox.container("web").at("State") == "running");
  CHECK(sandbox.inside("web", {"cat", "/etc/resolv.conf"}).find("127.0.0.11") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("a network that cannot be made anew costs no container and no anonymous volume") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto write = [&](const std::string& subnet, const std::string& address) {
    sandbox.compose_file(
        "services:\n  db:\n    image: busybox\n    command: [sleep, \"1000\"]\n    volumes: [/data]\n"
        "    stop_grace_period: 0s\n    networks:\n      default:\n        ipv4_address: " +
        address + "\nnetworks:\n  default:\n    ipam: {config: [{subnet: " + subnet + "}]}\n");
  };
  write("172.29.7.0/24", "172.29.7.5");
  sandbox.ok({"up", "-d"});
  sandbox.inside("db", {"touch", "/data/kept"});
  const nlohmann::json before = sandbox.container("db");

  write("198.51.100.0/24", "198.51.100.9");  // the host's own: known only when it is tried
  const it::Output failed = sandbox.compose({"up", "-d"});
  CHECK(failed.code != 0);
  CHECK_THAT(failed.err, Catch::Contains("overlaps"));
  CHECK(sandbox.container("db").at("ID") == before.at("ID"));
  CHECK(sandbox.container("db").at("State") == "exited");

  write("172.29.7.0/24", "172.29.7.5");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("db", {"ls", "/data"}) == "kept\n");
  write("172.29.8.0/24", "172.29.8.9");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("db", {"ls", "/data"}) == "kept\n");
  CHECK(sandbox.inside("db", {"sh", "-c", "ip -4 -o addr show eth0"}).find("172.29.8.9/") !=
        std::string::npos);
  sandbox.finish();
}
