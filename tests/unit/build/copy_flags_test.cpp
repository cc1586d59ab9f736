// COPY --link, --parents, --exclude, --chmod and named contexts.
#include "engine/build/mode_change.h"
#include "fixture.h"

using namespace build_test;

namespace {

mode_t changed(const std::string& change, mode_t mode, bool is_dir = false) {
  const auto parsed = engine::build::ModeChange::parse(change);
  REQUIRE(parsed);
  return parsed->apply(mode, is_dir);
}

void source_tree(Fixture& f) {
  f.put("src/a/one.txt", "1", 0640);
  f.put("src/a/one.md", "m");
  f.put("src/a/b/two.txt", "2");
  f.put("src/top.txt", "t");
  f.put("other/one.txt", "o");
  REQUIRE(::chmod((f.context + "/src/a").c_str(), 0710) == 0);
}

}  // namespace

TEST_CASE("Modes are octal, or clauses as chmod takes them") {
  CHECK(changed("755", 0600) == 0755);
  CHECK(changed("4711", 0600) == 04711);
  CHECK(changed("0", 0777) == 0);
  CHECK(changed("u+x", 0644) == 0744);
  CHECK(changed("go-rwx", 0777) == 0700);
  CHECK(changed("a=r", 0777) == 0444);
  CHECK(changed("+x", 0644) == 0755);
  CHECK(changed("+w", 0444) == 0644);  // umask 022
  CHECK(changed("=rwx", 0) == 0755);
  CHECK(changed("u=rwX,go=rX", 0600) == 0644);
  CHECK(changed("u=rwX,go=rX", 0700) == 0755);
  CHECK(changed("u=rwX,go=rX", 0600, true) == 0755);
  CHECK(changed("g=u,o=g", 0700) == 0777);
  CHECK(changed("u+s,g+s,+t", 0755) == 07755);
  CHECK(changed("u-s", 06755) == 02755);
  CHECK(changed("u+r-x", 0300) == 0600);
  for (const char* bad : {"", "x", "u", "8", "+q", "u+x,", ",u+x", "u=gr", "12345", "7 7"}) {
    CAPTURE(bad);
    CHECK_FALSE(engine::build::ModeChange::parse(bad));
  }
}

TEST_CASE("COPY --chmod takes symbolic modes and changes each file from what it has") {
  Fixture f;
  f.make_base();
  f.put("d/run", "x", 0700);
  f.put("d/text", "x", 0600);
  const Built built = f.build("FROM base\nCOPY --chmod=go=u,go-w d /d\nADD --chmod=a-w d/run /one\n");
  CHECK(built.mode("/d/run") == 0755);
  CHECK(built.mode("/d/text") == 0644);
  CHECK(built.mode("/one") == 0500);
}

TEST_CASE("COPY --parents keeps the folders above each source") {
  Fixture f;
  f.make_base();
  source_tree(f);
  const Built built = f.build(
      "FROM base\nCOPY --parents src/a/one.txt other/one.txt /plain/\n"
      "COPY --parents src/./a/b /pivot\n"
      "COPY --parents src/**/*.txt /deep/\n"
      "COPY --parents ./src/a/./**/two.txt /both/\n"
      "COPY --parents src/a /folder\n"
      "FROM base\nCOPY --from=0 --parents /deep/./src/*.txt /again/\n");
  CHECK(built.file("/again/src/top.txt") == "t");
  const Built first = f.build(
      "FROM base\nCOPY --parents src/a/one.txt other/one.txt /plain/\n"
      "COPY --parents src/./a/b /pivot\n"
      "COPY --parents src/**/*.txt /deep/\n"
      "COPY --parents ./src/a/./**/two.txt /both/\n"
      "COPY --parents src/a /folder\n");
  CHECK(first.file("/plain/src/a/one.txt") == "1");
  CHECK(first.file("/plain/other/one.txt") == "o");
  CHECK(first.mode("/plain/src/a") == 0710);
  CHECK_FALSE(first.has("/plain/src/top.txt"));
  CHECK(first.file("/pivot/a/b/two.txt") == "2");
  CHECK_FALSE(first.has("/pivot/src"));
  CHECK(first.file("/deep/src/top.txt") == "t");
  CHECK(first.file("/deep/src/a/one.txt") == "1");
  CHECK(first.file("/deep/src/a/b/two.txt") == "2");
  CHECK_FALSE(first.has("/deep/src/a/one.md"));
  CHECK(first.file("/both/b/two.txt") == "2");
  CHECK(first.file("/folder/src/a/b/two.txt") == "2");
}

TEST_CASE("Without --parents two stars are one") {
  Fixture f;
  f.make_base();
  source_tree(f);
  const Built built = f.build("FROM base\nCOPY src/**/*.txt /d/\n");
  CHECK(built.file("/d/one.txt") == "1");
  CHECK_FALSE(built.has("/d/top.txt"));
  CHECK_FALSE(built.has("/d/two.txt"));
}

TEST_CASE("COPY --exclude leaves out what its patterns match") {
  Fixture f;
  f.make_base();
  source_tree(f);
  const Built built = f.build(
      "FROM base\nARG ext=md\nCOPY --exclude=*/*.$ext --exclude=a/b src /a\n"
      "COPY --exclude=top.* src/* /b/\nADD --exclude=** --exclude=!**/two.txt src /c/\n");
  CHECK(built.file("/a/a/one.txt") == "1");
  CHECK_FALSE(built.has("/a/a/one.md"));
  CHECK_FALSE(built.has("/a/a/b"));
  CHECK_FALSE(built.has("/b/top.txt"));
  CHECK(built.file("/b/one.md") == "m");
  CHECK(built.file("/c/a/b/two.txt") == "2");
  CHECK_FALSE(built.has("/c/top.txt"));
  CHECK_THAT(f.failure("FROM base\nCOPY --exclude=[ src /a\n"),
             Catch::StartsWith("Dockerfile:2: COPY: --exclude: bad pattern '['"));
}

TEST_CASE("What is excluded does not decide about the cache") {
  Fixture f;
  f.make_base();
  source_tree(f);
  const std::string text = "FROM base\nCOPY --exclude=**/*.md src /a\n";
  f.build(text);
  f.put("src/a/one.md", "changed");
  CHECK(f.build(text).recorder.cached.back());
  f.put("src/a/one.txt", "changed");
  CHECK_FALSE(f.build(text).recorder.cached.back());
  CHECK_FALSE(f.build("FROM base\nCOPY --exclude=*.txt src /a\n").recorder.cached.back());
}

TEST_CASE("COPY --link does not follow links of the image and leaves folders as they are") {
  Fixture f;
  f.make_base();
  f.put("d/x", "x");
  const Built built =
      f.build("FROM base\nCOPY --link d/x /var/run/x\nCOPY --link d/x /tmp/x\nCOPY d/x /lib/y\n");
  CHECK(built.view().find("/var/run", false)->is_dir());  // a link to /run in the base
  CHECK(built.file("/var/run/x") == "x");
  CHECK_FALSE(built.has("/run/x"));
  CHECK(built.mode("/tmp") == 01777);
  CHECK(built.file("/usr/lib/y") == "x");
  CHECK_THAT(f.failure("FROM base\nCOPY --link d/x /etc\n"),
             Catch::Contains("cannot write /etc: a folder of that name is in the way"));
  CHECK(f.build("FROM base\nCOPY --link=false d/x /var/run/x\n").has("/run/x"));
}

TEST_CASE("A named context that is a folder is read as the build context is") {
  Fixture f;
  f.make_base();
  write(f.folder.path + "/lib/a", "a");
  write(f.folder.path + "/lib/b", "b");
  write(f.folder.path + "/lib/.dockerignore", "b\n");
  link("/etc/passwd", f.folder.path + "/lib/out");
  const auto with = [&](engine::BuildRequest& request) {
    request.contexts["Lib"] = {engine::NamedContext::Kind::kFolder, f.folder.path + "/lib"};
  };
  const std::string text = "FROM base AS lib\nFROM base\nCOPY --from=lib . /l/\n";
  const Built built = f.build(text, with);
  CHECK(built.file("/l/a") == "a");
  CHECK_FALSE(built.has("/l/b"));
  CHECK(built.result.steps_total == 2);  // the stage of that name is not needed
  CHECK(f.build(text, with).recorder.cached.back());
  write(f.folder.path + "/lib/a", "new");
  CHECK_FALSE(f.build(text, with).recorder.cached.back());
  CHECK_THAT(f.failure("FROM base\nCOPY --from=lib out /\n", with),
             Catch::Contains("leads outside through a symbolic link"));
  CHECK_THAT(f.failure("FROM lib\n", with), Catch::Contains("and only an image can be built on"));
}

TEST_CASE("A named context that is an image takes the place of the image or stage of its name") {
  Fixture f;
  f.make_base();
  f.make_base([](engine::ImageConfig& config) { config.env = {"OTHER=1"}; });
  f.store.tag(f.store.find("base")->id, "other");
  f.make_base();
  const auto with = [](engine::BuildRequest& request) {
    request.contexts["alpine:3"] = {engine::NamedContext::Kind::kImage, "other"};
    request.contexts["files"] = {engine::NamedContext::Kind::kImage, "other"};
  };
  const Built built = f.build("FROM docker.io/library/alpine:3\nCOPY --from=files /run/pid /pid\n", with);
  CHECK(built.image.config.env.front() == "OTHER=1");
  CHECK(built.file("/pid") == "1");
  CHECK_THAT(f.failure("FROM alpine:4\n", with), Catch::Contains("'alpine:4' is not in the store"));
}
