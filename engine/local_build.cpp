// Building and importing images.
#include "engine/build/builder.h"
#include "engine/build/changes.h"
#include "engine/image/reference.h"
#include "engine/local_engine.h"
#include "engine/step_runner.h"

namespace engine {

void LocalEngine::remove_abandoned_step_folders() {
  LocalStepRunner::remove_abandoned_folders(paths_);
}

BuildResult LocalEngine::build(const BuildRequest& request, BuildObserver& observer) {
  LocalStepRunner runner(*this, paths_);
  NoImageSource images;
  return build_image({images_, runner, images, build_gate_, paths_.cache_mounts()}, request, observer);
}

ImageInfo LocalEngine::import_image(const std::string& archive, const std::string& reference,
                                    const std::vector<std::string>& changes) {
  const std::string name = parse_reference(reference).to_string();
  ImageConfig config;
  apply_changes(config, changes);
  const std::string id = images_.import(archive, config);
  images_.tag(id, name);
  return *find_image(id);
}

}  // namespace engine
