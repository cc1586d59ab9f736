// Building and importing images.
#include <fcntl.h>

#include "engine/build/builder.h"
#include "engine/build/changes.h"
#include "engine/build/http_downloader.h"
#include "engine/image/entry_path.h"
#include "engine/image/reference.h"
#include "engine/local_engine.h"
#include "engine/step_folder.h"
#include "engine/step_runner.h"

namespace engine {

namespace {

// Base images come from their registries.
class RegistryImages final : public ImageSource {
 public:
  explicit RegistryImages(Engine& engine) : engine_(engine) {}

  void bring(const std::string& reference, bool /*refresh*/, BuildObserver& observer) override {
    Transfer transfer(observer);
    engine_.pull_image({reference, ""}, transfer);
  }

 private:
  class Transfer final : public TransferObserver {
   public:
    explicit Transfer(BuildObserver& observer) : observer_(observer) {}
    void layer(const LayerEvent& event) override {
      if (event.state == LayerEvent::State::kRetrying)
        observer_.warning("layer " + event.id + " is tried again: " + event.detail);
    }
    void status(const std::string& /*line*/) override {}
    void warning(const std::string& text) override { observer_.warning(text); }
    bool cancelled() override { return observer_.cancelled(); }
    int cancel_fd() override { return observer_.cancel_fd(); }

   private:
    BuildObserver& observer_;
  };

  Engine& engine_;
};

bool is_url(const std::string& archive) {
  return archive.starts_with("http://") || archive.starts_with("https://");
}

// Into `folder`; returns the file's path.
std::string fetch(const std::string& url, const std::string& folder) {
  const std::string path = folder + "/archive";
  const sys::Fd file = sys::open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  build::HttpDownloader().fetch(url, {}, file.get(), -1);
  return path;
}

}  // namespace

void LocalEngine::remove_abandoned_step_folders() {
  StepFolder::remove_abandoned(paths_);
}

BuildResult LocalEngine::build(const BuildRequest& request, BuildObserver& observer) {
  LocalStepRunner runner(*this, paths_);
  RegistryImages images(*this);
  build::HttpDownloader downloader;
  std::optional<sys::FileLock> held = images_.hold_layers();
  const auto let_go = [&] {
    held.reset();
    images_.forget_made_layers();
    images_.remove_unused_layers();  // what was removed meanwhile had to stay
  };
  try {
    BuildResult result = build_image(
        {images_, runner, images, build_gate_, paths_.cache_mounts(), downloader}, request, observer);
    let_go();
    return result;
  } catch (...) {
    let_go();
    throw;
  }
}

ImageInfo LocalEngine::import_image(const ImportRequest& request) {
  const std::string name = request.reference.empty() ? "" : parse_reference(request.reference).to_string();
  ImageConfig config;
  apply_changes(config, request.changes);
  const bool remote = is_url(request.archive);
  const std::string origin = !request.origin.empty() ? request.origin
                             : remote                ? request.archive
                                                     : base_of(request.archive);
  const sys::FileLock held = images_.hold_layers();
  const ImageStore::Draft draft = images_.new_draft();
  const std::string archive = remote ? fetch(request.archive, draft.work()) : request.archive;
  const std::string id =
      images_.import(archive, config, request.message.empty() ? "Imported from " + origin : request.message);
  if (!name.empty()) images_.tag(id, name);
  note("image", "import", id, {{"name", name.empty() ? id : name}});
  return *find_image(id);
}

}  // namespace engine
