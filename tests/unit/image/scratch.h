#pragma once
// What the tests of this room share: a folder of their own, archives made by hand, and a store.
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_tar.h"
#include "engine/image/layer_xattr.h"
#include "engine/image/tar_format.h"
#include "engine/state/database.h"
#include "sys/fd.h"
#include "sys/file.h"

// Skips the rest of a test that needs root, saying so.
#define ROOT_ONLY()                                                         \
  do {                                                                      \
    if (::geteuid() != 0) {                                                 \
      std::fprintf(stderr, "skipped, needs root: %s\n",                     \
                   Catch::getResultCapture().getCurrentTestName().c_str()); \
      return;                                                               \
    }                                                                       \
  } while (false)

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/compose-test-image-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Scratch() { sys::remove_tree(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }
  std::string folder(const std::string& name) const {
    sys::make_dirs(*this / name);
    return *this / name;
  }

 private:
  std::string path_;
};

// An archive made entry by entry, as hostile as wanted.
class TarMaker {
 public:
  TarMaker& add(engine::TarEntry entry, const std::string& content = "") {
    entry.size = static_cast<int64_t>(content.size());
    bytes_ += engine::tar_header(entry) + content + std::string(engine::tar_padding(entry.size), '\0');
    return *this;
  }
  TarMaker& raw(const std::string& blocks) {
    bytes_ += blocks;
    return *this;
  }
  TarMaker& file(const std::string& name, const std::string& content = "", uint32_t mode = 0644) {
    engine::TarEntry entry;
    entry.name = name;
    entry.mode = mode;
    return add(entry, content);
  }
  TarMaker& typed(const std::string& name, engine::TarEntry::Type type, const std::string& link = "",
                  uint32_t device_major = 0, uint32_t device_minor = 0) {
    engine::TarEntry entry;
    entry.name = name;
    entry.type = type;
    entry.link = link;
    entry.mode = type == engine::TarEntry::Type::kFolder ? 0755 : 0644;
    entry.device_major = device_major;
    entry.device_minor = device_minor;
    return add(entry);
  }
  TarMaker& folder(const std::string& name) { return typed(name, engine::TarEntry::Type::kFolder); }
  TarMaker& symlink(const std::string& name, const std::string& target) {
    return typed(name, engine::TarEntry::Type::kSymlink, target);
  }
  TarMaker& hardlink(const std::string& name, const std::string& target) {
    return typed(name, engine::TarEntry::Type::kHardlink, target);
  }
  std::string bytes() const { return bytes_ + engine::tar_trailer(); }
  std::string save(const std::string& path) const {
    sys::write_file_atomic(path, bytes());
    return path;
  }

 private:
  std::string bytes_;
};

struct Store {
  explicit Store(const Scratch& scratch)
      : paths{scratch.folder("data"), scratch.folder("run")},
        database(paths.database()),
        images(database, paths) {}
  engine::Paths paths;
  engine::Database database;
  engine::ImageStore images;

  // A layer with the one file `name`; its time is fixed, so that equal calls give equal layers.
  engine::ImageStore::Layer layer(const std::string& name, const std::string& content,
                                  const std::string& parent = "");
  std::string image(const std::vector<std::string>& diff_ids, const std::string& label = "") {
    engine::ImageConfig config;
    config.diff_ids = diff_ids;
    config.created = "2024-01-02T03:04:05Z";
    if (!label.empty()) config.labels["name"] = label;
    return images.add_image(config);
  }
  int64_t count(const std::string& table) {
    engine::Statement query = database.prepare("SELECT count(*) FROM " + table);
    query.step();
    return query.integer(0);
  }
};

inline void set_time(const std::string& path, int64_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

inline engine::ImageStore::Layer Store::layer(const std::string& name, const std::string& content,
                                              const std::string& parent) {
  engine::ImageStore::Draft draft = images.new_draft();
  sys::write_file_atomic(draft.diff() + '/' + name, content);
  set_time(draft.diff() + '/' + name, 1000);
  return images.commit_layer(std::move(draft), parent);
}

inline struct stat stat_of(const std::string& path) {
  struct stat status {};
  INFO(path);
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

inline std::string parent_folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

inline bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

inline engine::Xattrs xattrs_of(const std::string& path) {
  const sys::Fd fd = sys::open(path, O_PATH | O_NOFOLLOW);
  return engine::read_xattrs(fd.get(), path);
}

inline void set_xattr(const std::string& path, const std::string& name, const std::string& value) {
  const sys::Fd fd = sys::open(path, O_PATH | O_NOFOLLOW);
  engine::write_xattr(fd.get(), name, value, path);
}

inline std::string tar_of(const std::string& folder) {
  const sys::Fd root = sys::open(folder, O_RDONLY | O_DIRECTORY);
  std::string bytes;
  engine::write_layer_tar(root.get(), [&](const char* data, size_t size) { bytes.append(data, size); });
  return bytes;
}

// The message of the engine::Error that `body` must throw; its kind is checked.
inline std::string error_of(engine::Error::Kind kind, const std::function<void()>& body) {
  try {
    body();
  } catch (const engine::Error& error) {
    CHECK(static_cast<int>(error.kind()) == static_cast<int>(kind));
    return error.what();
  }
  FAIL("no engine::Error was thrown");
  return {};
}

// Runs a program of the system and requires that it succeeds.
inline void run(std::vector<std::string> args) {
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  REQUIRE(::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  INFO(args[0]);
  REQUIRE(status == 0);
}
