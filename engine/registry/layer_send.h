#pragma once
// One layer of the store to a registry.
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/manifest.h"
#include "engine/registry/event_relay.h"
#include "engine/registry/session.h"

namespace engine::registry {

// The references live as long as the push.
struct SendContext {
  ImageStore& store;
  LayerBlobs& blobs;
  Session& session;
  const Tuning& tuning;
  Cancellation& cancellation;
  EventRelay& events;
  bool docker = false;  // Docker's media types
};

struct SentLayer {
  Descriptor blob;
  int64_t uploaded_bytes = 0;
};

// Sees to it that the repository has a blob of the layer, and remembers so. Throws as BlobUpload::run and
// LayerBlobs::write_tar.
SentLayer send_layer(const SendContext& context, const ImageStore::Layer& layer);

}  // namespace engine::registry
