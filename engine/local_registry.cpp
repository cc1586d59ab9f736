// Pulling and pushing.
#include "engine/bundled_image.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/reference.h"
#include "engine/local_engine.h"
#include "engine/registry/push.h"

namespace engine {

PullResult LocalEngine::pull_image(const PullRequest& request, TransferObserver& observer) {
  if (is_bundled(request.reference)) {
    PullResult result;
    result.image_id = need_image(request.reference).id;
    result.reference = parse_reference(request.reference).to_string();
    result.digest = result.image_id;  // no registry has it: it is the configuration's
    return result;
  }
  LayerBlobs blobs(db_, paths_);
  const registry::Registries registries = registry::Registries::system();
  const sys::FileLock held = images_.hold_layers();  // until the image has them
  PullResult result = registry::pull({images_, blobs, paths_, registries}, request, observer);
  note("image", "pull", request.reference, {{"name", request.reference}});
  return result;
}

PushResult LocalEngine::push_image(const PushRequest& request, TransferObserver& observer) {
  LayerBlobs blobs(db_, paths_);
  const registry::Registries registries = registry::Registries::system();
  const sys::FileLock held = images_.hold_layers();
  PushResult result = registry::push({images_, blobs, paths_, registries}, request, observer);
  note("image", "push", request.reference, {{"name", request.reference}});
  return result;
}

std::string LocalEngine::resolve_digest(const std::string& reference) {
  return registry::resolve_digest(registry::Registries::system(), registry::Tuning{}, reference);
}

}  // namespace engine
