#pragma once
// A container of an image of several files that never ran, whose upper folder the tests write to as an
// overlay would.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "data_root.h"
#include "engine/image/layer_xattr.h"
#include "sys/error.h"

namespace engine_test {

class Written {
 public:
  Written() {
    root.open();
    engine::Database database(root.paths.database());
    engine::ImageStore store(database, root.paths);
    engine::ImageStore::Draft draft = store.new_draft();
    sys::make_dirs(draft.diff() + "/data/deep");
    sys::make_dirs(draft.diff() + "/gone");
    sys::make_dirs(draft.diff() + "/etc");
    sys::write_file_atomic(draft.diff() + "/data/seed", "seed");
    sys::write_file_atomic(draft.diff() + "/data/deep/file", "old");
    sys::write_file_atomic(draft.diff() + "/gone/file", "old");
    sys::write_file_atomic(draft.diff() + "/etc/passwd", "root:x:0:0::/:/sh\n");
    engine::ImageConfig config;
    config.created = "2024-01-02T03:04:05Z";
    config.cmd = {"/bin/true"};
    config.env = {"PATH=/bin", "COLOUR=red"};
    config.labels = {{"from", "image"}};
    config.diff_ids = {store.commit_layer(std::move(draft), "").diff_id};
    config.history = {{config.created, "made by hand", "", false}};
    image = store.add_image(config);
    store.tag(image, "base:1");
    engine = root.open();
    id = engine->create_container(DataRoot::container("writer", "base:1")).id;
    upper = root.paths.container(id) + "/upper";
  }

  // As an overlay copies a folder of the image up.
  void copy_up(const std::string& path, mode_t mode = 0755) const {
    sys::check(::mkdir((upper + path).c_str(), 0700), "mkdir", path);
    sys::check(::chmod((upper + path).c_str(), mode), "chmod", path);
  }
  void file(const std::string& path, const std::string& text) const {
    sys::write_file_atomic(upper + path, text);
  }
  void whiteout(const std::string& path) const {
    sys::check(::mknod((upper + path).c_str(), S_IFCHR, ::makedev(0, 0)), "mknod", path);
  }
  void opaque(const std::string& path) const {
    sys::check(::setxattr((upper + path).c_str(), engine::kOpaqueXattr, "y", 1, 0), "setxattr", path);
  }

  engine::StoredImage stored(const std::string& image_id) const {
    engine::Database database(root.paths.database());
    return engine::ImageStore(database, root.paths).find(image_id).value();
  }
  // The folder of the layer that a commit put on top.
  std::string layer_of(const std::string& image_id) const { return stored(image_id).lower_dirs.front(); }
  // "A /path" lines.
  std::string changes() const {
    std::string lines;
    for (const auto& change : engine->container_changes(id))
      lines += std::string(1, static_cast<char>(change.kind)) + ' ' + change.path + '\n';
    return lines;
  }

  DataRoot root;
  std::unique_ptr<engine::Engine> engine;
  std::string image, id, upper;
};

}  // namespace engine_test
