#pragma once
// One layer from a registry to a draft beside the store: downloaded and unpacked at the same time, on two
// threads that meet in a file.
#include <memory>
#include <string>

#include "engine/http/http_client.h"
#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/image/manifest.h"
#include "engine/registry/event_relay.h"
#include "engine/registry/layer_lock.h"
#include "engine/registry/session.h"

namespace engine::registry {

// What is needed to fetch layers; the references live as long as the pull.
struct FetchContext {
  ImageStore& store;
  LayerBlobs& blobs;
  const Paths& paths;
  HttpClient& http;
  Session& session;
  const Tuning& tuning;
  Cancellation& cancellation;
  EventRelay& events;
};

struct LayerOrder {
  Descriptor blob;
  std::string diff_id;   // what the image's configuration says
  std::string chain_id;  // without prefix
  std::string id() const { return blob.digest.substr(7, 12); }
};

// A layer that is verified and unpacked, to be committed. Holds the layer's lock until it goes.
struct FetchedLayer {
  LayerLock lock;
  ImageStore::Draft draft;       // its diff folder
  ImageStore::Draft blob_draft;  // a folder for the blob's file
  std::string blob_file;
  LayerBlob blob;
  int64_t downloaded_bytes = 0;
};

// Nothing when the layer is in the store, perhaps just put there by another process. Throws as
// BlobDownload::run and unpack_layer; kInvalid when the layer is not the one of the configuration.
std::unique_ptr<FetchedLayer> fetch_layer(const FetchContext& context, const LayerOrder& order);

}  // namespace engine::registry
