#include <poll.h>

#include <chrono>
#include <condition_variable>

#include "fixture.h"

using namespace build_test;

namespace {

// Lets steps go on when as many as expected run at once.
class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}
  bool join() {
    std::unique_lock lock(mutex_);
    ++here_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return here_ >= expected_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int expected_, here_ = 0;
};

bool wait_cancelled(int fd) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, 20000) == 1;
}

constexpr const char* kTwoStages =
    "FROM base AS a\nRUN one\nFROM base AS b\nRUN two\n"
    "FROM base\nCOPY --from=a /made /a\nCOPY --from=b /made /b\n";

class Images : public engine::ImageSource {
 public:
  explicit Images(Fixture& fixture) : fixture_(fixture) {}
  void bring(const std::string& reference, bool refresh, engine::BuildObserver&) override {
    asked.push_back(reference + (refresh ? " again" : ""));
    if (reference.find("nowhere") != std::string::npos)
      throw engine::Error(engine::Error::Kind::kNotFound, "the registry has no image '" + reference + "'");
    fixture_.make_base();
    fixture_.store.tag(fixture_.store.find("base").value().id, reference);
  }
  Strings asked;

 private:
  Fixture& fixture_;
};

}  // namespace

TEST_CASE("stages that do not need each other are built at the same time") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  Meeting meeting(2);
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/made", request.args.back());
    return meeting.join() ? 0 : 1;
  };
  const Built built = f.build(kTwoStages);
  CHECK(built.file("/a") == "one");
  CHECK(built.file("/b") == "two");
  CHECK(built.recorder.steps == Strings{"[a 1/2] FROM base AS a", "[a 2/2] RUN one", "[b 1/2] FROM base AS b",
                                        "[b 2/2] RUN two", "[stage-2 1/3] FROM base",
                                        "[stage-2 2/3] COPY --from=a /made /a",
                                        "[stage-2 3/3] COPY --from=b /made /b"});
}

TEST_CASE("a stage that fails ends what other stages run") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  Meeting meeting(2);
  std::atomic<bool> told{false};
  f.runner.cancellable = [&](const engine::RunRequest& request, int cancel_fd) {
    if (!meeting.join()) return 1;
    if (request.args.back() == "one") return 7;
    told = wait_cancelled(cancel_fd);
    return 137;
  };
  CHECK_THAT(f.failure(kTwoStages), Catch::StartsWith("Dockerfile:2: [a 2/2] RUN one: exit code 7"));
  CHECK(told);
}

TEST_CASE("two stages that come to the same step do it once") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/made", request.args.back());
    return 0;
  };
  const std::string file =
      "FROM base AS a\nRUN same\nFROM base AS b\nRUN same\n"
      "FROM base\nCOPY --from=a /made /a\nCOPY --from=b /made /b\n";
  for (const bool no_cache : {false, true}) {
    f.runner.requests.clear();
    f.build(file, [&](engine::BuildRequest& request) { request.no_cache = no_cache; });
    CHECK(f.runner.requests.size() == 1);
  }
}

TEST_CASE("builds at the same time do a step that both have once") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("Dockerfile", "FROM base\nRUN same\n");
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    for (int i = 0; i < 50; ++i) write(request.upper_dir + "/made", std::to_string(i));
    return 0;
  };
  const auto build = [&] {
    engine::BuildRequest request;
    request.context = f.context;
    Recorder recorder;
    engine::build_image({f.store, f.runner, *f.images, f.gate, f.paths.data_root + "/c", f.downloader},
                        request, recorder);
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(build);
  threads.clear();
  CHECK(f.runner.requests.size() == 1);
}

TEST_CASE("stages named as not to be cached are run anew, the others are not") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/made", request.args.back());
    return 0;
  };
  f.build(kTwoStages);
  f.runner.requests.clear();
  const Built built =
      f.build(kTwoStages, [](engine::BuildRequest& request) { request.no_cache_stages = {"B"}; });
  REQUIRE(f.runner.requests.size() == 1);
  CHECK(f.runner.requests[0].args.back() == "two");
}

TEST_CASE("images that the store lacks are asked for once, before the first step") {
  if (!root_only()) return;
  Fixture f;
  Images images(f);
  f.images = &images;
  f.build("FROM base:1 AS a\nFROM base:1\nCOPY --from=a /etc /e\nCOPY --from=tools /etc /t\n");
  CHECK(images.asked == Strings{"docker.io/library/base:1", "docker.io/library/tools:latest"});
  images.asked.clear();
  f.build("FROM base:1\n");
  CHECK(images.asked.empty());
  f.build("FROM base:1\n", [](engine::BuildRequest& request) { request.pull = true; });
  CHECK(images.asked == Strings{"docker.io/library/base:1 again"});
  CHECK(f.failure("FROM nowhere\n") ==
        "Dockerfile:1: the registry has no image 'docker.io/library/nowhere:latest'");
}

TEST_CASE("without a registry a newer image cannot be looked for") {
  Fixture f;
  f.make_base();
  CHECK_THAT(f.failure("FROM base\n", [](engine::BuildRequest& request) { request.pull = true; }),
             Catch::StartsWith("Dockerfile:1: a newer image 'base:latest' cannot be looked for"));
}
