#include "engine/registry/push.h"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/reference.h"
#include "engine/registry/blob_upload.h"
#include "engine/registry/layer_send.h"
#include "sys/file.h"

namespace engine::registry {

namespace {

using State = LayerEvent::State;

// Sends each of the layers once, several at a time.
class LayersSend {
 public:
  LayersSend(const SendContext& context, const std::vector<ImageStore::Layer>& layers) : context_(context) {
    for (const ImageStore::Layer& layer : layers) {
      if (sent_.emplace(layer.diff_id, SentLayer{}).second) todo_.push_back(&layer);
    }
  }
  ~LayersSend() {
    if (!workers_.empty()) context_.cancellation.stop();
    join();
  }
  LayersSend(const LayersSend&) = delete;
  LayersSend& operator=(const LayersSend&) = delete;

  // By diff id. Throws what went wrong first.
  const std::map<std::string, SentLayer>& run() {
    for (const ImageStore::Layer* layer : todo_)
      context_.events.state(layer->diff_id.substr(7, 12), State::kWaiting);
    const int count = std::min<int>(context_.tuning.layers_at_once, static_cast<int>(todo_.size()));
    for (int i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
    join();
    if (failure_) std::rethrow_exception(failure_);
    return sent_;
  }

 private:
  void join() {
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  const ImageStore::Layer* take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_ || next_ >= todo_.size() ? nullptr : todo_[next_++];
  }

  void work() {
    try {
      while (const ImageStore::Layer* layer = take()) {
        const SentLayer sent = send_layer(context_, *layer);
        const std::lock_guard<std::mutex> lock(mutex_);
        sent_[layer->diff_id] = sent;
      }
    } catch (...) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
      context_.cancellation.stop();
    }
  }

  const SendContext& context_;
  std::vector<const ImageStore::Layer*> todo_;
  std::map<std::string, SentLayer> sent_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  size_t next_ = 0;
};

// Docker's types when a layer came with them, unless another is compressed in a way that they do not know.
bool came_from_docker(LayerBlobs& blobs, const std::vector<ImageStore::Layer>& layers) {
  bool docker = false;
  for (const ImageStore::Layer& layer : layers) {
    const std::vector<LayerBlob> known = blobs.of(layer.diff_id);
    if (known.empty() || !known.front().kept) continue;
    if (compression_of(known.front().media_type, "layer") == Compression::kZstd) return false;
    docker = docker || is_docker_type(known.front().media_type);
  }
  return docker;
}

class Push {
 public:
  Push(const Transfer& transfer, const PushRequest& request, TransferObserver& observer)
      : transfer_(transfer),
        observer_(observer),
        events_(observer),
        reference_(parse_reference(request.reference)) {
    if (!reference_.digest.empty())
      throw Error(Error::Kind::kInvalid, "push " + request.reference +
                                             ": an image is pushed under a tag; its digest follows from it");
  }

  PushResult run() {
    const std::optional<StoredImage> image = transfer_.store.find(reference_.to_string());
    if (!image)
      throw Error(Error::Kind::kNotFound, "push " + reference_.familiar() +
                                              ": there is no image of this name here; build it, or tag one");
    events_.status("The push refers to repository [" + reference_.registry + '/' + reference_.repository +
                   ']');
    const std::string config = sys::read_file(transfer_.paths.blobs() + '/' + digest_hex(image->id));
    const std::vector<ImageStore::Layer> layers = layers_of(*image);
    const bool docker = came_from_docker(transfer_.blobs, layers);

    Cancellation cancellation([this] { return observer_.cancelled(); });
    HttpClient http(transfer_.tuning, cancellation, certificate_folders());
    const Endpoint endpoint = transfer_.registries.itself(reference_.registry);
    Session session(http, transfer_.tuning, cancellation, endpoint, reference_.repository, "pull,push",
                    credentials_for(endpoint));
    const SendContext context{transfer_.store, transfer_.blobs, session, transfer_.tuning,
                              cancellation,    events_,         docker};
    PushResult result;
    Manifest manifest;
    LayersSend send(context, layers);
    const std::map<std::string, SentLayer>& sent = send.run();
    for (const auto& [diff_id, layer] : sent) result.uploaded_bytes += layer.uploaded_bytes;
    for (const ImageStore::Layer& layer : layers) manifest.layers.push_back(sent.at(layer.diff_id).blob);
    manifest.config = {docker ? media::kDockerConfig : media::kOciConfig,
                       image->id,
                       static_cast<int64_t>(config.size()),
                       {}};
    if (!has_blob(session, image->id)) upload_small_blob(session, config, image->id);
    put_manifest(session, manifest_json(manifest, docker), docker, result);
    result.reference = reference_.familiar();
    transfer_.store.record_manifest(image->id, reference_.registry + '/' + reference_.repository,
                                    result.digest);
    events_.status(reference_.tag + ": digest: " + result.digest + " size: " + std::to_string(result.size));
    return result;
  }

 private:
  std::vector<ImageStore::Layer> layers_of(const StoredImage& image) {
    std::vector<ImageStore::Layer> layers;
    for (const std::string& chain : image.chain_ids) {
      const std::optional<ImageStore::Layer> layer = transfer_.store.find_layer(chain);
      if (!layer)
        throw Error(Error::Kind::kUnavailable, "push " + reference_.familiar() + ": layer sha256:" + chain +
                                                   " is missing in the store; pull or build the image again");
      layers.push_back(*layer);
    }
    return layers;
  }

  void put_manifest(Session& session, const std::string& bytes, bool docker, PushResult& result) {
    result.digest = "sha256:" + sha256_hex(bytes);
    result.size = static_cast<int64_t>(bytes.size());
    HttpRequest request;
    request.method = "PUT";
    request.url = session.url("manifests/" + reference_.tag);
    request.headers.push_back(std::string("Content-Type: ") +
                              (docker ? media::kDockerManifest : media::kOciManifest));
    request.body = bytes;
    const HttpResponse response = session.send(request, "push of image " + reference_.familiar());
    const std::string said = response.header("docker-content-digest");
    if (!digest_hex(said).empty() && said != result.digest)
      throw Error(Error::Kind::kInvalid, "push of image " + reference_.familiar() + ": the registry took " +
                                             said + " for the manifest " + result.digest);
  }

  const Transfer& transfer_;
  TransferObserver& observer_;
  EventRelay events_;
  const Reference reference_;
};

}  // namespace

PushResult push(const Transfer& transfer, const PushRequest& request, TransferObserver& observer) {
  return Push(transfer, request, observer).run();
}

}  // namespace engine::registry
