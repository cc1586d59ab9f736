#pragma once
// An image from a registry into the store. Source: OCI distribution-spec 1.1, "Pull".
#include <string>

#include "engine/image/image_store.h"
#include "engine/image/layer_blobs.h"
#include "engine/paths.h"
#include "engine/registry/registries.h"
#include "engine/registry/session.h"
#include "engine/registry/transfer.h"

namespace engine::registry {

// What pulls and pushes stand on; the references live as long as the transfer.
struct Transfer {
  ImageStore& store;
  LayerBlobs& blobs;
  const Paths& paths;
  const Registries& registries;
  Tuning tuning{};
};

// Engine::pull_image and resolve_digest (engine/engine.h). Mirrors are tried first; whatever goes wrong with
// one, the next place is asked, and what was fetched by then need not be fetched again: layers that are whole
// stay when all fails (ImageStore::keep_made_layers).
PullResult pull(const Transfer& transfer, const PullRequest& request, TransferObserver& observer);
std::string resolve_digest(const Registries& registries, const Tuning& tuning, const std::string& reference);

// Credentials of an endpoint, from Docker's config.json.
CredentialSource credentials_for(const Endpoint& endpoint);

}  // namespace engine::registry
