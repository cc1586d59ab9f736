// Pulling and pushing.
#include "engine/local_engine.h"

namespace engine {

PullResult LocalEngine::pull_image(const PullRequest& request, TransferObserver&) {
  throw Error(Error::Kind::kUnavailable, "pull " + request.reference + ": not there yet");
}

PushResult LocalEngine::push_image(const PushRequest& request, TransferObserver&) {
  throw Error(Error::Kind::kUnavailable, "push " + request.reference + ": not there yet");
}

std::string LocalEngine::resolve_digest(const std::string& reference) {
  throw Error(Error::Kind::kUnavailable, "resolve " + reference + ": not there yet");
}

}  // namespace engine
