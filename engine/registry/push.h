#pragma once
// An image of the store to a registry. Source: OCI distribution-spec 1.1, "Push".
#include "engine/registry/pull.h"
#include "engine/registry/transfer.h"

namespace engine::registry {

// Engine::push_image (engine/engine.h). A layer that came from elsewhere goes as the blob it came in; one
// made here is compressed (gzip_blocks.h) while it is sent. What the repository has is not sent, what another
// repository of the registry has is mounted. The manifest is OCI's, or Docker's when the image came with
// Docker's media types.
PushResult push(const Transfer& transfer, const PushRequest& request, TransferObserver& observer);

}  // namespace engine::registry
