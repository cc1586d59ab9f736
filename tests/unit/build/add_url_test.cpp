#include "fixture.h"

using namespace build_test;

namespace {
const std::string kUrl = "https://files.example/path/my%20file.bin?version=1";
constexpr const char* kSumHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
}  // namespace

TEST_CASE("ADD of a URL has mode 600, the server's time and the name that the URL ends with") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.downloader.files[kUrl] = {"hello", "", 1'000'000};
  const Built built = f.build(
      "FROM base\nARG site=files.example\nADD https://${site}/path/my%20file.bin?version=1 "
      "/d/\nADD --chown=app --chmod=644 " +
      kUrl + " /named\n");
  CHECK(built.file("/d/my file.bin") == "hello");
  CHECK(built.mode("/d/my file.bin") == 0600);
  CHECK(built.stat("/d/my file.bin").st_mtim.tv_sec == 1'000'000);
  CHECK(built.owner("/named") == "1000:1001");
  CHECK(built.mode("/named") == 0644);
  f.downloader.files[kUrl].modified.reset();
  CHECK(f.build("FROM base\nADD " + kUrl + " /x\n", [](auto& request) { request.no_cache = true; })
            .stat("/x")
            .st_mtim.tv_sec == 0);
}

TEST_CASE("The content behind a URL decides about the cache, and what the server knows is not sent again") {
  Fixture f;
  f.make_base();
  f.downloader.files[kUrl] = {"one", "\"1\"", 5};
  const std::string text = "FROM base\nADD " + kUrl + " /x\n";
  f.build(text);
  CHECK(f.downloader.sent == 1);
  CHECK(f.build(text).recorder.cached.back());
  CHECK(f.downloader.asked == 2);
  CHECK(f.downloader.sent == 1);
  f.downloader.files[kUrl] = {"one", "\"2\"", 99};  // the same bytes at another time
  CHECK(f.build(text).recorder.cached.back());
  CHECK(f.downloader.sent == 2);
  f.downloader.files[kUrl] = {"two", "\"3\"", 99};
  const Built changed = f.build(text);
  CHECK_FALSE(changed.recorder.cached.back());
  CHECK(changed.file("/x") == "two");
  CHECK(f.downloader.sent == 3);
  // Another step with the same file: known to the server, but not here any more.
  CHECK(f.build("FROM base\nADD " + kUrl + " /y\n").file("/y") == "two");
  CHECK(f.downloader.sent == 4);
  CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
}

TEST_CASE("With --checksum a cached step asks nobody, and other bytes are refused") {
  Fixture f;
  f.make_base();
  f.downloader.files[kUrl] = {"hello", "", std::nullopt};
  const std::string text =
      std::string("FROM base\nADD --checksum=sha256:") + kSumHello + " " + kUrl + " /x\n";
  f.build(text);
  CHECK(f.build(text).recorder.cached.back());
  CHECK(f.downloader.asked == 1);
  f.downloader.files[kUrl].content = "evil";
  CHECK_THAT(f.failure(text + "ADD --checksum=sha256:" + kSumHello + " " + kUrl + " /y\n"),
             Catch::StartsWith("Dockerfile:3: ADD: " + kUrl + " is not what --checksum says: it is sha256:"));
  CHECK_THAT(f.failure("FROM base\nADD --checksum=md5:1 " + kUrl + " /x\n"),
             Catch::Contains("--checksum=md5:1 is not sha256: with 64"));
  f.put("a", "a");
  CHECK_THAT(f.failure(std::string("FROM base\nADD --checksum=sha256:") + kSumHello + " a /x\n"),
             Catch::Contains("--checksum is for URLs, and 'a' is none"));
}

TEST_CASE("Files from URLs and from the context go to one folder") {
  Fixture f;
  f.make_base();
  f.put("a", "a");
  f.downloader.files["http://h/b"] = {"b", "", std::nullopt};
  const Built built = f.build("FROM base\nADD a http://h/b /d/\n");
  CHECK(built.file("/d/a") == "a");
  CHECK(built.file("/d/b") == "b");
  CHECK_THAT(f.failure("FROM base\nADD a http://h/b /d\n"), Catch::Contains("more than one source"));
}

TEST_CASE("What cannot be added from elsewhere says so with a way out") {
  Fixture f;
  f.make_base();
  CHECK(f.failure("FROM base\nADD http://h/none /\n") ==
        "Dockerfile:2: ADD: cannot download http://h/none: the server answered 404");
  CHECK_THAT(f.failure("FROM base\nADD http://h/ /\n"),
             Catch::Contains("does not end with the name of a file"));
  CHECK_THAT(f.failure("FROM base\nADD http://h/%2e%2e /\n"), Catch::Contains("does not end with the name"));
  CHECK_THAT(f.failure("FROM base\nADD http://h/a%2Fb /\n"), Catch::Contains("does not end with the name"));
  CHECK_THAT(f.failure("FROM base\nADD http://h /\n"), Catch::Contains("does not end with the name"));
  for (const std::string git : {"git@github.com:x/y.git", "https://github.com/x/y.git#main"}) {
    CHECK(f.failure("FROM base\nADD " + git + " /\n") ==
          "Dockerfile:2: ADD: the git repository " + git +
              " cannot be added: git is not supported here; clone it in a RUN, or make it a folder of the "
              "build "
              "context");
  }
  CHECK_THAT(f.failure("FROM base\nCOPY http://h/x /\n"),
             Catch::Contains("matches nothing in the build context"));
}

TEST_CASE("An archive from a URL is unpacked only when asked for, one of the context unless told not to") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("tree/f", "content");
  REQUIRE(std::system(("tar -C " + f.context + "/tree -cf " + f.context + "/t.tar f").c_str()) == 0);
  f.downloader.files["http://h/t.tar"] = {sys::read_file(f.context + "/t.tar"), "", std::nullopt};
  const Built built = f.build(
      "FROM base\nADD http://h/t.tar /url/\nADD --unpack http://h/t.tar /unpacked/\nADD t.tar /context/\n"
      "ADD --unpack=false t.tar /packed/\n");
  CHECK(built.has("/url/t.tar"));
  CHECK(built.file("/unpacked/f") == "content");
  CHECK(built.file("/context/f") == "content");
  CHECK(built.has("/packed/t.tar"));
}
