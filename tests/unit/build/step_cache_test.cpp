#include <chrono>

#include "fixture.h"

using namespace build_test;

TEST_CASE("A second build comes from the cache and gives the same image") {
  Fixture f;
  f.make_base();
  f.put("src/a", "1");
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/made", "x");
    return 0;
  };
  const std::string file = "FROM base\nLABEL a=b\nCOPY src /src\nRUN make\nWORKDIR /w\nCMD [\"x\"]\n";
  const Built first = f.build(file);
  CHECK(first.result.steps_cached == 1);
  const Built second = f.build(file);
  CHECK(second.result.image_id == first.result.image_id);
  CHECK(second.result.steps_cached == second.result.steps_total);
  CHECK(second.recorder.steps == Strings{"[1/6] FROM base", "[2/6] LABEL a=b", "[3/6] COPY src /src",
                                         "[4/6] RUN make", "[5/6] WORKDIR /w", "[6/6] CMD [\"x\"]"});
  CHECK(second.recorder.last_finished == 6);
  CHECK(f.runner.requests.size() == 1);
  f.build(file, [](engine::BuildRequest& request) { request.no_cache = true; });
  CHECK(f.runner.requests.size() == 2);
}

TEST_CASE("What a step depends on decides about the cache, times do not") {
  Fixture f;
  f.make_base();
  f.put("src/a", "1");
  f.put("src/b", "2");
  f.put("other", "x");
  const std::string file = "FROM base\nARG v=1\nCOPY src /src\nRUN make\n";
  const auto cached = [&](const std::string& text,
                          std::map<std::string, std::optional<std::string>> args = {}) {
    const auto built = f.build(text, [&](engine::BuildRequest& request) { request.args = args; });
    return std::vector<bool>(built.recorder.cached.end() - 2, built.recorder.cached.end());
  };
  using Flags = std::vector<bool>;
  cached(file);
  CHECK(cached(file) == Flags{true, true});

  SECTION("touched") {
    std::filesystem::last_write_time(f.context + "/src/a", std::filesystem::file_time_type::clock::now());
    CHECK(cached(file) == Flags{true, true});
  }
  SECTION("a file not copied") {
    f.put("other", "y");
    CHECK(cached(file) == Flags{true, true});
  }
  SECTION("content") {
    f.put("src/a", "3");
    CHECK(cached(file) == Flags{false, false});
    f.put("src/a", "1");
    CHECK(cached(file) == Flags{true, true});
  }
  SECTION("mode") {
    ::chmod((f.context + "/src/a").c_str(), 0755);
    CHECK(cached(file) == Flags{false, false});
  }
  SECTION("name") {
    std::filesystem::rename(f.context + "/src/a", f.context + "/src/c");
    CHECK(cached(file) == Flags{false, false});
  }
  SECTION("a new file") {
    f.put("src/new", "");
    CHECK(cached(file) == Flags{false, false});
  }
  SECTION("a new file that is ignored") {
    f.put("src/new", "");
    f.put(".dockerignore", "src/new");
    CHECK(cached(file) == Flags{true, true});
  }
  SECTION("an argument") {
    CHECK(cached(file, {{"v", "2"}}) == Flags{true, false});
    CHECK(cached(file, {{"v", "1"}}) == Flags{true, true});
  }
  SECTION("a proxy") {
    CHECK(cached(file, {{"HTTP_PROXY", "p"}}) == Flags{true, true});
  }
  SECTION("the destination") {
    CHECK(cached("FROM base\nARG v=1\nCOPY src /dst\nRUN make\n") == Flags{false, false});
  }
  SECTION("the order of steps") {
    CHECK(cached("FROM base\nARG v=1\nRUN make\nCOPY src /src\n") == Flags{false, false});
  }
  SECTION("the owner") {
    CHECK(cached("FROM base\nARG v=1\nCOPY --chown=5 src /src\nRUN make\n") == Flags{false, false});
  }
}

TEST_CASE("A cached build of twenty steps takes tens of milliseconds") {
  Fixture f;
  f.make_base();
  std::string file = "FROM base\n";
  for (int i = 0; i < 10; ++i) {
    f.put("src" + std::to_string(i) + "/f", std::to_string(i));
    file +=
        "COPY src" + std::to_string(i) + " /d" + std::to_string(i) + "\nRUN make " + std::to_string(i) + "\n";
  }
  f.build(file);
  const auto start = std::chrono::steady_clock::now();
  const Built built = f.build(file);
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(built.result.steps_cached == 21);
  // Generous for a busy machine with a debug build; the message shows the real time.
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  CAPTURE(ms);
  CHECK(ms < 300);
}

TEST_CASE("A copy between stages is cached by content, not by how it was made") {
  Fixture f;
  f.make_base();
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/out", "same");
    write(request.upper_dir + "/log", request.args[2]);
    return 0;
  };
  f.build("FROM base AS b\nRUN one\nFROM scratch\nCOPY --from=b /out /\n");
  const Built built = f.build("FROM base AS b\nRUN two\nFROM scratch\nCOPY --from=b /out /\n");
  CHECK(built.recorder.cached == std::vector<bool>{true, false, true, true});
}

TEST_CASE("A file that changes between its digest and its copy does not poison the cache") {
  Fixture f;
  f.put("a", "before");
  f.on_step = [&](int number) {
    if (number == 2) f.put("a", "after!");
  };
  const Built first = f.build("FROM scratch\nCOPY a /a\n");
  CHECK(first.file("/a") == "after!");
  CHECK(first.recorder.warnings ==
        Strings{"Dockerfile:2: COPY: the build context changed while it was copied"});
  f.on_step = {};
  f.put("a", "before");
  CHECK(f.build("FROM scratch\nCOPY a /a\n").file("/a") == "before");
}

TEST_CASE("Many patterns over many files stay quick") {
  Fixture f;
  std::string rules;
  for (int i = 0; i < 30; ++i) rules += "**/*.skip" + std::to_string(i) + "\n";
  for (int i = 0; i < 500; ++i) f.put("deep/er/folder/file" + std::to_string(i) + ".txt", "x");
  f.put(".dockerignore", rules);
  f.build("FROM scratch\nCOPY deep /\n");
  const auto start = std::chrono::steady_clock::now();
  CHECK(f.build("FROM scratch\nCOPY deep /\n").result.steps_cached == 2);
  const auto took = std::chrono::steady_clock::now() - start;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  CAPTURE(ms);
  CHECK(ms < 2000);
}

TEST_CASE("An image takes along what only it was built with, and nothing another build still has") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("a", "a");
  f.put("b", "b");
  const auto layers = [&] {
    return std::distance(std::filesystem::directory_iterator(f.paths.data_root + "/layers"), {});
  };
  const std::string shared = "FROM base AS one\nCOPY a /a\n",
                    stages = "FROM base\nCOPY --from=one /a /x/\nENV A=1\n";
  const Built first = f.build(shared + stages + "COPY b /b\n");
  const auto with_first = layers();
  const Built second = f.build(shared + stages + "COPY b /c\n");
  CHECK(layers() == with_first + 1);

  f.store.remove(second.image.id, false);
  CHECK(layers() == with_first);
  const Built again = f.build(shared + stages + "COPY b /b\n");
  CHECK(again.result.steps_cached == again.result.steps_total);
  CHECK(again.image.id == first.image.id);

  f.store.remove(first.image.id, false);
  CHECK(layers() == 1);  // the base image's
  engine::Statement entries = f.database.prepare("SELECT count(*) FROM build_cache");
  REQUIRE(entries.step());
  CHECK(entries.integer(0) == 0);
  CHECK(f.build(shared + stages + "COPY b /b\n").file("/x/a") == "a");
}

TEST_CASE("What a failed build has made is kept for a day") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("a", "a");
  f.failure("FROM base\nCOPY a /a\nCOPY missing /\n");
  const auto entries = [&] {
    engine::Statement query = f.database.prepare("SELECT count(*) FROM build_cache WHERE chain_id<>''");
    REQUIRE(query.step());
    return query.integer(0);
  };
  REQUIRE(entries() == 1);
  f.store.remove(f.build("FROM base\nENV A=1\n").image.id, false);
  CHECK(entries() == 1);
  f.database.write([&] { f.database.prepare("UPDATE build_cache SET used_ms=1").step(); });
  f.store.remove(f.build("FROM base\nENV A=2\n").image.id, false);
  CHECK(entries() == 0);
}
