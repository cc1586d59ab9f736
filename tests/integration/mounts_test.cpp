// The forms of mounts beyond a folder and a named volume, from inside a container.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

std::string service(const std::string& volumes) {
  return "services:\n  web:\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    stop_grace_period: "
         "0s\n" +
         volumes;
}

class LoopDevice {
 public:
  // `args`: what losetup is to do with which file. `device` is empty where there is none to be had.
  explicit LoopDevice(const std::vector<std::string>& args) {
    std::vector<std::string> command = {"losetup", "--show", "-f"};
    command.insert(command.end(), args.begin(), args.end());
    device = it::run(command).out;
    if (!device.empty()) device.pop_back();
  }
  ~LoopDevice() {
    if (!device.empty()) it::run({"losetup", "-d", device});
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;

  std::string device;
};

}  // namespace

TEST_CASE("a subpath of a volume is mounted alone, and none that leads out of it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string file = service(R"(    volumes:
      - {type: volume, source: data, target: /all}
      - {type: volume, source: data, target: /part, volume: {subpath: "${SUB:-}", nocopy: true}}
volumes:
  data:
)");
  sandbox.compose_file(file);
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"sh", "-c",
                         "mkdir -p /all/a/b && echo deep > /all/a/b/file && ln -s /etc /all/out && "
                         "ln -s ../../.. /all/up && ln -s a/b /all/in"});
  sandbox.options().env["SUB"] = "a/b";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "/part"}) == "file\n");
  sandbox.options().env["SUB"] = "in";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "/part"}) == "file\n");
  const std::pair<const char*, const char*> wrong[] = {{"out", "leads out of what is mounted"},
                                                       {"up", "leads out of what is mounted"},
                                                       {"none", "is not in what is mounted"}};
  for (const auto& [sub, why] : wrong) {
    sandbox.options().env["SUB"] = sub;
    const it::Output refused = sandbox.compose({"up", "-d"});
    CHECK(refused.code != 0);
    CHECK(refused.err.find(why) != std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE("an image is mounted read-only, whole or a folder of it, and stays while it is") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN mkdir -p /site/sub && echo page > /site/sub/index\n");
  sandbox.compose_file(R"(
services:
  site: {build: ., image: "site:1", command: ["true"]}
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes:
      - {type: image, source: "site:1", target: /whole}
      - {type: image, source: "site:1", target: /part, image: {subpath: site/sub}}
)");
  sandbox.ok({"up", "-d", "web"});  // builds what it mounts
  CHECK(sandbox.inside("web", {"cat", "/whole/site/sub/index", "/part/index"}) == "page\npage\n");
  CHECK(sandbox.compose({"exec", "-T", "web", "touch", "/part/x"}).code != 0);
  sandbox.file("wrong.yaml", R"(
services:
  web: {volumes: [{type: image, source: "site:1", target: /part, image: {subpath: none/there}}]}
)");
  const it::Output wrong = sandbox.compose({"-f", "compose.yaml", "-f", "wrong.yaml", "run", "web", "true"});
  CHECK(wrong.code != 0);
  CHECK(wrong.err.find("mount /part: the image has no /none/there") != std::string::npos);
  const it::Output kept = sandbox.compose({"image", "rm", "site:1"});
  CHECK(kept.code != 0);
  CHECK(kept.err.find("is used by container") != std::string::npos);
  const auto before = sandbox.ids("web");
  sandbox.file("Dockerfile", "FROM busybox\nRUN mkdir -p /site/sub && echo new > /site/sub/index\n");
  sandbox.ok({"build", "site"});
  sandbox.ok({"up", "-d", "web"});
  CHECK(sandbox.ids("web") != before);
  CHECK(sandbox.inside("web", {"cat", "/part/index"}) == "new\n");
  sandbox.finish();
}

TEST_CASE("options of a tmpfs reach it in both forms") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service(R"(    tmpfs:
      - /one:size=1m,mode=0750,uid=5,gid=6,exec
      - /two:ro,noatime
    volumes:
      - {type: tmpfs, target: /three, tmpfs: {size: 2m, mode: 0700}}
)"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"stat", "-c", "%u:%g %a", "/one"}) == "5:6 750\n");
  CHECK(sandbox.inside("web", {"stat", "-c", "%a", "/three"}) == "700\n");
  const auto options = [&](const std::string& place) {
    return sandbox.inside("web", {"sh", "-c", "grep ' " + place + " ' /proc/self/mountinfo"});
  };
  const std::string one = options("/one");
  CHECK(one.find("noexec") == std::string::npos);
  CHECK(one.find("nosuid,nodev") != std::string::npos);
  CHECK(one.find("size=1024k") != std::string::npos);
  CHECK(options("/two").find(" ro,") != std::string::npos);
  CHECK(options("/two").find("noexec") != std::string::npos);
  CHECK(options("/two").find("noatime") != std::string::npos);
  CHECK(options("/three").find("size=2048k") != std::string::npos);
  sandbox.finish();
}

TEST_CASE(
    "a tmpfs over a folder of the image has that folder's mode, also the next time, unless one is asked "
    "for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN mkdir -m 0750 /closed && mkdir -m 0711 /other\n");
  sandbox.compose_file(R"(
services:
  web:
    build: .
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    tmpfs: [/closed, "/other:mode=0700,size=1m", /new]
    volumes:
      - {type: tmpfs, target: /etc}
)");
  sandbox.ok({"up", "-d"});
  for (int i = 0; i < 2; ++i) {
    CHECK(sandbox.inside("web", {"stat", "-c", "%a %n", "/closed", "/other", "/new", "/etc"}) ==
          "750 /closed\n700 /other\n1777 /new\n755 /etc\n");
    sandbox.ok({"restart", "web"});
  }
  sandbox.finish();
}

TEST_CASE("files of a stopped container can be reached whatever is mounted in its tmpfs") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("password", "secret\n");
  sandbox.compose_file(service(R"(    read_only: true
    tmpfs: [/run, /deep]
    secrets: [password, {source: password, target: own, mode: 0400}]
    volumes: ["data:/deep/er/data", "./password:/dev/pass"]
volumes:
  data:
secrets:
  password: {file: ./password}
)"));
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"sh", "-c", "echo kept > /deep/er/data/file"});
  sandbox.ok({"stop"});
  sandbox.ok({"cp", "web:/deep/er/data/file", "file"});
  CHECK(sys::read_file(sandbox.directory() + "/file") == "kept\n");
  sandbox.ok({"cp", "web:/run/secrets/own", "own"});
  CHECK(sys::read_file(sandbox.directory() + "/own") == "secret\n");
  sandbox.ok({"cp", "file", "web:/deep/er/data/back"});
  CHECK(sandbox.compose({"cp", "file", "web:/run/x"}).code != 0);
  CHECK(sandbox.compose({"cp", "file", "web:/deep/x"}).code != 0);
  CHECK(sandbox.compose({"cp", "file", "web:/dev/x"}).code != 0);
  sandbox.ok({"start"});
  CHECK(sandbox.inside("web", {"cat", "/deep/er/data/back"}) == "kept\n");
  sandbox.finish();
}

TEST_CASE("a folder for a file, a file for a folder and a place that cannot be made are told of plainly") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("src/file", "x");
  REQUIRE(::symlink("/nowhere/at/all", (sandbox.directory() + "/dangling").c_str()) == 0);
  const std::pair<const char*, const char*> cases[] = {
      {R"(["./src:/etc/passwd"])", "/src is a folder, and the container has a file there"},
      {R"(["./src/file:/etc"])", "/src/file is no folder, and the container has a folder there"},
      {R"(["./src:/a:ro", "./src:/a/b"])",
       "mount /a/b: it is not there, and what it would lie in is read-only"},
      {R"(["./dangling:/a"])",
       "/dangling cannot be made: it is a link to /nowhere/at/all, which is not there"}};
  for (const auto& [volumes, why] : cases) {
    sandbox.compose_file(service(std::string("    volumes: ") + volumes + "\n"));
    const it::Output refused = sandbox.compose({"up", "-d"});
    CHECK(refused.code != 0);
    CHECK(refused.err.find(why) != std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE("volumes_from gives a service the volumes and binds of another, read-only when asked") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("src/page", "page\n");
  sandbox.compose_file(R"(
services:
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    environment: {COLOR: "${COLOR:-red}"}
    volumes: ["data:/data", "/cache", "./src:/src:ro"]
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes_from: [db]
  reader:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes: ["/cache"]
    volumes_from: ["db:ro"]
volumes:
  data:
)");
  sandbox.ok({"up", "-d"});
  sandbox.inside("web", {"sh", "-c", "echo a > /data/a; echo b > /cache/b"});
  CHECK(sandbox.inside("db", {"cat", "/data/a", "/cache/b"}) == "a\nb\n");
  CHECK(sandbox.inside("web", {"cat", "/src/page"}) == "page\n");
  CHECK(sandbox.inside("reader", {"cat", "/data/a"}) == "a\n");
  CHECK(sandbox.compose({"exec", "-T", "reader", "touch", "/data/x"}).code != 0);
  CHECK(sandbox.inside("reader", {"ls", "/cache"}).empty());  // its own

  const auto before = sandbox.ids("web");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") == before);
  sandbox.options().env["COLOR"] = "blue";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") != before);
  CHECK(sandbox.inside("web", {"cat", "/cache/b"}) == "b\n");
  // Alone it gets new volumes; who has the old ones is made anew next time.
  sandbox.ok({"up", "-d", "--force-recreate", "-V", "--no-deps", "db"});
  const auto stale = sandbox.ids("web");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") != stale);
  sandbox.inside("db", {"touch", "/cache/new"});
  CHECK(sandbox.inside("web", {"ls", "/cache"}) == "new\n");
  CHECK(sandbox.ok({"run", "--rm", "-T", "web", "cat", "/data/a"}).out == "a\n");
  sandbox.finish();
}

TEST_CASE("driver_opts of a volume bind a folder of the host or mount a file system") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("shared/there", "host\n");
  sandbox.compose_file(service(R"(    volumes: ["shared:/shared", "memory:/memory"]
volumes:
  shared: {driver_opts: {type: none, o: bind, device: ./shared}}
  memory: {driver_opts: {type: tmpfs, o: "size=1m,uid=7", device: tmpfs}}
)"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/shared/there"}) == "host\n");
  sandbox.inside("web", {"sh", "-c", "echo in > /shared/new"});
  CHECK(sys::read_file(sandbox.directory() + "/shared/new") == "in\n");
  CHECK(sandbox.inside("web", {"stat", "-f", "-c", "%T", "/memory"}) == "tmpfs\n");
  CHECK(sandbox.inside("web", {"stat", "-c", "%u", "/memory"}) == "7\n");
  const it::Output second = sandbox.compose({"up", "-d", "--scale", "web=2"});
  CHECK(second.code != 0);
  CHECK(second.err.find("containers cannot share one here") != std::string::npos);
  sandbox.finish();
  CHECK(sys::read_file(sandbox.directory() + "/shared/there") == "host\n");  // not the volume's to remove
}

TEST_CASE("a volume on a block device is mounted, filled, and may be read-only") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string disk = sandbox.directory() + "/disk";
  sandbox.file("disk", "");
  REQUIRE(::truncate(disk.c_str(), 16 << 20) == 0);
  const bool made = it::run({"mkfs.ext4", "-q", disk}).code == 0;
  std::optional<LoopDevice> loop(std::in_place, std::vector<std::string>{disk});
  if (!made || loop->device.empty()) {
    WARN("no loop device or mkfs.ext4 here");
    return;
  }
  std::string device = loop->device;
  sandbox.options().env["DEVICE"] = device;
  sandbox.file("Dockerfile", "FROM busybox\nRUN mkdir -p /data/sub && echo seed > /data/sub/seed\n");
  const std::string file = R"(
services:
  web:
    build: .
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    volumes:
      - disk:/data
      - {type: volume, source: disk, target: /part, volume: {subpath: "${PART:-lost+found}"}}
volumes:
  disk: {driver_opts: {type: ext4, device: "${DEVICE}", o: "noatime${MORE:-}"}}
)";
  sandbox.compose_file(file);
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "/data"}) == "lost+found\n");  // not empty, so it is left as it is
  CHECK(sandbox.inside("web", {"ls", "/part"}).empty());
  CHECK(sandbox.inside("web", {"grep", "-c", device + " /data ext4 rw,noatime", "/proc/mounts"}) == "1\n");
  sandbox.inside("web", {"rmdir", "/data/lost+found"});
  sandbox.ok({"down", "-v"});
  sandbox.options().env["PART"] = "sub";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"ls", "-A", "/data"}) == "sub\n");
  CHECK(sandbox.inside("web", {"cat", "/part/seed"}) == "seed\n");
  sandbox.ok({"restart", "web"});
  CHECK(sandbox.inside("web", {"cat", "/part/seed"}) == "seed\n");
  sandbox.ok({"down", "-v"});
  sandbox.options().env["MORE"] = ",ro";
  loop.reset();
  loop.emplace(std::vector<std::string>{"-r", disk});
  sandbox.options().env["DEVICE"] = loop->device;
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/data/sub/seed"}) == "seed\n");
  CHECK(sandbox.compose({"exec", "-T", "web", "touch", "/data/x"}).code != 0);
  sandbox.finish();
}

TEST_CASE("options of a volume that are not enough or unknown are told by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::pair<const char*, const char*> cases[] = {
      {"{o: bind}", "missing required option 'device'"},
      {"{o: bind, device: /nowhere/at/all, type: none}", "/nowhere/at/all does not exist"},
      {"{size: 1g, type: tmpfs, device: tmpfs}", "driver option 'size' is not supported"},
      {"{type: none, device: /tmp, flavour: sweet}", "no option 'flavour'"}};
  for (const auto& [options, why] : cases) {
    sandbox.compose_file(service(
        std::string("    volumes: [\"data:/data\"]\nvolumes:\n  data: {driver_opts: ") + options + "}\n"));
    const it::Output refused = sandbox.compose({"up", "-d"});
    CHECK(refused.code != 0);
    CHECK(refused.err.find(why) != std::string::npos);
    sandbox.ok({"down", "-v"});
  }
  sandbox.finish();
}

TEST_CASE("an anonymous volume has the labels it is given") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(service(R"(    volumes:
      - {type: volume, target: /cache, volume: {labels: {purpose: cache}}}
)"));
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ok({"volume", "ls", "--format", "json"}).out.find(R"("Labels":"purpose=cache")") !=
        std::string::npos);
  sandbox.finish();
}

namespace {

uint32_t owner_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_uid;
}

}  // namespace

TEST_CASE(
    "an id-mapped bind mount shows its owner's files as the container user's, who writes as the owner") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string source = sandbox.directory() + "/src";
  std::filesystem::create_directory(source);
  sandbox.file("src/file", "mine\n");
  for (const char* path : {"/src", "/src/file"})
    REQUIRE(::chown((sandbox.directory() + path).c_str(), 1000, 1000) == 0);
  sandbox.compose_file(R"(
services:
  root:
    image: busybox
    command: sleep 1000
    stop_grace_period: 0s
    volumes: ["./src:/app:idmap", "./src:/plain"]
  user:
    image: busybox
    command: sleep 1000
    user: "33:33"
    stop_grace_period: 0s
    volumes:
      - {type: bind, source: ./src, target: /app, bind: {x-idmap: true}}
      - {type: bind, source: ./src, target: /named, read_only: true, bind: {x-idmap: "1000:33,1000:0"}}
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("root", {"stat", "-c", "%u:%g", "/app/file", "/plain/file"}) == "0:0\n1000:1000\n");
  CHECK(sandbox.inside("user", {"stat", "-c", "%u:%g", "/app/file", "/named/file"}) == "33:33\n33:0\n");
  sandbox.inside("root", {"touch", "/app/by-root"});
  sandbox.inside("user", {"touch", "/app/by-user"});
  CHECK(owner_of(source + "/by-root") == 1000);
  CHECK(owner_of(source + "/by-user") == 1000);
  CHECK(sandbox.compose({"exec", "-T", "user", "touch", "/named/x"}).code != 0);
  // Without a change nothing is recreated; another map is one.
  CHECK(sandbox.ok({"why", "user"}).out.find("stays") != std::string::npos);
  CHECK(sandbox.ok({"config", "--format", "json"}).out.find("\"x-idmap\"") != std::string::npos);
  sandbox.ok({"stop"});
  sandbox.ok({"cp", "compose.yaml", "root:/app/copied"});  // also into one that does not run
  CHECK(owner_of(source + "/copied") == 1000);
  sandbox.finish();
}

TEST_CASE("an id map that is none, or that a file system cannot do, is told with its place and the way out") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {a: {image: busybox, volumes: [{type: bind, source: /tmp, target: /t, "
      "bind: {x-idmap: me}}]}}");
  const it::Output bad = sandbox.compose({"config", "-q"});
  CHECK(bad.code == 1);
  CHECK(bad.err.find("compose.yaml:1:") != std::string::npos);
  CHECK(bad.err.find("'me' is no id map") != std::string::npos);
  sandbox.compose_file(
      "services: {a: {image: busybox, command: 'true', volumes: [{type: bind, source: /proc, "
      "target: /t, bind: {x-idmap: '0:5'}}]}}");
  const it::Output refused = sandbox.compose({"up", "-d"});
  CHECK(refused.code == 1);
  CHECK(refused.err.find("cannot show files as another user's; leave x-idmap out") != std::string::npos);
  sandbox.finish();
}
