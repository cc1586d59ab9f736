#pragma once
// An engine in folders of its own, with an image made by hand.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>

#include "engine/error.h"
#include "engine/image/image_store.h"
#include "engine/local_engine.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine_test {

inline bool is_root() {
  if (::geteuid() == 0) return true;
  std::cout << "SKIPPED-ROOT-ONLY: layers need root\n";
  return false;
}

inline bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

class DataRoot {
 public:
  explicit DataRoot(const std::string& where = "/tmp") {
    std::string name = where + "/compose-engine-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    paths = {folder + "/data", folder + "/run"};
  }
  ~DataRoot() { sys::remove_tree(folder); }
  DataRoot(const DataRoot&) = delete;
  DataRoot& operator=(const DataRoot&) = delete;

  std::unique_ptr<engine::Engine> open() const { return engine::open_local_engine(paths); }

  // An image of one layer that holds /data/seed and /etc; returns its id.
  std::string make_image(const std::string& reference,
                         const std::function<void(engine::ImageConfig&)>& change = {},
                         const std::function<void(const std::string& diff)>& add = {}) const {
    open();  // makes the folders
    engine::Database database(paths.database());
    engine::ImageStore store(database, paths);
    engine::ImageStore::Draft draft = store.new_draft();
    sys::make_dirs(draft.diff() + "/data");
    sys::make_dirs(draft.diff() + "/etc");
    sys::write_file_atomic(draft.diff() + "/data/seed", "seed");
    // The same layer, whenever it is made.
    constexpr timespec kTimes[2] = {{1700000000, 0}, {1700000000, 0}};
    for (const char* entry : {"/data/seed", "/data", "/etc", ""})
      sys::check(::utimensat(AT_FDCWD, (draft.diff() + entry).c_str(), kTimes, 0), "utimensat", entry);
    if (add) add(draft.diff());
    engine::ImageConfig config;
    config.created = "2024-01-02T03:04:05Z";
    config.cmd = {"/bin/true"};
    config.diff_ids = {store.commit_layer(std::move(draft), "").diff_id};
    if (change) change(config);
    const std::string id = store.add_image(config);
    store.tag(id, reference);
    return id;
  }

  static engine::ContainerConfig container(const std::string& name, const std::string& image) {
    engine::ContainerConfig config;
    config.name = name;
    config.image = image;
    config.network_mode = "none";
    return config;
  }

  std::string folder;
  engine::Paths paths;
};

inline engine::MountConfig volume_at(const std::string& target, const std::string& name = "") {
  engine::MountConfig mount;
  mount.type = engine::MountConfig::Type::kVolume;
  mount.source = name;
  mount.target = target;
  return mount;
}

inline engine::VolumeConfig volume(const std::string& name) {
  engine::VolumeConfig config;
  config.name = name;
  return config;
}

}  // namespace engine_test
