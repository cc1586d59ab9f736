#include "engine/registry/layer_send.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <thread>

#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/registry/blob_upload.h"
#include "engine/registry/gzip_blocks.h"

namespace engine::registry {

namespace {

using State = LayerEvent::State;
constexpr int kMountTries = 3;

// The same kind of layer in the other family of media types.
std::string converted(const std::string& type, bool docker) {
  switch (compression_of(type, "layer")) {
    case Compression::kNone:
      return docker ? media::kDockerTar : media::kOciTar;
    case Compression::kZstd:
      return media::kOciTarZstd;
    default:
      return docker ? media::kDockerTarGzip : media::kOciTarGzip;
  }
}

// A layer's tar, compressed into a file on a thread of its own.
class Compressor {
 public:
  Compressor(const SendContext& context, const ImageStore::Layer& layer, GrowingFile& file)
      : context_(context), layer_(layer), file_(file), thread_([this] { run(); }) {}
  ~Compressor() {
    abandoned_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Waits for the end; throws what went wrong.
  const std::string& digest() {
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return digest_;
  }

 private:
  void run() {
    try {
      Sha256 hash;
      GzipBlocks gzip(threads(), [&](const char* data, size_t size) {
        if (abandoned_ || context_.cancellation.stopped())
          throw Error(Error::Kind::kUnavailable, "the push was cancelled");
        hash.update(data, size);
        file_.append(data, size);
      });
      context_.blobs.write_tar(layer_, [&](const char* data, size_t size) { gzip.write(data, size); });
      gzip.finish();
      digest_ = "sha256:" + hash.hex();
      file_.finish();
    } catch (...) {
      failure_ = std::current_exception();
      file_.fail();
    }
  }

  static int threads() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 4U)); }

  const SendContext& context_;
  const ImageStore::Layer& layer_;
  GrowingFile& file_;
  std::string digest_;
  std::exception_ptr failure_;
  std::atomic<bool> abandoned_{false};
  std::thread thread_;  // last: it uses the others
};

class Sender {
 public:
  Sender(const SendContext& context, const ImageStore::Layer& layer)
      : context_(context),
        layer_(layer),
        id_(layer.diff_id.substr(7, 12)),
        here_(context.session.endpoint().registry + '/' + context.session.repository()) {}

  SentLayer run() {
    context_.cancellation.check("the push");
    std::vector<LayerBlob> known = context_.blobs.of(layer_.diff_id);
    if (context_.docker) {  // Docker's manifests have no zstd
      std::erase_if(known, [](const LayerBlob& blob) {
        return compression_of(blob.media_type, "layer") == Compression::kZstd;
      });
    }
    for (const LayerBlob& blob : known) {
      if (has_blob(context_.session, blob.digest)) return done(blob, State::kExists, 0);
      context_.blobs.forget_repository(blob.digest, here_);
    }
    for (const LayerBlob& blob : known) {
      if (const std::optional<std::string> from = mount(blob)) return done(blob, State::kMounted, 0, *from);
    }
    if (!known.empty() && known.front().kept) return send_kept(known.front());
    return send_compressed();
  }

 private:
  std::optional<std::string> mount(const LayerBlob& blob) {
    const std::string registry = context_.session.endpoint().registry + '/';
    int tries = 0;
    for (const std::string& repository : context_.blobs.repositories(blob.digest)) {
      if (repository.rfind(registry, 0) != 0 || repository == here_ || ++tries > kMountTries) continue;
      const std::string from = repository.substr(registry.size());
      if (mount_blob(context_.session, blob.digest, from)) return from;
      context_.blobs.forget_repository(blob.digest, repository);
    }
    return std::nullopt;
  }

  UploadEvents events(int64_t total) {
    UploadEvents events;
    events.bytes = [this, total](int64_t bytes) {
      context_.events.bytes(id_, State::kPushing, bytes, total);
    };
    events.retrying = [this](int seconds, const std::string& why) {
      context_.events.retrying(id_, seconds, why);
    };
    return events;
  }

  SentLayer send_kept(const LayerBlob& blob) {
    GrowingFile file = GrowingFile::whole(context_.blobs.path(blob.digest));
    BlobUpload upload(context_.session, context_.tuning, context_.cancellation);
    const int64_t sent = upload.run(
        file, blob.size, [&] { return blob.digest; }, events(blob.size));
    return done(blob, State::kPushed, sent);
  }

  SentLayer send_compressed() {
    context_.events.state(id_, State::kPreparing);
    const ImageStore::Draft draft = context_.store.new_draft();
    GrowingFile file(draft.path() + "/blob");
    BlobUpload upload(context_.session, context_.tuning, context_.cancellation);
    Compressor compressor(context_, layer_, file);
    int64_t sent = 0;
    try {
      sent = upload.run(
          file, -1, [&] { return compressor.digest(); }, events(0));
    } catch (const Error&) {
      if (file.failed()) compressor.digest();  // throws why
      throw;
    }
    const LayerBlob blob{compressor.digest(), context_.docker ? media::kDockerTarGzip : media::kOciTarGzip,
                         file.written(), false};
    return done(blob, State::kPushed, sent);
  }

  SentLayer done(const LayerBlob& blob, State state, int64_t sent, const std::string& detail = {}) {
    if (!blob.kept) context_.blobs.record(layer_.diff_id, blob);
    context_.blobs.record_repository(blob.digest, here_);
    context_.events.state(id_, state, detail);
    return {{converted(blob.media_type, context_.docker), blob.digest, blob.size, {}}, sent};
  }

  const SendContext& context_;
  const ImageStore::Layer& layer_;
  const std::string id_, here_;
};

}  // namespace

SentLayer send_layer(const SendContext& context, const ImageStore::Layer& layer) {
  return Sender(context, layer).run();
}

}  // namespace engine::registry
