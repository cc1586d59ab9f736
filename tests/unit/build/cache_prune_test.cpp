#include "engine/build/cache_prune.h"

#include "engine/build/cache_mounts.h"
#include "fixture.h"

using namespace build_test;
using engine::build::CacheMounts;
using engine::build::CachePruneRequest;
using engine::build::CacheRecord;
using engine::build::CacheWish;
using Type = CacheRecord::Type;

namespace {

std::vector<CacheRecord> records() {
  return {{Type::kStep, "new", 40, 100, false},
          {Type::kStep, "old", 10, 100, false},
          {Type::kMount, "mount", 20, 100, false},
          {Type::kStep, "image", 5, 100, true}};
}

Strings doomed(const CachePruneRequest& request) {
  Strings ids;
  for (const CacheRecord& record : engine::build::doomed_records(records(), request))
    ids.push_back(record.id);
  return ids;
}

void hold(CacheMounts& mounts, const std::string& digit, const std::string& content,
          engine::build::MountFlag::Sharing sharing = engine::build::MountFlag::Sharing::kShared) {
  CacheWish wish;
  wish.name = "cache " + digit;
  wish.digest = std::string(64, digit[0]);
  wish.sharing = sharing;
  const auto folders = mounts.hold({{wish.digest, wish}});
  write(folders.at(wish.digest) + "/file", content);
}

}  // namespace

TEST_CASE("What was used longest ago is forgotten first, and what images were built with only when asked") {
  CHECK(doomed({}) == Strings{"old", "mount", "new"});
  CachePruneRequest request;
  SECTION("all") {
    request.all = true;
    CHECK(doomed(request) == Strings{"image", "old", "mount", "new"});
  }
  SECTION("until the cache is small enough") {
    request.keep_bytes = 250;
    CHECK(doomed(request) == Strings{"old", "mount"});
    request.keep_bytes = 400;
    CHECK(doomed(request).empty());
    request.keep_bytes = 0;
    CHECK(doomed(request).size() == 3);
  }
  SECTION("of one kind, of an age, by id") {
    request.type = Type::kMount;
    CHECK(doomed(request) == Strings{"mount"});
    request.type.reset();
    request.until_ms = 20;
    CHECK(doomed(request) == Strings{"old"});
    request.until_ms.reset();
    request.id = "n";
    CHECK(doomed(request) == Strings{"new"});
  }
}

TEST_CASE("Cache mounts that no step holds are removed, and made anew when they are wanted again") {
  Fixture f;
  const std::string root = f.paths.cache_mounts();
  CHECK(engine::build::prune_cache(f.store, f.paths, {}).ids.empty());
  std::optional<CacheMounts> held(std::in_place, root, [] {});
  hold(*held, "a", std::string(100'000, 'x'));
  {
    CacheMounts free(root, [] {});
    hold(free, "b", std::string(100'000, 'x'));
  }
  const auto mounts = engine::build::list_cache_mounts(root);
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].name == "cache a");
  CHECK(mounts[0].bytes >= 100'000);
  const auto first = engine::build::prune_cache(f.store, f.paths, {});
  CHECK(first.ids == Strings{std::string(64, 'b') + "/0"});
  CHECK(first.bytes >= 100'000);
  CHECK_FALSE(std::filesystem::exists(root + '/' + std::string(64, 'b')));
  CHECK(std::filesystem::exists(root + '/' + std::string(64, 'a') + "/0/data/file"));
  held.reset();
  CHECK(engine::build::prune_cache(f.store, f.paths, {}).ids.size() == 1);
  CacheMounts again(root, [] {});
  hold(again, "a", "y");
  CHECK(sys::read_file(root + '/' + std::string(64, 'a') + "/0/data/file") == "y");
}

TEST_CASE("Of several private caches those in use stay") {
  Fixture f;
  const std::string root = f.paths.cache_mounts();
  constexpr auto kPrivate = engine::build::MountFlag::Sharing::kPrivate;
  CacheMounts first(root, [] {});
  hold(first, "a", "1", kPrivate);
  {
    CacheMounts second(root, [] {});
    hold(second, "a", "2", kPrivate);
  }
  CHECK(engine::build::prune_cache(f.store, f.paths, {}).ids == Strings{std::string(64, 'a') + "/1"});
  CHECK(sys::read_file(root + '/' + std::string(64, 'a') + "/0/data/file") == "1");
}

TEST_CASE("Steps take caches while others remove them, and never find one gone under their hands") {
  Fixture f;
  const std::string root = f.paths.cache_mounts();
  std::atomic<bool> done{false};
  std::thread pruner([&] {
    while (!done) engine::build::remove_cache_mounts(root, engine::build::list_cache_mounts(root));
  });
  std::vector<std::thread> steps;
  std::atomic<int> missing{0};
  for (int i = 0; i < 3; ++i) {
    steps.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        CacheMounts mounts(root, [] {});
        CacheWish wish;
        wish.digest = std::string(64, 'c');
        const std::string folder = mounts.hold({{wish.digest, wish}}).at(wish.digest);
        if (!std::filesystem::is_directory(folder)) ++missing;
      }
    });
  }
  for (std::thread& step : steps) step.join();
  done = true;
  pruner.join();
  CHECK(missing == 0);
}
