// `compose watch` and `up --watch`: files that change here come into containers, or these are rebuilt and
// restarted.
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;
namespace fs = std::filesystem;

namespace {

// A service `web` of an image that is built here, with these rules.
std::string project(const std::string& rules, const std::string& more = "") {
  return R"(
services:
  web:
    build: .
    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.1; done"]
    stop_grace_period: 1s
)" + more +
         "    develop:\n      watch:\n" + rules;
}

constexpr char kDockerfile[] = "FROM busybox\nCOPY src /app\n";

constexpr char kSync[] = R"(
        - path: src
          action: sync
          target: /app
)";

// `compose watch` beside the test, at work.
class Watching {
 public:
  explicit Watching(Sandbox& sandbox, const std::vector<std::string>& args = {"watch", "--quiet"})
      : process_(sandbox.command(args), sandbox.options()) {
    INFO(process_.out() << process_.err());
    REQUIRE(says("Watch enabled"));
  }
  bool says(const std::string& text) {
    const bool said = it::eventually([&] { return all().find(text) != std::string::npos; });
    if (!said) UNSCOPED_INFO("what was said, without '" << text << "':\n" << all());
    return said;
  }
  size_t count(const std::string& text) const {
    const std::string said = all();
    size_t found = 0;
    for (size_t at = 0; (at = said.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  }
  std::string all() const { return process_.out() + process_.err(); }
  it::Output stop() {
    process_.signal(SIGINT);
    return process_.wait(std::chrono::seconds(20));
  }

 private:
  it::Process process_;
};

// What `cat PATH` in a container of web says, "" when there is no such file.
std::string content(Sandbox& sandbox, const std::string& path, int number = 1) {
  const it::Output output =
      sandbox.compose({"exec", "-T", "--index", std::to_string(number), "web", "cat", path});
  return output.code == 0 ? output.out : "";
}

bool has(Sandbox& sandbox, const std::string& path, const std::string& text, int number = 1) {
  return it::eventually([&] { return content(sandbox, path, number) == text; });
}

bool is_there(Sandbox& sandbox, const std::string& path) {
  return sandbox.compose({"exec", "-T", "web", "test", "-e", path}).code == 0;
}

std::string started(Sandbox& sandbox) {
  return sandbox
      .ok({"container", "inspect", "--format", "{{.State.StartedAt}}", sandbox.project() + "-web-1"})
      .out;
}

}  // namespace

TEST_CASE("watch brings what is written, made, moved and removed into every replica, with its mode") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/index.html", "old");
  sandbox.file("src/deep/gone", "x");
  sandbox.compose_file(project(kSync, "    scale: 2\n"));
  const std::string src = sandbox.directory() + "/src";
  Watching watching(sandbox);
  REQUIRE(content(sandbox, "/app/index.html") == "old");

  sandbox.file("src/index.html", "new");
  for (const int number : {1, 2}) CHECK(has(sandbox, "/app/index.html", "new", number));
  CHECK(watching.says("Syncing service \"web\" after 1 changes were detected"));

  sandbox.file("src/a/b/c/made", "made");
  REQUIRE(::chmod((src + "/a/b/c/made").c_str(), 0751) == 0);
  for (const int number : {1, 2}) CHECK(has(sandbox, "/app/a/b/c/made", "made", number));
  CHECK(it::eventually([&] {
    return sandbox.inside("web", {"stat", "-c", "%a", "/app/a/b/c/made"}) == "751\n";
  }));

  fs::rename(src + "/a", src + "/z");
  for (const int number : {1, 2}) CHECK(has(sandbox, "/app/z/b/c/made", "made", number));
  CHECK(it::eventually([&] { return !is_there(sandbox, "/app/a"); }));
  fs::remove_all(src + "/deep");
  CHECK(it::eventually([&] { return !is_there(sandbox, "/app/deep"); }));

  const it::Output output = watching.stop();
  CHECK(output.code == 130);
  CHECK(output.out.find("Watch disabled") != std::string::npos);
  CHECK(sandbox.container("web").at("State") == "running");
  sandbox.finish();
}

TEST_CASE("watch passes over what its rules, .dockerignore and good sense leave out") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file(".dockerignore", "src/private\n**/*.tmp\n!src/kept.tmp\n");
  sandbox.file("src/first", "x");
  sandbox.file("pages/first", "x");
  sandbox.compose_file(project(R"(
        - path: src
          action: sync
          target: /app
          ignore: [node_modules/, "*.log"]
        - path: pages
          action: sync
          target: /pages
          include: "**/*.html"
)"));
  Watching watching(sandbox);
  for (const std::string name : {"src/private/x", "src/a.tmp", "src/node_modules/x", "src/a.log",
                                 "src/.git/index", "src/.a.swp", "src/a~", "pages/x.css"})
    sandbox.file(name, "out");
  sandbox.file("src/kept.tmp", "in");
  sandbox.file("pages/deep/x.html", "in");
  CHECK(has(sandbox, "/app/kept.tmp", "in"));
  CHECK(has(sandbox, "/pages/deep/x.html", "in"));
  CHECK(sandbox.inside("web", {"find", "/app", "/pages", "-type", "f"}) ==
        "/app/first\n/app/kept.tmp\n/pages/deep/x.html\n");
  watching.stop();
  sandbox.finish();
}

TEST_CASE("watch rebuilds: a new image, new containers as many as there were, and the old image goes") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.compose_file(project("        - {path: src, action: rebuild}\n"));
  Watching watching(sandbox);
  sandbox.ok({"up", "-d", "--no-recreate", "--scale", "web=2"});
  const auto before = sandbox.ids();
  REQUIRE(before.size() == 2);
  sandbox.file("src/x", "new");
  CHECK(watching.says("Rebuilding service(s) [\"web\"] after changes were detected..."));
  CHECK(watching.says("service(s) [\"web\"] successfully built"));
  CHECK(has(sandbox, "/app/x", "new"));
  CHECK(has(sandbox, "/app/x", "new", 2));
  CHECK(it::eventually([&] {
    const auto now = sandbox.ids();
    return now.size() == 2 && now.count(*before.begin()) == 0 && now.count(*before.rbegin()) == 0;
  }));
  CHECK(it::eventually([&] { return sandbox.ok({"image", "ls", "-q", "-f", "dangling=true"}).out.empty(); }));

  // A build that fails is told; the next change is heard.
  sandbox.file("src/x", "newer");
  fs::rename(sandbox.directory() + "/Dockerfile", sandbox.directory() + "/elsewhere");
  sandbox.file("Dockerfile", "FROM busybox\nCOPY src /app\nRUN exit 7\n");
  sandbox.file("src/x", "newest");
  CHECK(watching.says("exit"));
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "last");
  CHECK(has(sandbox, "/app/x", "last"));
  watching.stop();
  sandbox.finish();
}

TEST_CASE("watch --prune=false keeps the image that a rebuild leaves without a name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.compose_file(project("        - {path: src, action: rebuild}\n"));
  Watching watching(sandbox, {"watch", "--quiet", "--prune=false"});
  sandbox.file("src/x", "new");
  CHECK(has(sandbox, "/app/x", "new"));
  watching.stop();
  CHECK_FALSE(sandbox.ok({"image", "ls", "-q", "-f", "dangling=true"}).out.empty());
  sandbox.finish();
}

TEST_CASE("watch restarts: alone, and after a sync") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.file("settings", "1");
  sandbox.compose_file(project(R"(
        - {path: src, action: sync+restart, target: /app}
        - {path: settings, action: restart}
)"));
  Watching watching(sandbox);
  const auto ids = sandbox.ids();
  std::string before = started(sandbox);
  sandbox.file("src/x", "new");
  CHECK(watching.says("service(s) [\"web\"] restarted"));
  CHECK(started(sandbox) != before);
  CHECK(has(sandbox, "/app/x", "new"));
  before = started(sandbox);
  sandbox.file("settings", "2");
  CHECK(it::eventually([&] { return watching.count("restarted") == 2; }));
  CHECK(started(sandbox) != before);
  CHECK(sandbox.ids() == ids);
  CHECK(watching.count("Syncing") == 1);
  watching.stop();
  sandbox.finish();
}

TEST_CASE("watch runs a command after a sync, shows what it says, and tells when it fails") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.compose_file(project(R"(
        - path: src
          action: sync+exec
          target: /app
          exec:
            command: [sh, -c, "echo $$WORD $$(cat x); test $$(cat x) != bad"]
            working_dir: /app
            environment: {WORD: reloaded}
)"));
  Watching watching(sandbox);
  sandbox.file("src/x", "good");
  CHECK(watching.says(sandbox.project() + "-web-1 -> | reloaded good"));
  CHECK(watching.count("exited with status") == 0);
  sandbox.file("src/x", "bad");
  CHECK(watching.says("sync+exec hook exited with status 1: sh"));
  sandbox.file("src/x", "better");
  CHECK(watching.says("reloaded better"));
  watching.stop();
  sandbox.finish();
}

TEST_CASE("initial_sync brings what is there when watching begins, and into containers that come later") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("src/x", "text");
  sandbox.file("src/deep/y", "text");
  sandbox.file("src/skip.log", "text");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    develop:
      watch:
        - {path: src, action: sync, target: /srv/app, initial_sync: true, ignore: ["*.log"]}
)");
  sandbox.ok({"up", "-d"});
  Watching watching(sandbox, {"watch", "--no-up"});
  CHECK(content(sandbox, "/srv/app/x") == "text");
  CHECK(content(sandbox, "/srv/app/deep/y") == "text");
  CHECK_FALSE(is_there(sandbox, "/srv/app/skip.log"));
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  CHECK(has(sandbox, "/srv/app/deep/y", "text", 2));
  watching.stop();
  sandbox.finish();
}

TEST_CASE("containers that are scaled up or recreated while it watches get what has changed so far") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.file("src/gone", "old");
  sandbox.compose_file(project(kSync));
  Watching watching(sandbox);
  sandbox.file("src/x", "new");
  fs::remove(sandbox.directory() + "/src/gone");
  REQUIRE(has(sandbox, "/app/x", "new"));
  sandbox.ok({"up", "-d", "--scale", "web=2"});
  CHECK(has(sandbox, "/app/x", "new", 2));
  sandbox.ok({"up", "-d", "--force-recreate", "web"});
  CHECK(has(sandbox, "/app/x", "new"));
  CHECK(it::eventually([&] { return !is_there(sandbox, "/app/gone"); }));
  sandbox.file("src/x", "newer");
  CHECK(has(sandbox, "/app/x", "newer"));
  // The whole project anew.
  sandbox.ok({"down", "-t", "0"});
  sandbox.ok({"up", "-d"});
  CHECK(has(sandbox, "/app/x", "newer"));
  // One that has ended is not forgotten.
  sandbox.ok({"stop", "-t", "0"});
  sandbox.file("src/x", "while down");
  CHECK(it::eventually([&] { return watching.count("Syncing") >= 3; }));
  sandbox.ok({"start"});
  CHECK(has(sandbox, "/app/x", "while down"));
  watching.stop();
  sandbox.finish();
}

TEST_CASE("a watched path that is not there is warned of and watched once it appears") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    develop:
      watch:
        - {path: later/src, action: sync, target: /app}
)");
  Watching watching(sandbox);
  CHECK(watching.says("later/src does not exist; it is watched as soon as it appears"));
  sandbox.file("later/src/deep/x", "text");
  CHECK(has(sandbox, "/app/deep/x", "text"));
  watching.stop();
  sandbox.finish();
}

TEST_CASE("what is synced is the user's as whom the container runs") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo app:x:1234:2345::/:/bin/sh >> /etc/passwd\nUSER app\n");
  sandbox.file("src/x", "old");
  sandbox.compose_file(project(kSync));
  Watching watching(sandbox);
  sandbox.file("src/deep/x", "new");
  CHECK(has(sandbox, "/app/deep/x", "new"));
  CHECK(sandbox.inside("web", {"stat", "-c", "%u:%g", "/app/deep", "/app/deep/x"}) ==
        "1234:2345\n1234:2345\n");
  watching.stop();
  sandbox.finish();
}

TEST_CASE("a path that is bind mounted is not synced, and said so") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.file("data/x", "old");
  sandbox.compose_file(project(R"(
        - {path: data, action: sync, target: /data}
        - {path: src, action: sync, target: /app}
)",
                               "    volumes: [./data:/data]\n"));
  Watching watching(sandbox);
  CHECK(watching.says("data is bind mounted into the service already, so it is not synced"));
  sandbox.file("data/x", "new");
  sandbox.file("src/x", "new");
  CHECK(has(sandbox, "/app/x", "new"));
  CHECK(watching.count("Syncing") == 1);
  watching.stop();
  sandbox.finish();
}

TEST_CASE("watch refuses what it cannot do, with the place") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    image: busybox\n  other:\n    image: busybox\n");
  it::Output output = sandbox.compose({"watch"});
  CHECK(output.code == 1);
  CHECK(output.err.find("none of the selected services is configured for watch") != std::string::npos);
  CHECK(
      sandbox.compose({"up", "--watch"}).err.find("none of the selected services is configured for watch") !=
      std::string::npos);
  CHECK(sandbox.containers().empty());

  sandbox.compose_file(R"(services:
  web:
    image: busybox
    develop:
      watch:
        - {path: src, action: rebuild}
        - {path: src, action: sync, target: /x, ignore: ["[a"]}
)");
  output = sandbox.compose({"watch"});
  CHECK(output.code == 1);
  CHECK(output.err.find(
            "compose.yaml:6:11: services.web.develop.watch[0]: action 'rebuild' of a service without a "
            "build section") != std::string::npos);
  CHECK(output.err.find("services.web.develop.watch[1]: ignore: bad pattern '[a'") != std::string::npos);
  CHECK(sandbox.compose({"up", "--watch", "-d"}).err.find("--watch") != std::string::npos);
  CHECK(sandbox.compose({"up", "--watch", "--no-build"}).err.find("--no-build") != std::string::npos);
  CHECK(sandbox.containers().empty());
}

TEST_CASE("a dry run of watch tells what it would start and watch") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", kDockerfile);
  sandbox.file("src/x", "old");
  sandbox.compose_file(project(kSync));
  const it::Output output = sandbox.ok({"watch", "--dry-run"});
  CHECK(output.out.find("Container " + sandbox.project() + "-web-1") != std::string::npos);
  CHECK(output.out.find("watch " + sandbox.directory() + "/src: sync service \"web\" at /app") !=
        std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}
