#include "engine/image/image_store.h"

#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

#include "engine/image/digest.h"
#include "scratch.h"
#include "sys/process.h"

using engine::Error;
using engine::ImageStore;

namespace {

std::vector<std::string> entries(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  REQUIRE(dir);
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool contains(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("a committed layer has the digest of its tar, and its chain id says what it lies on") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("a", "1");
  CHECK(base.diff_id == "sha256:" + base.chain_id);
  CHECK(base.diff_id == "sha256:" + engine::sha256_hex(tar_of(base.diff_dir)));
  CHECK(base.size > 0);
  const ImageStore::Layer top = store.layer("b", "2", base.chain_id);
  CHECK(top.chain_id == engine::sha256_hex("sha256:" + base.chain_id + " " + top.diff_id));
  CHECK(sys::read_file(store.paths.layer(top.chain_id) + "/diff/b") == "2");
  CHECK(store.images.find_layer(top.chain_id)->diff_id == top.diff_id);
  CHECK_FALSE(store.images.find_layer(std::string(64, '0')));
  CHECK_FALSE(exists(store.paths.layer(top.chain_id) + "/work"));
  CHECK(entries(store.paths.build_tmp()).empty());
  error_of(Error::Kind::kNotFound, [&] { store.layer("c", "3", std::string(64, '0')); });
  CHECK(entries(store.paths.build_tmp()).empty());
}

TEST_CASE("an identical layer is reused and the draft dropped") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer first = store.layer("a", "1");
  const ino_t inode = stat_of(first.diff_dir).st_ino;
  const ImageStore::Layer second = store.layer("a", "1");
  CHECK(second.chain_id == first.chain_id);
  CHECK(stat_of(second.diff_dir).st_ino == inode);
  CHECK(store.count("layers") == 1);
  CHECK(entries(store.paths.build_tmp()).empty());
}

TEST_CASE("a draft that is not committed leaves nothing") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  {
    ImageStore::Draft draft = store.images.new_draft();
    CHECK((stat_of(draft.diff()).st_mode & 07777) == 0755);
    sys::write_file_atomic(draft.diff() + "/f", "");
    const ImageStore::Draft moved = std::move(draft);
    CHECK(exists(moved.diff() + "/f"));
  }
  CHECK(entries(store.paths.build_tmp()).empty());
}

TEST_CASE("set-uid programs and devices of layers are out of reach of the host's users") {
  ROOT_ONLY();
  const Scratch scratch;
  const Store store(scratch);
  for (const char* name : {"/layers", "/tmp", "/images/blobs/sha256"}) {
    CHECK((stat_of(store.paths.data_root + name).st_mode & 077) == 0);
  }
}

TEST_CASE("an image is found by reference, id and unique id prefix") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("a", "1"), top = store.layer("b", "2", base.chain_id);
  const std::string id = store.image({base.diff_id, top.diff_id}, "app");
  store.images.tag(id, "app");
  store.images.tag(id, "ghcr.io/me/app:v1");
  store.images.tag(id, "pinned:1@sha256:" + std::string(64, 'd'));

  for (const std::string& name : std::vector<std::string>{
           "app", "app:latest", "docker.io/library/app", "ghcr.io/me/app:v1",
           "pinned@sha256:" + std::string(64, 'd'), "pinned:other@sha256:" + std::string(64, 'd'), id,
           id.substr(7), id.substr(0, 10), id.substr(7, 12)}) {
    INFO(name);
    const auto image = store.images.find(name);
    REQUIRE(image);
    CHECK(image->id == id);
    CHECK(image->chain_ids == std::vector<std::string>{base.chain_id, top.chain_id});
    CHECK(image->lower_dirs == std::vector<std::string>{top.diff_dir, base.diff_dir});
    CHECK(image->size == base.size + top.size);
    CHECK(image->config.labels.at("name") == "app");
  }
  CHECK_FALSE(store.images.find("other"));
  CHECK_FALSE(store.images.find("app:v2"));
  CHECK_FALSE(store.images.find(std::string(64, '0')));
  CHECK_FALSE(store.images.find("sha256:" + std::string(64, '0')));
  CHECK_FALSE(store.images.find("pinned"));
  CHECK_THAT(error_of(Error::Kind::kInvalid, [&] { store.images.find("UPPER"); }),
             Catch::Contains("lower case"));
  error_of(Error::Kind::kInvalid, [&] { store.images.find("sha256:xyz"); });

  const auto list = store.images.list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].created_ms == 1704164645000);
  CHECK(list[0].references.size() == 3);
  CHECK(list[0].labels.at("name") == "app");
}

TEST_CASE("an ambiguous id prefix is an error, and a reference goes before an id") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  std::vector<std::string> ids;
  ids.reserve(40);
  for (int i = 0; i < 40; ++i) ids.push_back(store.image({}, std::to_string(i)));
  std::sort(ids.begin(), ids.end());
  const auto twin = std::adjacent_find(
      ids.begin(), ids.end(), [](const auto& a, const auto& b) { return a.substr(0, 8) == b.substr(0, 8); });
  REQUIRE(twin != ids.end());  // 40 ids, 16 first digits
  CHECK_THAT(error_of(Error::Kind::kConflict, [&] { store.images.find(twin->substr(0, 8)); }),
             Catch::Contains("ambiguous"));
  const std::string prefix = ids[0].substr(7, 6);
  CHECK(store.images.find(prefix)->id == ids[0]);
  store.images.tag(ids[1], prefix);
  CHECK(store.images.find(prefix)->id == ids[1]);
  // One digit is enough where no other image begins with it.
  const auto alone = std::find_if(ids.begin(), ids.end(), [&](const auto& id) {
    return std::count_if(ids.begin(), ids.end(),
                         [&](const auto& other) { return other.substr(0, 9) == id.substr(0, 9); }) == 1;
  });
  REQUIRE(alone != ids.end());
  CHECK(store.images.find(alone->substr(7, 2))->id == *alone);
}

TEST_CASE("a tag moves to another image, which leaves the first without name") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string one = store.image({}, "1"), two = store.image({}, "2");
  store.images.tag(one, "app");
  store.images.tag(two, "app");
  CHECK(store.images.find("app")->id == two);
  CHECK(store.images.find(one)->id == one);
  CHECK(store.count("image_refs") == 1);
  CHECK_THAT(
      error_of(Error::Kind::kNotFound, [&] { store.images.tag("sha256:" + std::string(64, '0'), "app"); }),
      Catch::Contains("no such image"));
  error_of(Error::Kind::kInvalid, [&] { store.images.tag(one, "Bad"); });
}

TEST_CASE("the same image added again is the same image") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("a", "1");
  CHECK(store.image({base.diff_id}) == store.image({base.diff_id}));
  CHECK(store.count("images") == 1);
  CHECK(store.count("image_layers") == 1);
  CHECK_THAT(error_of(Error::Kind::kNotFound, [&] { store.image({"sha256:" + std::string(64, '1')}); }),
             Catch::Contains("not in the store"));
  CHECK(store.count("images") == 1);
}

TEST_CASE("removal takes names first, then the image and the layers nobody else needs") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("base", "1"), left = store.layer("left", "2", base.chain_id),
                          right = store.layer("right", "3", base.chain_id);
  const std::string one = store.image({base.diff_id, left.diff_id}, "1");
  const std::string two = store.image({base.diff_id, right.diff_id}, "2");
  store.images.tag(one, "one");
  store.images.tag(one, "alias:x");
  store.images.tag(two, "two");

  CHECK(store.images.remove("alias:x", false) == std::vector<std::string>{"Untagged: alias:x"});
  CHECK(store.images.find("one"));

  const auto lines = store.images.remove("one", false);
  CHECK(lines == std::vector<std::string>{"Untagged: one:latest", "Deleted: " + one,
                                          "Deleted: sha256:" + left.chain_id});
  CHECK_FALSE(store.images.find(one));
  CHECK_FALSE(exists(store.paths.layer(left.chain_id)));
  CHECK(exists(base.diff_dir));
  CHECK(store.images.find("two"));

  CHECK(store.images.remove(two, false).size() == 4);
  CHECK(entries(store.paths.data_root + "/layers").empty());
  CHECK(entries(store.paths.blobs()).empty());
  CHECK(entries(store.paths.build_tmp()).empty());
  CHECK(store.count("layers") + store.count("images") + store.count("image_refs") +
            store.count("image_layers") ==
        0);
  error_of(Error::Kind::kNotFound, [&] { store.images.remove("two", true); });
}

TEST_CASE("an image with several names is removed by id only with force") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string id = store.image({});
  store.images.tag(id, "a");
  store.images.tag(id, "b");
  CHECK_THAT(error_of(Error::Kind::kConflict, [&] { store.images.remove(id, false); }),
             Catch::Contains("docker.io/library/b:latest"));
  const auto lines = store.images.remove(id.substr(7, 12), true);
  CHECK(contains(lines, "Untagged: a:latest"));
  CHECK(contains(lines, "Untagged: b:latest"));
  CHECK(contains(lines, "Deleted: " + id));
}

TEST_CASE("an image that a container uses is not removed") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string id = store.image({});
  store.images.tag(id, "used");
  store.database.write([&] {
    store.database
        .prepare(
            "INSERT INTO containers(id, name, project, image, image_id, config, command, created_ms)"
            " VALUES('c','web','','used',?,'{}','',0)")
        .bind(1, id)
        .step();
  });
  const std::string why = error_of(Error::Kind::kConflict, [&] { store.images.remove("used", false); });
  CHECK_THAT(why, Catch::Contains("image used is used by container web"));
  CHECK(store.images.find("used"));  // its name, too, is still there

  store.images.tag(id, "second");
  CHECK(store.images.remove("second", false) == std::vector<std::string>{"Untagged: second:latest"});
  CHECK(store.images.remove("used", true) == std::vector<std::string>{"Untagged: used:latest"});
  CHECK_FALSE(store.images.find("used"));
  CHECK(store.images.find(id));
  error_of(Error::Kind::kConflict, [&] { store.images.remove(id, true); });
}

TEST_CASE("what the build cache refers to stays when its image goes, with the layers below") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("a", "1"), middle = store.layer("b", "2", base.chain_id),
                          top = store.layer("c", "3", middle.chain_id);
  const std::string id = store.image({base.diff_id, middle.diff_id, top.diff_id});
  store.images.cache_put("key", "value", middle.chain_id);
  store.images.remove(id, false);
  CHECK(store.images.find_layer(base.chain_id));
  CHECK(store.images.find_layer(middle.chain_id));
  CHECK_FALSE(store.images.find_layer(top.chain_id));
  CHECK(store.images.cache_get("key") == "value");
}

TEST_CASE("a cache entry is only as good as its layer") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer layer = store.layer("a", "1");
  CHECK_FALSE(store.images.cache_get("key"));
  store.images.cache_put("key", "one", layer.chain_id);
  store.images.cache_put("key", "two", layer.chain_id);
  store.images.cache_put("no layer", "env", "");
  CHECK(store.images.cache_get("key") == "two");
  CHECK(store.images.cache_get("no layer") == "env");
  sys::remove_tree(store.paths.layer(layer.chain_id));
  CHECK_FALSE(store.images.cache_get("key"));
  CHECK_FALSE(store.images.find_layer(layer.chain_id));
  CHECK(sys::read_file(store.layer("a", "1").diff_dir + "/a") == "1");  // made again
  CHECK(store.images.cache_get("key") == "two");
}

TEST_CASE("a damaged configuration is noticed, and its image can still be listed and removed") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string id = store.image({}, "x");
  store.images.tag(id, "app");
  sys::write_file_atomic(store.paths.blobs() + '/' + id.substr(7), "{}");
  CHECK_THAT(error_of(Error::Kind::kUnavailable, [&] { store.images.find("app"); }),
             Catch::Contains("damaged"));
  REQUIRE(store.images.list().size() == 1);
  CHECK(store.images.list()[0].labels.empty());
  CHECK(contains(store.images.remove("app", false), "Deleted: " + id));
}

TEST_CASE("an imported archive is an image of one layer") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string archive = TarMaker()
                                  .folder("./")
                                  .folder("bin/")
                                  .file("bin/sh", "x", 0755)
                                  .hardlink("bin/ash", "bin/sh")
                                  .save(scratch / "r.tar");
  engine::ImageConfig config;
  config.cmd = {"/bin/sh"};
  const std::string id = store.images.import(archive, config, "Imported");
  const auto image = store.images.find(id);
  REQUIRE(image);
  REQUIRE(image->lower_dirs.size() == 1);
  CHECK(sys::read_file(image->lower_dirs[0] + "/bin/ash") == "x");
  CHECK(image->config.cmd == std::vector<std::string>{"/bin/sh"});
  CHECK_FALSE(image->config.created.empty());
  REQUIRE(image->config.history.size() == 1);
  CHECK_THAT(image->config.history[0].comment, Catch::Contains("Imported"));
  const auto again = store.images.find(store.images.import(archive, config, "Imported"));
  CHECK(again->chain_ids == image->chain_ids);
}

TEST_CASE("a hostile archive leaves nothing of itself in the store") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const std::string archive = TarMaker().file("f", "x").file("../evil", "x").save(scratch / "r.tar");
  error_of(Error::Kind::kInvalid, [&] { store.images.import(archive, {}, ""); });
  CHECK(entries(store.paths.build_tmp()).empty());
  CHECK(entries(store.paths.data_root + "/layers").empty());
  CHECK_FALSE(exists(store.paths.build_tmp() + "/evil"));
}

TEST_CASE("layers below one whose root is opaque are left out of the mount") {
  ROOT_ONLY();
  const Scratch scratch;
  Store store(scratch);
  const ImageStore::Layer base = store.layer("a", "1");
  ImageStore::Draft draft = store.images.new_draft();
  sys::write_file_atomic(scratch / "l.tar", TarMaker().file(".wh..wh..opq").file("b", "2").bytes());
  engine::unpack_archive(scratch / "l.tar", draft.diff(), true);
  const ImageStore::Layer top = store.images.commit_layer(std::move(draft), base.chain_id);
  const auto image = store.images.find(store.image({base.diff_id, top.diff_id}));
  CHECK(image->chain_ids.size() == 2);
  CHECK(image->lower_dirs == std::vector<std::string>{top.diff_dir});
}
