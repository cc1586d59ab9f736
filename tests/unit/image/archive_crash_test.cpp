// Loading, removing and pruning: killed anywhere, and several at once. Afterwards the store is whole: nothing
// of it is lost, nothing lies about.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/image/digest.h"
#include "engine/image/image_load.h"
#include "engine/image/image_save.h"
#include "engine/image/layer_blobs.h"
#include "scratch.h"

using engine::Error;
using engine::ImageStore;

namespace {

const auto kAll = [](const engine::ImageInfo&) { return true; };

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  REQUIRE(dir);
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

std::vector<std::string> column(Store& store, const std::string& sql) {
  std::vector<std::string> values;
  engine::Statement query = store.database.prepare(sql);
  while (query.step()) values.push_back(query.text(0));
  return values;
}

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// What a reconcile must leave.
void check_whole(const Scratch& scratch) {
  Store store(scratch);
  store.images.remove_stale_drafts();
  CHECK(names_in(store.paths.build_tmp()).empty());
  CHECK(sorted(names_in(store.paths.data_root + "/layers")) ==
        sorted(column(store, "SELECT chain_id FROM layers")));
  CHECK(sorted(names_in(store.paths.blobs())) ==
        sorted(column(store,
                      "SELECT substr(id, 8) FROM images UNION SELECT substr(digest, 8) FROM layer_blobs"
                      " WHERE kept=1")));
  CHECK(
      column(store,
             "SELECT chain_id FROM layers l WHERE NOT EXISTS(SELECT 1 FROM image_layers i WHERE"
             " i.chain_id=l.chain_id) AND NOT EXISTS(SELECT 1 FROM build_cache c WHERE c.chain_id=l.chain_id)"
             " AND NOT EXISTS(SELECT 1 FROM layers a WHERE a.parent=l.chain_id)")
          .empty());
  CHECK(column(store,
               "SELECT diff_id FROM layer_blobs b WHERE NOT EXISTS(SELECT 1 FROM layers l WHERE"
               " l.diff_id=b.diff_id)")
            .empty());
  for (const std::string& id : column(store, "SELECT id FROM images")) {
    const auto image = store.images.find(id);
    REQUIRE(image);
    CHECK("sha256:" + engine::sha256_hex(store.images.config_json(id)) == id);
    CHECK(image->chain_ids.size() == image->config.diff_ids.size());
    for (const std::string& chain : image->chain_ids) {
      const auto layer = store.images.find_layer(chain);
      REQUIRE(layer);
      REQUIRE(exists(layer->diff_dir + "/f"));
      store.images.blobs().write_tar(*layer,
                                     [](const char*, size_t) {});  // throws when it is not its diff id
    }
  }
}

// A docker-archive of a two-layer image that the store could not make itself: the layers' tars are not
// canonical.
std::string archive_of(const Scratch& scratch, const std::string& name) {
  std::vector<std::string> layers;
  nlohmann::json diff_ids = nlohmann::json::array(), paths = nlohmann::json::array();
  TarMaker tar;
  for (const char* content : {"shared", name.c_str()}) {
    const std::string layer =
        TarMaker().file("z", std::string(200'000, 'z')).file("f", content).file("a", "a").bytes();
    tar.file(std::string(content) + "/layer.tar", layer);
    paths.push_back(std::string(content) + "/layer.tar");
    diff_ids.push_back("sha256:" + engine::sha256_hex(layer));
  }
  tar.file("c.json", nlohmann::json{{"os", "linux"},
                                    {"architecture", "amd64"},
                                    {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}}}
                         .dump());
  tar.file(
      "manifest.json",
      nlohmann::json::array(
          {{{"Config", "c.json"}, {"RepoTags", nlohmann::json::array({name + ":1"})}, {"Layers", paths}}})
          .dump());
  return tar.save(scratch / (name + ".tar"));
}

void load(Store& store, const std::string& path) {
  engine::load_images(store.images, sys::open(path, O_RDONLY).get(), path, {});
}

// Runs `body` in a process that is killed after a while, over and over, a little later each time.
template <typename F>
void kill_in_the_middle(int rounds, F body) {
  for (int round = 0; round < rounds; ++round) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      try {
        body();
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
      }
      ::_exit(1);
    }
    ::usleep(static_cast<useconds_t>(2000 + round * 2300));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSIGNALED(status));  // it would have ended by itself only with an error
  }
}

// Starts `body` in a process; its exit code tells whether it went well.
template <typename F>
pid_t start(F body) {
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid != 0) return pid;
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

void check_went_well(pid_t pid) {
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

// What another process took away in between is said as such.
template <typename F>
void unless_gone(F body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::kNotFound) throw;
  }
}

std::vector<std::string> cache_keys(Store& store) {
  std::vector<std::string> keys;
  for (const auto& entry : store.images.cache_entries()) keys.push_back(entry.key);
  return keys;
}

}  // namespace

TEST_CASE("a load that is killed anywhere loses nothing of what was there and leaves nothing behind") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string kept = archive_of(scratch, "kept"), other = archive_of(scratch, "other");
  {
    Store store(scratch);
    load(store, kept);
  }
  kill_in_the_middle(20, [&] {
    Store store(scratch);
    for (;;) {
      load(store, other);
      store.images.remove("other:1", true);
    }
  });
  check_whole(scratch);
  Store store(scratch);
  CHECK(store.images.find("kept:1"));
}

TEST_CASE("a prune that is killed anywhere leaves what is in use and no orphans") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string kept = archive_of(scratch, "kept"), other = archive_of(scratch, "other");
  {
    Store store(scratch);
    load(store, kept);
    store.database.write([&] {
      store.database
          .prepare(
              "INSERT INTO containers(id, name, project, image, image_id, config, command, created_ms)"
              " SELECT 'c1', 'web', '', 'x', image_id, '{}', '', 0 FROM image_refs")
          .step();
    });
  }
  kill_in_the_middle(20, [&] {
    Store store(scratch);
    for (;;) {
      load(store, other);
      store.images.cache_put("k", "v", store.images.find("other:1")->chain_ids.back());
      store.images.prune(true, kAll);
      store.images.prune_cache(cache_keys(store));
    }
  });
  check_whole(scratch);
  Store store(scratch);
  CHECK(store.images.find("kept:1"));
}

TEST_CASE("a commit and an import that are killed anywhere leave no layer without an image") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string root = TarMaker().file("f", "x").save(scratch / "root.tar");
  { const Store make(scratch); }
  kill_in_the_middle(20, [&] {
    Store store(scratch);
    for (int i = 0;; ++i) {
      const auto base = store.layer("f", std::to_string(i % 3));
      const auto top = store.layer("f", "top" + std::to_string(i), base.chain_id);
      store.images.tag(store.image({base.diff_id, top.diff_id}), "app");
      store.images.import(root, {}, "x");
      store.images.prune(false, kAll);
    }
  });
  check_whole(scratch);
}

TEST_CASE("one process loads while another removes: each load is whole or gone") {
  ROOT_ONLY();
  const Scratch scratch;
  const std::string one = archive_of(scratch, "one"), two = archive_of(scratch, "two");
  { const Store make(scratch); }
  std::vector<pid_t> children;
  for (const std::string& archive : {one, two}) {
    children.push_back(start([&] {
      Store store(scratch);
      for (int i = 0; i < 25; ++i) load(store, archive);
    }));
  }
  children.push_back(start([&] {
    Store store(scratch);
    for (int i = 0; i < 60; ++i) {
      unless_gone([&] { store.images.remove("one:1", true); });
      store.images.prune(i % 2 == 0, kAll);
      store.images.remove_stale_drafts();
    }
  }));
  for (const pid_t pid : children) check_went_well(pid);
  check_whole(scratch);
}

TEST_CASE("a build goes on while the cache and the images it builds on are pruned") {
  ROOT_ONLY();
  const Scratch scratch;
  { const Store make(scratch); }
  const pid_t builder = start([&] {
    Store store(scratch);
    for (int i = 0; i < 25; ++i) {
      const sys::FileLock held = store.images.hold_layers();
      // As a build: found in the cache, or made; then the next on top of it; an image at the end.
      std::string chain;
      std::vector<std::string> diff_ids;
      std::set<std::string> keys;
      for (const char* step : {"a", "b", "c"}) {
        std::optional<ImageStore::Layer> layer;
        if (const auto known = store.images.cache_get(step)) layer = store.images.find_layer(*known);
        if (!layer) {
          layer = store.layer("f", step, chain);
          store.images.cache_put(step, layer->chain_id, layer->chain_id);
        }
        keys.insert(step);
        chain = layer->chain_id;
        diff_ids.push_back(layer->diff_id);
      }
      const std::string id = store.image(diff_ids, std::to_string(i));
      store.images.claim_cache(id, keys);
      store.images.tag(id, "built");
    }
  });
  const pid_t pruner = start([&] {
    Store store(scratch);
    for (int i = 0; i < 80; ++i) {
      unless_gone([&] { store.images.remove("built", true); });
      store.images.prune_cache(cache_keys(store));
      store.images.prune(true, kAll);
      store.images.remove_stale_drafts();
    }
  });
  check_went_well(builder);
  check_went_well(pruner);
  check_whole(scratch);
}
