#pragma once
// A store in a folder of its own, a build context, and a StepRunner that knows a few commands.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/build/builder.h"
#include "engine/build/downloader.h"
#include "engine/build/layered_view.h"
#include "engine/build/step_gate.h"
#include "engine/error.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"
#include "engine/state/database.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace build_test {

using Strings = std::vector<std::string>;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/compose-build-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { sys::remove_tree(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path;
};

inline void write(const std::string& path, const std::string& text, unsigned mode = 0644) {
  sys::make_dirs(path.substr(0, path.rfind('/')));
  sys::write_file_atomic(path, text, mode);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

inline void link(const std::string& target, const std::string& path) {
  sys::make_dirs(path.substr(0, path.rfind('/')));
  REQUIRE(::symlink(target.c_str(), path.c_str()) == 0);
}

inline bool root_only() {
  if (::geteuid() == 0) return true;
  WARN("skipped: owners, devices and trusted attributes need root");
  return false;
}

// Runs no program. `behaviour` may write into the request's upper folder and returns the exit code.
class FakeRunner : public engine::StepRunner {
 public:
  int run(const engine::RunRequest& request, const std::function<void(const std::string&)>& output,
          int cancel_fd) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests.push_back(request);
    }
    if (cancellable) return cancellable(request, cancel_fd);
    return behaviour ? behaviour(request, output) : 0;
  }
  std::vector<engine::RunRequest> requests;
  std::function<int(const engine::RunRequest&, const std::function<void(const std::string&)>&)> behaviour;
  std::function<int(const engine::RunRequest&, int cancel_fd)> cancellable;

 private:
  std::mutex mutex_;
};

// Knows a few files; counts how often it was asked and how often it sent one.
class FakeDownloader : public engine::build::Downloader {
 public:
  struct File {
    std::string content, etag;
    std::optional<int64_t> modified;
  };
  engine::build::Downloaded fetch(const std::string& url, const engine::build::Validators& known, int to,
                                  int) override {
    ++asked;
    const auto file = files.find(url);
    if (file == files.end()) {
      throw engine::Error(engine::Error::Kind::kUnavailable,
                          "cannot download " + url + ": the server answered 404");
    }
    if (!known.etag.empty() && known.etag == file->second.etag) return {true, known, std::nullopt};
    ++sent;
    sys::write_all(to, file->second.content);
    return {false, {file->second.etag, ""}, file->second.modified};
  }
  std::map<std::string, File> files;
  int asked = 0, sent = 0;
};

// There is no registry: the store is all there is.
class NoImageSource : public engine::ImageSource {
 public:
  void bring(const std::string& reference, bool refresh, engine::BuildObserver&) override {
    using Kind = engine::Error::Kind;
    const std::string name = engine::parse_reference(reference).familiar();
    if (refresh) throw engine::Error(Kind::kUnavailable, "a newer image '" + name + "' cannot be looked for");
    throw engine::Error(Kind::kNotFound,
                        "the image '" + name + "' is not in the store; import or build it first");
  }
};

class Recorder : public engine::BuildObserver {
 public:
  void step(const engine::BuildStep& step, bool is_cached) override {
    const size_t count = std::max(steps.size(), static_cast<size_t>(step.id));
    steps.resize(count);
    cached.resize(count);
    steps[static_cast<size_t>(step.id) - 1] = step.tag() + " " + step.instruction;
    cached[static_cast<size_t>(step.id) - 1] = is_cached;
    if (step.id == cancel_at) is_cancelled = true;
    if (on_step) on_step(step.id);
  }
  void output(const engine::BuildStep&, const std::string& bytes) override { text += bytes; }
  void finished(const engine::BuildStep& step, bool ok, int64_t) override {
    if (ok) last_finished = step.id;
  }
  void warning(const std::string& message) override { warnings.push_back(message); }
  bool cancelled() override { return is_cancelled; }
  int cancel_fd() override { return -1; }

  std::function<void(int number)> on_step;
  Strings steps, warnings;  // steps in the order of the Dockerfile
  std::vector<bool> cached;
  std::string text;
  int last_finished = 0, cancel_at = 0;
  std::atomic<bool> is_cancelled{false};

  Recorder() = default;
  Recorder(Recorder&& other) noexcept
      : on_step(std::move(other.on_step)),
        steps(std::move(other.steps)),
        warnings(std::move(other.warnings)),
        cached(std::move(other.cached)),
        text(std::move(other.text)),
        last_finished(other.last_finished) {}
};

struct Built {
  engine::BuildResult result;
  engine::StoredImage image;
  Recorder recorder;

  engine::build::LayeredView view() const { return engine::build::LayeredView(image.lower_dirs); }
  std::string file(const std::string& path) const { return view().read_file(path).value_or("<missing>"); }
  bool has(const std::string& path) const { return view().find(path, false).has_value(); }
  struct stat stat(const std::string& path) const {
    const auto node = view().find(path, false);
    REQUIRE(node);
    return node->status;
  }
  mode_t mode(const std::string& path) const { return stat(path).st_mode & 07777; }
  std::string owner(const std::string& path) const {
    const struct stat status = stat(path);
    return std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid);
  }
};

class Fixture {
 public:
  Fixture()
      : paths{folder.path + "/data", folder.path + "/run"},
        context(folder.path + "/context"),
        made_(make()),
        database(paths.database()),
        store(database, paths) {}

  // A base image "base" with a small root file system, /lib and /var/run being links as in real ones.
  void make_base(const std::function<void(engine::ImageConfig&)>& change = {}) {
    auto draft = store.new_draft();
    write(draft.diff() + "/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n");
    write(draft.diff() + "/etc/group", "root:x:0:\nstaff:x:50:\n");
    write(draft.diff() + "/usr/lib/libc.so", "libc");
    write(draft.diff() + "/run/pid", "1");
    sys::make_dirs(draft.diff() + "/tmp");
    REQUIRE(::chmod((draft.diff() + "/tmp").c_str(), 01777) == 0);
    link("usr/lib", draft.diff() + "/lib");
    link("/run", draft.diff() + "/var/run");
    link("../../../../../../../../etc", draft.diff() + "/escape");
    const auto layer = store.commit_layer(std::move(draft), "");
    engine::ImageConfig config;
    config.created = "2024-01-02T03:04:05Z";
    config.env = {"LANG=C"};
    config.cmd = {"sh"};
    config.diff_ids = {layer.diff_id};
    config.history = {{"2024-01-02T03:04:05Z", "base", "", false}};
    if (change) change(config);
    store.tag(store.add_image(config), "base");
  }

  void put(const std::string& name, const std::string& text, unsigned mode = 0644) {
    write(context + "/" + name, text, mode);
  }

  Built build(const std::string& dockerfile, const std::function<void(engine::BuildRequest&)>& change = {}) {
    engine::BuildRequest request;
    request.context = context;
    request.dockerfile = "Dockerfile";
    put("Dockerfile", dockerfile);
    if (change) change(request);
    Built built;
    built.recorder.cancel_at = cancel_at;
    built.recorder.on_step = on_step;
    built.result =
        engine::build_image({store, runner, *images, gate, paths.data_root + "/build-cache", downloader},
                            request, built.recorder);
    store.forget_made_layers();  // as the engine does
    built.image = store.find(built.result.image_id).value();
    return built;
  }

  // Its first line: the source around the place and the output follow.
  std::string failure(const std::string& dockerfile,
                      const std::function<void(engine::BuildRequest&)>& change = {}) {
    const std::string text = whole_failure(dockerfile, change);
    return text.substr(0, text.find('\n'));
  }
  std::string whole_failure(const std::string& dockerfile,
                            const std::function<void(engine::BuildRequest&)>& change = {}) {
    try {
      build(dockerfile, change);
    } catch (const engine::Error& error) {
      return error.what();
    }
    return "<no error>";
  }

  TemporaryFolder folder;
  engine::Paths paths;
  std::string context;

 private:
  bool make() {
    for (const std::string& path : {paths.data_root, paths.run_root, context, paths.build_tmp()})
      sys::make_dirs(path);
    return true;
  }
  bool made_;

 public:
  engine::Database database;
  engine::ImageStore store;
  FakeRunner runner;
  NoImageSource no_images;
  engine::ImageSource* images = &no_images;
  engine::build::StepGate gate;
  FakeDownloader downloader;
  int cancel_at = 0;
  std::function<void(int number)> on_step;
};

}  // namespace build_test
