// What may go, what must stay, and what goes later.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "engine/image/layer_blobs.h"
#include "scratch.h"

namespace {

std::vector<sys::FileLock> hold(Store& store) {
  std::vector<sys::FileLock> held;
  held.push_back(store.images.hold_layers());
  return held;
}

// Another process that holds layers until this goes.
class Holder {
 public:
  explicit Holder(const Scratch& scratch) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      Store store(scratch);
      std::vector<sys::FileLock> held = hold(store);
      if (held.empty() || ::write(ready[1], "x", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char c = 0;
    REQUIRE(::read(ready[0], &c, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  void kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

bool has_line(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

const auto kAll = [](const engine::ImageInfo&) { return true; };

void use_in_container(Store& store, const std::string& image_id) {
  store.database.write([&] {
    store.database
        .prepare(
            "INSERT INTO containers(id, name, project, image, image_id, config, command, created_ms)"
            " VALUES('c1', 'web', '', 'x', ?, '{}', '', 0)")
        .bind(1, image_id)
        .step();
  });
}

}  // namespace

TEST_CASE("layers that another process holds stay when their image goes, until it lets go or dies") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const auto layer = store.layer("a", "1");
  store.images.tag(store.image({layer.diff_id}), "app");
  Holder holder(scratch);
  const auto lines = store.images.remove("app", false);
  CHECK(has_line(lines, "Untagged: app:latest"));
  CHECK_FALSE(has_line(lines, "Deleted: sha256:" + layer.chain_id));
  CHECK_FALSE(store.images.find("app"));
  REQUIRE(store.images.find_layer(layer.chain_id));
  store.images.remove_stale_drafts();
  REQUIRE(store.images.find_layer(layer.chain_id));
  CHECK(sys::read_file(layer.diff_dir + "/a") == "1");
  holder.kill();
  store.images.remove_stale_drafts();
  CHECK_FALSE(store.images.find_layer(layer.chain_id));
  CHECK_FALSE(exists(store.paths.layer(layer.chain_id)));
}

TEST_CASE("a layer made for an image that is not there yet is not swept away by others") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch), other(scratch);
  const auto layer = store.layer("a", "1");
  other.images.remove_stale_drafts();
  REQUIRE(store.images.find_layer(layer.chain_id));
  SECTION("until the image is there") {
    const std::string id = store.image({layer.diff_id});
    other.images.remove_stale_drafts();
    CHECK(store.images.find(id));
  }
  SECTION("or will never be") {
    store.images.forget_made_layers();
    other.images.remove_stale_drafts();
    CHECK_FALSE(store.images.find_layer(layer.chain_id));
    CHECK(store.count("layers") == 0);
  }
}

TEST_CASE("pruning takes images without a name and a container, and tells what it freed") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const auto base = store.layer("base", "1"), top = store.layer("top", "2", base.chain_id);
  const std::string named = store.image({base.diff_id}, "named"),
                    dangling = store.image({base.diff_id, top.diff_id}, "dangling"),
                    used = store.image({base.diff_id}, "used");
  store.images.tag(named, "named:1");
  use_in_container(store, used);
  SECTION("only those") {
    const auto pruned = store.images.prune(false, kAll);
    CHECK(pruned.lines ==
          std::vector<std::string>{"deleted: " + dangling, "deleted: sha256:" + top.chain_id});
    CHECK(pruned.bytes == top.size);
    CHECK(store.images.find(named));
  }
  SECTION("with names too") {
    const auto pruned = store.images.prune(true, kAll);
    CHECK(has_line(pruned.lines, "untagged: named:1"));
    CHECK(has_line(pruned.lines, "deleted: " + named));
    CHECK_FALSE(store.images.find(named));
  }
  SECTION("those that the filter takes") {
    CHECK(store.images.prune(true, [](const engine::ImageInfo&) { return false; }).lines.empty());
    CHECK(store.count("images") == 3);
    return;
  }
  CHECK(store.images.find(used));
  CHECK(store.images.find_layer(base.chain_id));
}

TEST_CASE("an image that goes takes the digests it was known by along, and says so") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string id = store.image({store.layer("a", "1").diff_id});
  const std::string digest = "sha256:" + std::string(64, 'd');
  store.images.tag(id, "app");
  store.images.record_manifest(id, "docker.io/library/app", digest);
  CHECK(has_line(store.images.remove("app", false), "Untagged: app@" + digest));
  CHECK(store.count("image_manifests") == 0);
}

TEST_CASE("an image may be removed without what the next build can use") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const auto layer = store.layer("a", "1");
  store.images.cache_put("k", "v", layer.chain_id);
  const std::string id = store.image({layer.diff_id});
  store.images.claim_cache(id, {"k"});
  const bool keep = GENERATE(true, false);
  store.images.remove(id, false, keep);
  CHECK(store.count("images") == 0);
  CHECK(store.images.cache_get("k").has_value() == keep);
  CHECK(store.images.find_layer(layer.chain_id).has_value() == keep);
}

TEST_CASE("pruning the build cache frees the layers that only it kept") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const auto claimed = store.layer("claimed", "1"), loose = store.layer("loose", "2");
  store.images.cache_put("k-claimed", "v", claimed.chain_id);
  store.images.cache_put("k-loose", "v", loose.chain_id);
  const std::string id = store.image({claimed.diff_id});
  store.images.claim_cache(id, {"k-claimed"});
  store.images.forget_made_layers();
  const auto entries = store.images.cache_entries();
  REQUIRE(entries.size() == 2);
  for (const auto& entry : entries) {
    CHECK(entry.of_image == (entry.key == "k-claimed"));
    CHECK(entry.bytes == (entry.of_image ? 0 : loose.size));
  }
  SECTION("of no image") {
    const auto pruned = store.images.prune_cache({"k-loose"});
    CHECK(pruned.lines == std::vector<std::string>{"k-loose"});
    CHECK(pruned.bytes == loose.size);
    CHECK(store.images.cache_get("k-claimed"));
  }
  SECTION("all of it; the image stays") {
    store.images.prune_cache({"k-loose", "k-claimed"});
    CHECK(store.images.cache_entries().empty());
    CHECK(store.count("build_uses") == 0);
  }
  CHECK(store.images.find(id));
  CHECK(store.images.find_layer(claimed.chain_id));
  CHECK_FALSE(store.images.find_layer(loose.chain_id));
  CHECK_FALSE(exists(store.paths.layer(loose.chain_id)));
}

TEST_CASE("the size of a layer's tar is known for one made here and counted once for another") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const auto layer = store.layer("a", "1");
  CHECK(store.images.tar_size(layer) == static_cast<int64_t>(tar_of(layer.diff_dir).size()));
  store.database.write([&] { store.database.prepare("UPDATE layers SET tar_size=NULL").step(); });
  CHECK(store.images.tar_size(layer) == static_cast<int64_t>(tar_of(layer.diff_dir).size()));
  engine::Statement query = store.database.prepare("SELECT tar_size FROM layers");
  REQUIRE(query.step());
  CHECK(query.integer(0) == static_cast<int64_t>(tar_of(layer.diff_dir).size()));
}
