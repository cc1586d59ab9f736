#include <dirent.h>

#include <algorithm>

#include "fixture.h"

using namespace build_test;
using engine::RunMount;

namespace {

std::string contents(const std::string& path) {
  return sys::read_file_if_exists(path).value_or("<missing>");
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

TEST_CASE("a bind mount shows the build context without what is ignored, read-only") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("src/a", "A");
  f.put("src/b.tmp", "B");
  f.put(".dockerignore", "**/*.tmp\n");
  std::string seen, hidden;
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    const RunMount& mount = request.mounts.at(0);
    CHECK(mount.type == RunMount::Type::kLayers);
    CHECK(mount.target == "/work/in");
    CHECK(mount.read_only);
    seen = contents(mount.layers.at(0) + mount.source + "/a");
    hidden = contents(mount.layers.at(0) + mount.source + "/b.tmp");
    return 0;
  };
  f.build("FROM base\nWORKDIR /work\nRUN --mount=source=src,target=in make\n");
  CHECK(seen == "A");
  CHECK(hidden == "<missing>");
}

TEST_CASE("what a bind mount holds counts for the cache, and what is ignored does not") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("src/a", "A");
  f.put("other", "x");
  const std::string file = "FROM base\nRUN --mount=source=src,target=/in make\n";
  f.build(file);
  f.put("other", "y");
  f.build(file);
  CHECK(f.runner.requests.size() == 1);
  f.put("src/a", "B");
  f.build(file);
  CHECK(f.runner.requests.size() == 2);
}

TEST_CASE("a bind mount from a stage or an image shows its layers") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("a", "A");
  const Built built = f.build(
      "FROM base AS made\nCOPY a /out/a\n"
      "FROM base\nRUN --mount=from=made,source=/out,target=/in,rw --mount=from=base,target=/image make\n");
  REQUIRE(f.runner.requests.size() == 1);
  const auto& mounts = f.runner.requests[0].mounts;
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].source == "/out");
  CHECK(mounts[0].layers.size() == 2);
  CHECK_FALSE(mounts[0].read_only);
  CHECK(mounts[1].source == "/");
  CHECK(mounts[1].layers.size() == 1);
  CHECK(mounts[1].read_only);
  CHECK_THAT(
      f.failure("FROM base\nRUN --mount=from=base,source=/nope,target=/x make\n"),
      Catch::StartsWith("Dockerfile:2: RUN --mount=from=base,source=/nope,target=/x: '/nope' matches"));
  CHECK_THAT(f.failure("FROM base\nRUN --mount=from=nope,target=/x make\n"),
             Catch::Contains("the image 'nope:latest' is not in the store"));
}

TEST_CASE("a cache mount keeps what a step puts there, and never enters layer or key") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  std::string before;
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    const std::string folder = request.mounts.at(0).source;
    before = contents(folder + "/kept");
    write(folder + "/kept", "kept");
    return 0;
  };
  const std::string mount = "RUN --mount=type=cache,target=/cache,mode=0750,uid=7,gid=8 ";
  const Built first = f.build("FROM base\n" + mount + "one\n");
  CHECK(before == "<missing>");
  CHECK_FALSE(first.has("/cache"));
  f.build("FROM base\n" + mount + "two\n");
  CHECK(before == "kept");
  struct stat status {};
  REQUIRE(::stat(f.runner.requests.back().mounts.at(0).source.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0750);
  CHECK(status.st_uid == 7);
  CHECK(status.st_gid == 8);
  f.build("FROM base\n" + mount + "one\n");
  CHECK(f.runner.requests.size() == 2);
  f.build("FROM base\nRUN --mount=type=cache,target=/cache,id=other three\n");
  CHECK(before == "<missing>");
}

TEST_CASE("a new cache mount begins with what 'from' names") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("a", "seed");
  std::string seen;
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    seen = contents(request.mounts.at(0).source + "/a");
    write(request.mounts.at(0).source + "/a", "changed");
    return 0;
  };
  const std::string file =
      "FROM base AS seed\nCOPY a /seed/a\nFROM base\n"
      "RUN --mount=type=cache,target=/c,from=seed,source=/seed ";
  f.build(file + "one\n");
  CHECK(seen == "seed");
  f.build(file + "two\n");
  CHECK(seen == "changed");
}

TEST_CASE("private caches are apart while in use at once, a shared one is not") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;
  f.runner.behaviour = [&](const engine::RunRequest&, const auto&) {
    std::unique_lock lock(mutex);
    ++running;
    changed.notify_all();
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return running == 2; }) ? 0 : 1;
  };
  for (const bool is_private : {true, false}) {
    f.runner.requests.clear();
    running = 0;
    const std::string id = is_private ? "p" : "s";
    const std::string mount =
        "RUN --mount=type=cache,id=" + id + ",target=/c,sharing=" + (is_private ? "private" : "shared");
    f.build("FROM base AS a\n" + mount + " one " + id + "\nFROM base AS b\n" + mount + " two " + id +
            "\nFROM base\nCOPY --from=a /tmp /a\nCOPY --from=b /tmp /b\n");
    REQUIRE(f.runner.requests.size() == 2);
    CHECK((f.runner.requests[0].mounts[0].source != f.runner.requests[1].mounts[0].source) == is_private);
  }
}

TEST_CASE("a locked cache is used by one step at a time") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  std::atomic<int> running{0}, most{0};
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    const int now = ++running;
    if (now > most) most = now;
    for (int i = 0; i < 50; ++i) write(request.mounts.at(0).source + "/busy", std::to_string(i));
    --running;
    return 0;
  };
  std::string file;
  for (int i = 0; i < 4; ++i) {
    file += "FROM base AS s" + std::to_string(i) + "\nRUN --mount=type=cache,target=/c,sharing=locked step " +
            std::to_string(i) + "\n";
  }
  file += "FROM base\n";
  for (int i = 0; i < 4; ++i)
    file += "COPY --from=s" + std::to_string(i) + " /tmp /" + std::to_string(i) + "\n";
  f.build(file);
  CHECK(f.runner.requests.size() == 4);
  CHECK(most == 1);
}

TEST_CASE("a secret reaches the step as a file or a variable, and neither key, layer nor history") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("token", "from file");
  const std::string file =
      "FROM base\nRUN --mount=type=secret,id=a,mode=0440,uid=5 --mount=type=secret,id=b,env=B "
      "--mount=type=secret,id=absent make\n";
  const auto with = [&](const std::string& value) {
    return [&f, value](engine::BuildRequest& request) {
      request.secrets["a"].file = f.context + "/token";
      request.secrets["b"].value = value;
    };
  };
  const Built built = f.build(file, with("hidden"));
  REQUIRE(f.runner.requests.size() == 1);
  const engine::RunRequest& request = f.runner.requests[0];
  REQUIRE(request.mounts.size() == 1);
  CHECK(request.mounts[0].type == RunMount::Type::kFile);
  CHECK(request.mounts[0].target == "/run/secrets/a");
  CHECK(request.mounts[0].content == "from file");
  CHECK(request.mounts[0].mode == 0440);
  CHECK(request.mounts[0].uid == 5);
  CHECK(std::count(request.env.begin(), request.env.end(), "B=hidden") == 1);
  for (const auto& entry : built.image.config.history)
    CHECK(entry.created_by.find("hidden") == std::string::npos);
  CHECK_FALSE(built.has("/run/secrets"));
  f.build(file, with("another"));
  CHECK(f.runner.requests.size() == 1);
}

TEST_CASE("a secret or an agent that is required and not given is an error that names it") {
  Fixture f;
  f.make_base();
  CHECK_THAT(f.failure("FROM base\nRUN --mount=type=secret,id=a,required make\n"),
             Catch::Contains("Dockerfile:2: ") && Catch::Contains("the build has no secret 'a'"));
  CHECK_THAT(f.failure("FROM base\nRUN --mount=type=ssh,id=k,required=true make\n"),
             Catch::Contains("the build has no ssh agent 'k'"));
}

TEST_CASE("an ssh mount is a socket that SSH_AUTH_SOCK names") {
  Fixture f;
  f.make_base();
  f.build("FROM base\nRUN --mount=type=ssh make\n",
          [](engine::BuildRequest& request) { request.ssh["default"] = {"/agent"}; });
  REQUIRE(f.runner.requests.size() == 1);
  const engine::RunRequest& request = f.runner.requests[0];
  REQUIRE(request.mounts.size() == 1);
  CHECK(request.mounts[0].type == RunMount::Type::kSsh);
  CHECK(request.mounts[0].agents == Strings{"/agent"});
  CHECK(std::count(request.env.begin(), request.env.end(), "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0") == 1);
}

TEST_CASE("mount points that the step did not have are not left in the layer") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  // As the runtime does it.
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    for (const RunMount& mount : request.mounts) sys::make_dirs(request.upper_dir + mount.target);
    for (const char* folder : {"/proc", "/sys", "/dev"}) sys::make_dirs(request.upper_dir + folder);
    write(request.upper_dir + "/etc/hosts", "");
    write(request.upper_dir + "/used/by/step", "yes");
    return 0;
  };
  const Built built = f.build(
      "FROM base\nRUN --mount=type=tmpfs,target=/new/deep/folder --mount=type=tmpfs,target=/usr/lib/here "
      "--mount=type=tmpfs,target=/used/by --mount=type=tmpfs,target=/tmp make\n");
  for (const char* path : {"/new", "/usr/lib/here", "/proc", "/sys", "/dev", "/etc/hosts"})
    CHECK_FALSE(built.has(path));
  CHECK(built.file("/used/by/step") == "yes");
  CHECK(built.has("/tmp"));
  const std::string layer = built.image.lower_dirs.at(0);
  for (const char* path : {"/usr", "/etc"}) CHECK_FALSE(is_folder(layer + path));
}

TEST_CASE("what a step put in the way of a mount point is not followed out of the layer") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  const std::string outside = f.folder.path + "/outside";
  sys::make_dirs(outside + "/folder");
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    link(outside, request.upper_dir + "/new");
    return 0;
  };
  f.build("FROM base\nRUN --mount=type=tmpfs,target=/new/folder make\n");
  CHECK(is_folder(outside + "/folder"));
}

TEST_CASE("nothing is mounted over the system's folders or the root") {
  Fixture f;
  f.make_base();
  for (const char* target : {"/", "/proc", "/proc/self", "/sys/fs", "/dev"}) {
    CHECK_THAT(f.failure(std::string("FROM base\nRUN --mount=type=tmpfs,target=") + target + " make\n"),
               Catch::Contains("nothing can be mounted at"));
  }
}

TEST_CASE("the host's network and all rights need to be allowed") {
  Fixture f;
  f.make_base();
  CHECK_THAT(f.failure("FROM base\nRUN --network=host make\n"), Catch::Contains("entitlement network.host"));
  CHECK_THAT(f.failure("FROM base\nRUN --security=insecure make\n"),
             Catch::Contains("entitlement security.insecure"));
  f.build("FROM base\nRUN --network=host --security=insecure make\nRUN two\nRUN --network=none three\n",
          [](engine::BuildRequest& request) {
            request.sandbox.allow_host_network = request.sandbox.allow_insecure = true;
            request.sandbox.network = "none";
          });
  REQUIRE(f.runner.requests.size() == 3);
  CHECK(f.runner.requests[0].network == "host");
  CHECK(f.runner.requests[0].insecure);
  CHECK(f.runner.requests[1].network == "none");
  CHECK_FALSE(f.runner.requests[1].insecure);
  CHECK(f.runner.requests[2].network == "none");
}

TEST_CASE("variables in a mount have the values of the stage") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.build("FROM base\nARG DIR=/var/x\nRUN --mount=type=cache,target=${DIR}/c make\n");
  CHECK(f.runner.requests.at(0).mounts.at(0).target == "/var/x/c");
}
