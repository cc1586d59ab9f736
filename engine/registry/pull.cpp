#include "engine/registry/pull.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/digest.h"
#include "engine/image/reference.h"
#include "engine/registry/docker_config.h"
#include "engine/registry/layer_fetch.h"
#include "engine/registry/remote_manifest.h"

#include <nlohmann/json.hpp>

namespace engine::registry {

namespace {

using State = LayerEvent::State;

// Fetches the layers several at a time and commits them bottom up, as soon as all below them are there: those
// that are ready together, as going to the disk is what takes long.
class LayersFetch {
 public:
  LayersFetch(const FetchContext& context, std::vector<LayerOrder> orders)
      : context_(context), orders_(std::move(orders)), slots_(orders_.size()) {}
  ~LayersFetch() {
    if (!workers_.empty()) context_.cancellation.stop();
    for (std::thread& worker : workers_) worker.join();
  }
  LayersFetch(const LayersFetch&) = delete;
  LayersFetch& operator=(const LayersFetch&) = delete;

  // Returns the bytes downloaded. Throws what went wrong first; layers that are whole stay committed.
  int64_t run() {
    announce();
    const int count = std::min<int>(context_.tuning.layers_at_once, static_cast<int>(orders_.size()));
    for (int i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
    int64_t bytes = 0;
    for (size_t next = 0; next < orders_.size();) {
      const std::vector<std::unique_ptr<FetchedLayer>> ready = wait_for(next);
      bytes += commit(ready, next);
      next += ready.size();
    }
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    return bytes;
  }

 private:
  struct Slot {
    bool ready = false;
    std::unique_ptr<FetchedLayer> layer;
  };

  void announce() {
    for (const LayerOrder& order : orders_)
      context_.events.state(order.id(),
                            context_.store.find_layer(order.chain_id) ? State::kExists : State::kWaiting);
  }

  void work() {
    try {
      while (const std::optional<size_t> i = take()) {
        std::unique_ptr<FetchedLayer> layer = fetch_layer(context_, orders_[*i]);
        const std::lock_guard<std::mutex> lock(mutex_);
        slots_[*i].layer = std::move(layer);
        slots_[*i].ready = true;
        changed_.notify_all();
      }
    } catch (...) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        changed_.notify_all();
      }
      context_.cancellation.stop();
    }
  }

  std::optional<size_t> take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_ || next_ >= orders_.size()) return std::nullopt;
    return next_++;
  }

  // The layers from `next` on that are ready, at least one; an empty one is in the store already.
  std::vector<std::unique_ptr<FetchedLayer>> wait_for(size_t next) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return slots_[next].ready || failure_; });
    if (!slots_[next].ready) std::rethrow_exception(failure_);
    std::vector<std::unique_ptr<FetchedLayer>> layers;
    for (size_t i = next; i < slots_.size() && slots_[i].ready; ++i)
      layers.push_back(std::move(slots_[i].layer));
    return layers;
  }

  int64_t commit(const std::vector<std::unique_ptr<FetchedLayer>>& ready, size_t first) {
    int64_t bytes = 0;
    std::vector<ImageStore::UnpackedLayer> layers;
    for (size_t i = 0; i < ready.size(); ++i) {
      if (!ready[i]) continue;
      FetchedLayer& layer = *ready[i];
      const size_t at = first + i;
      layers.push_back({std::move(layer.draft), at == 0 ? "" : orders_[at - 1].chain_id, orders_[at].diff_id,
                        layer.blob_file, layer.blob});
      bytes += layer.downloaded_bytes;
    }
    context_.store.commit_unpacked_layers(std::move(layers));
    for (size_t i = 0; i < ready.size(); ++i)
      if (ready[i]) context_.events.state(orders_[first + i].id(), State::kDone);
    return bytes;
  }

  const FetchContext& context_;
  std::vector<LayerOrder> orders_;
  std::vector<Slot> slots_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::exception_ptr failure_;
  size_t next_ = 0;
};

std::vector<LayerOrder> orders_of(const Manifest& manifest, const ImageConfig& config,
                                  const std::string& what) {
  if (config.diff_ids.size() != manifest.layers.size())
    throw Error(Error::Kind::kInvalid, what + ": the manifest has " + std::to_string(manifest.layers.size()) +
                                           " layers, the configuration " +
                                           std::to_string(config.diff_ids.size()));
  std::vector<LayerOrder> orders;
  for (size_t i = 0; i < config.diff_ids.size(); ++i) {
    const std::string parent = orders.empty() ? "" : orders.back().chain_id;
    orders.push_back({manifest.layers[i], config.diff_ids[i], chain_id(parent, config.diff_ids[i])});
  }
  return orders;
}

// One pull from one place.
class Pull {
 public:
  Pull(const Transfer& transfer, const PullRequest& request, TransferObserver& observer)
      : transfer_(transfer),
        observer_(observer),
        events_(observer),
        reference_(parse_reference(request.reference)),
        platform_given_(!request.platform.empty()),
        platform_(platform_given_ ? parse_platform(request.platform) : host_platform()) {}

  PullResult run() {
    const std::vector<Endpoint> endpoints = transfer_.registries.for_pull(reference_.registry);
    events_.status(name() + ": Pulling from " + reference_.familiar_repository());
    for (size_t i = 0;; ++i) {
      try {
        return from(endpoints[i]);
      } catch (const Error& error) {
        if (i + 1 == endpoints.size() || observer_.cancelled()) throw;
        events_.warning(std::string(error.what()) + "; trying " + endpoints[i + 1].url);
      }
    }
  }

 private:
  std::string name() const { return reference_.digest.empty() ? reference_.tag : reference_.digest; }

  PullResult from(const Endpoint& endpoint) {
    Cancellation cancellation([this] { return observer_.cancelled(); });
    HttpClient http(transfer_.tuning, cancellation, certificate_folders());
    Session session(http, transfer_.tuning, cancellation, endpoint, reference_.repository, "pull",
                    credentials_for(endpoint));
    const std::string what = "image " + reference_.familiar();
    const RemoteManifest remote = fetch_manifest(session, name(), platform_);
    const std::string config = configuration(session, remote.manifest.config, what);
    const std::string image_id = remote.manifest.config.digest;
    static_cast<void>(parse_object(config, what + ": its configuration"));  // not too deep
    const ImageConfig parsed = image_config_from_json(config);
    check_platform(parsed, what);
    const FetchContext context{transfer_.store, transfer_.blobs,  transfer_.paths, http,
                               session,         transfer_.tuning, cancellation,    events_};
    PullResult result;
    result.downloaded_bytes = LayersFetch(context, orders_of(remote.manifest, parsed, what)).run();
    cancellation.check("the pull of " + reference_.familiar());
    transfer_.store.add_image_json(config);
    note_repositories(endpoint, remote.manifest);
    result.image_id = image_id;
    result.reference = reference_.to_string();
    result.digest = remote.digest;
    result.newer = publish(image_id, remote.digest);
    return result;
  }

  std::string configuration(Session& session, const Descriptor& descriptor, const std::string& what) {
    return fetch_small_blob(session, descriptor, what + ": its configuration");
  }

  void check_platform(const ImageConfig& config, const std::string& what) {
    const Platform offered{config.os, config.architecture, ""};
    if (same_machine(platform_, offered)) return;
    const std::string text =
        what + ": it is for " + offered.to_string() + ", not for " + platform_.to_string();
    if (platform_given_) throw Error(Error::Kind::kNotFound, text + "; there is no other");
    events_.warning(text + "; it may not run here");
  }

  // A later push to this registry can mount them.
  void note_repositories(const Endpoint& endpoint, const Manifest& manifest) {
    if (endpoint.mirror) return;
    for (const Descriptor& layer : manifest.layers)
      transfer_.blobs.record_repository(layer.digest, reference_.registry + '/' + reference_.repository);
  }

  bool publish(const std::string& image_id, const std::string& digest) {
    const std::string reference = reference_.to_string();
    const std::optional<StoredImage> before = transfer_.store.find(reference);
    const std::string repository = reference_.registry + '/' + reference_.repository;
    transfer_.store.record_manifest(image_id, repository, digest);
    transfer_.store.tag(image_id, reference);
    return !before || before->id != image_id;
  }

  const Transfer& transfer_;
  TransferObserver& observer_;
  EventRelay events_;
  const Reference reference_;
  const bool platform_given_;
  const Platform platform_;
};

}  // namespace

CredentialSource credentials_for(const Endpoint& endpoint) {
  return [key = endpoint.credential_key] { return DockerConfig(docker_config_path()).find(key); };
}

PullResult pull(const Transfer& transfer, const PullRequest& request, TransferObserver& observer) {
  try {
    return Pull(transfer, request, observer).run();
  } catch (const std::exception&) {
    transfer.store.keep_made_layers();  // whole ones; the next attempt goes on from them
    throw;
  }
}

std::string resolve_digest(const Registries& registries, const Tuning& tuning, const std::string& text) {
  const Reference reference = parse_reference(text);
  const std::vector<Endpoint> endpoints = registries.for_pull(reference.registry);
  for (size_t i = 0;; ++i) {
    Cancellation cancellation;
    HttpClient http(tuning, cancellation, certificate_folders());
    Session session(http, tuning, cancellation, endpoints[i], reference.repository, "pull",
                    credentials_for(endpoints[i]));
    try {
      return fetch_digest(session, reference.digest.empty() ? reference.tag : reference.digest);
    } catch (const Error&) {
      if (i + 1 == endpoints.size()) throw;
    }
  }
}

}  // namespace engine::registry
