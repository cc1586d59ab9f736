#include "compose/watch/rules.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "compose/watch/round.h"

using compose::watch::Rule;
using compose::watch::ServiceFiles;

namespace {

parser::Watch written(const std::string& path, const std::string& action = "sync",
                      const std::string& target = "/app") {
  parser::Watch watch;
  watch.path = path;
  watch.action = action;
  watch.target = target;
  return watch;
}

ServiceFiles web(const std::string& dockerignore = "") {
  return {"web", "/src", engine::build::IgnoreRules(dockerignore, ".dockerignore"), {}};
}

}  // namespace

TEST_CASE("a watch rule is about its path and what lies below it") {
  const Rule rule(web(), written("/src/web"));
  CHECK(rule.matches("/src/web/index.html"));
  CHECK(rule.matches("/src/web/a/b"));
  CHECK_FALSE(rule.matches("/src/website"));
  CHECK_FALSE(rule.matches("/src"));
  CHECK(rule.place_of("/src/web/a/b") == "/app/a/b");
  CHECK(rule.place_of("/src/web") == "/app");

  const Rule file(web(), written("/src/package.json", "sync", "/app/"));
  CHECK(file.matches("/src/package.json"));
  CHECK_FALSE(file.matches("/src/package.json5"));
  CHECK(file.place_of("/src/package.json") == "/app/package.json");
}

TEST_CASE("ignore of a watch rule counts from its path, and an exclamation mark takes back") {
  parser::Watch watch = written("/src");
  watch.ignore = {"node_modules/", "*.log", "!keep.log", "build/**/*.o"};
  const Rule rule(web(), watch);
  CHECK_FALSE(rule.matches("/src/node_modules/a/b.js"));
  CHECK_FALSE(rule.may_match_below("/src/node_modules"));
  CHECK_FALSE(rule.matches("/src/x.log"));
  CHECK(rule.matches("/src/keep.log"));
  CHECK(rule.matches("/src/deep/x.log"));
  CHECK_FALSE(rule.matches("/src/build/a/b/c.o"));
  CHECK(rule.may_match_below("/src/build"));
  CHECK(rule.may_match_below("/src"));
}

TEST_CASE("include of a watch rule lets through what it names and nothing else") {
  parser::Watch watch = written("/src");
  watch.include = {"**/*.html", "static"};
  watch.ignore = {"draft.html"};
  const Rule rule(web(), watch);
  CHECK(rule.matches("/src/index.html"));
  CHECK(rule.matches("/src/a/b.html"));
  CHECK(rule.matches("/src/static/logo.png"));
  CHECK_FALSE(rule.matches("/src/main.c"));
  CHECK_FALSE(rule.matches("/src/draft.html"));
  CHECK(rule.may_match_below("/src/any"));
}

TEST_CASE("what .dockerignore hides of the build context is not watched, what it takes back is") {
  const ServiceFiles files = web("*\n!app\napp/tmp\n");
  const Rule rule(files, written("/src"));
  CHECK_FALSE(rule.matches("/src/readme"));
  CHECK(rule.matches("/src/app/main.py"));
  CHECK_FALSE(rule.matches("/src/app/tmp/x"));
  CHECK_FALSE(rule.may_match_below("/src/app/tmp"));
  CHECK_FALSE(rule.may_match_below("/src/docs"));
  CHECK(Rule(files, written("/elsewhere")).matches("/elsewhere/readme"));
}

TEST_CASE("folders of version control and files of editors are never meant") {
  const Rule rule(web(), written("/home/.idea/src"));
  for (const std::string name :
       {".git/index", "a/.git/HEAD", ".svn/entries", ".hg/store", "a.c~", ".a.c.swp", "d/.a.c.swo", "4913",
        ".#a.c", "#a.c#", ".idea/workspace.xml", "a.c___jb_tmp___"}) {
    INFO(name);
    CHECK_FALSE(rule.matches("/home/.idea/src/" + name));
  }
  CHECK_FALSE(rule.may_match_below("/home/.idea/src/.git"));
  for (const std::string name : {".gitignore", ".github/workflows/x", "a.swf", "swp", "49130"}) {
    INFO(name);
    CHECK(rule.matches("/home/.idea/src/" + name));
  }
}

TEST_CASE("what is bind mounted is not synced, but rebuilds and restarts") {
  ServiceFiles files = web();
  files.bind_mounts = {"/src/data"};
  CHECK(Rule(files, written("/src/data")).is_mounted());
  CHECK(Rule(files, written("/src/data/x", "sync+exec")).is_mounted());
  CHECK_FALSE(Rule(files, written("/src")).is_mounted());
  CHECK_FALSE(Rule(files, written("/src/data", "rebuild")).is_mounted());
  CHECK_FALSE(Rule(files, written("/src")).matches("/src/data/x"));
  CHECK(Rule(files, written("/src")).matches("/src/database"));
  CHECK(Rule(files, written("/src", "restart")).matches("/src/data/x"));
}

TEST_CASE("a bad pattern of a watch rule is named with its attribute") {
  parser::Watch watch = written("/src");
  watch.include = {"[a"};
  CHECK_THROWS_WITH(Rule(web(), watch), Catch::Matchers::StartsWith("include: bad pattern '[a'"));
}

TEST_CASE("a batch of changes is sorted by service and by what is to be done") {
  parser::Watch exec = written("/src/conf", "sync+exec", "/etc/web");
  exec.exec = parser::Hook{};
  exec.exec->command = {"reload"};
  ServiceFiles other = web();
  other.name = "api";
  const std::vector<Rule> rules{Rule(web(), written("/src", "sync")), Rule(web(), exec),
                                Rule(web(), written("/src/package.json", "rebuild", "")),
                                Rule(other, written("/src/api", "sync+restart", "/srv"))};
  auto rounds = compose::watch::sort_out(rules, {"/src/conf/a", "/src/conf/b"});
  REQUIRE(rounds.size() == 1);
  CHECK(rounds.at("web").execs == std::vector<const Rule*>{&rules[1]});
  CHECK_FALSE(rounds.at("web").rebuild);
  const auto paths = compose::watch::sync_paths(rounds.at("web").sync);
  REQUIRE(paths.size() == 4);
  CHECK(paths[0].inside == "/app/conf/a");
  CHECK(paths[2].inside == "/etc/web/a");
  CHECK(paths[2].local == "/src/conf/a");

  rounds = compose::watch::sort_out(rules, {"/src/package.json", "/src/api/x"});
  CHECK(rounds.at("web").rebuild);
  CHECK(rounds.at("api").restart);
  CHECK(rounds.at("api").sync == std::map<std::string, std::string>{{"/srv/x", "/src/api/x"}});
  CHECK(compose::watch::sort_out(rules, {"/elsewhere", "/src/.git/x"}).empty());
}
