#include "engine/registry/layer_fetch.h"

#include <unistd.h>

#include <atomic>
#include <exception>
#include <thread>

#include "engine/error.h"
#include "engine/registry/blob_download.h"
#include "engine/registry/growing_file.h"
#include "engine/registry/layer_unpack.h"

namespace engine::registry {

namespace {

using State = LayerEvent::State;

// A download on a thread of its own; joined whatever happens.
class Downloader {
 public:
  Downloader(const FetchContext& context, const LayerOrder& order, GrowingFile& file)
      : context_(context),
        order_(order),
        file_(file),
        download_(context.http, context.session, context.tuning, context.cancellation, abandoned_),
        thread_([this] { run(); }) {}
  ~Downloader() {
    abandoned_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Downloader(const Downloader&) = delete;
  Downloader& operator=(const Downloader&) = delete;

  // Waits for the end; throws what went wrong.
  void join() {
    thread_.join();
    if (failure_) std::rethrow_exception(failure_);
  }
  int64_t bytes() const { return download_.bytes(); }  // after join

 private:
  void run() {
    const std::string id = order_.id();
    DownloadEvents events;
    events.bytes = [&](int64_t done) {
      context_.events.bytes(id, State::kDownloading, done, order_.blob.size);
    };
    events.retrying = [&](int seconds, const std::string& why) {
      context_.events.retrying(id, seconds, why);
    };
    try {
      download_.run(order_.blob, file_, events);
      context_.events.state(id, State::kVerifying);
      context_.events.state(id, State::kExtracting);
    } catch (...) {
      failure_ = std::current_exception();
      file_.fail();
    }
  }

  const FetchContext& context_;
  const LayerOrder& order_;
  GrowingFile& file_;
  std::atomic<bool> abandoned_{false};
  BlobDownload download_;
  std::exception_ptr failure_;
  std::thread thread_;  // last: it uses the others
};

std::string unpack(const FetchContext& context, const LayerOrder& order, GrowingFile& file,
                   const std::string& folder) {
  int64_t offset = 0;
  const ByteSource source = [&](char* buffer, size_t size) {
    context.cancellation.check("the pull");
    const size_t n = file.read(offset, buffer, size);
    offset += static_cast<int64_t>(n);
    return n;
  };
  return unpack_layer(source, "layer " + order.blob.digest, folder);
}

void check_diff_id(const LayerOrder& order, const std::string& diff_id) {
  if (diff_id == order.diff_id) return;
  throw Error(Error::Kind::kInvalid, "layer " + order.blob.digest + " holds the files " + diff_id +
                                         ", but the image's configuration says " + order.diff_id);
}

// Returns the bytes that came over the wire.
int64_t download_and_unpack(const FetchContext& context, const LayerOrder& order, const FetchedLayer& layer) {
  GrowingFile file(layer.blob_file);
  Downloader downloader(context, order, file);
  std::string diff_id;
  std::exception_ptr failure;
  try {
    diff_id = unpack(context, order, file, layer.draft.diff());
  } catch (const Error&) {
    failure = std::current_exception();
  }
  // Wrong bytes explain why they could not be unpacked, so the download's end comes first. It goes on to the
  // end for that: a layer that is right but cannot be unpacked is rare. A full disk (sys::Error) is another
  // matter.
  downloader.join();
  if (failure) std::rethrow_exception(failure);
  check_diff_id(order, diff_id);
  return downloader.bytes();
}

// The blob came with another image; a second name of its file is committed in place of a download.
bool link_kept_blob(const FetchContext& context, const FetchedLayer& layer) {
  return ::link(context.blobs.path(layer.blob.digest).c_str(), layer.blob_file.c_str()) == 0;
}

}  // namespace

std::unique_ptr<FetchedLayer> fetch_layer(const FetchContext& context, const LayerOrder& order) {
  const std::string id = order.id();
  LayerLock lock(context.paths, order.chain_id, context.cancellation,
                 [&] { context.events.state(id, State::kWaiting, "another process is fetching it"); });
  if (context.store.find_layer(order.chain_id)) return nullptr;
  auto layer = std::make_unique<FetchedLayer>(
      FetchedLayer{std::move(lock), context.store.new_draft(), context.store.new_draft(), {}, {}});
  layer->blob_file = layer->blob_draft.path() + "/blob";
  layer->blob = {order.blob.digest, order.blob.media_type, order.blob.size, true};
  if (link_kept_blob(context, *layer)) {
    context.events.state(id, State::kExtracting);
    GrowingFile file = GrowingFile::whole(layer->blob_file);
    check_diff_id(order, unpack(context, order, file, layer->draft.diff()));
  } else {
    layer->downloaded_bytes = download_and_unpack(context, order, *layer);
  }
  return layer;
}

}  // namespace engine::registry
