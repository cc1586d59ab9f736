#include "engine/registry/blob_download.h"

#include <algorithm>
#include <cstdlib>

#include "engine/image/digest.h"

namespace engine::registry {

namespace {

constexpr int64_t kProgress = 64 << 10;  // what an attempt must bring to count as a good one

// "bytes 100-199/200": 100; -1 when it is not understood.
int64_t range_start(const std::string& header) {
  if (header.rfind("bytes ", 0) != 0) return -1;
  char* end = nullptr;
  const int64_t start = std::strtoll(header.c_str() + 6, &end, 10);
  return *end == '-' ? start : -1;
}

}  // namespace

struct BlobDownload::Progress {
  const Descriptor& blob;
  GrowingFile& file;
  const DownloadEvents& events;
  Sha256 hash{};
  int64_t received = 0;
  int64_t skip = 0;        // bytes of the present answer that are here already
  bool no_ranges = false;  // the server refuses them
  size_t next_url = 0;
  std::string foreign{};  // a URL of the descriptor; empty: the registry

  std::string name() const { return "blob " + blob.digest; }
};

void BlobDownload::run(const Descriptor& blob, GrowingFile& file, const DownloadEvents& events) {
  Progress progress{blob, file, events};
  Backoff backoff(tuning_, cancellation_);
  while (progress.received < blob.size) {
    const int64_t before = progress.received;
    try {
      attempt(progress);
    } catch (const Refusal& refusal) {
      if (refusal.status() == 416 && progress.received > 0 && !progress.no_ranges) {
        progress.no_ranges = true;
        continue;
      }
      if (refusal.kind() == Error::Kind::kNotFound) {
        use_other_source(progress, refusal);
        continue;
      }
      const std::string why = refusal.what();
      if (!backoff.next(pause_wanted(std::current_exception()), [&](int s) { events.retrying(s, why); }))
        throw;
    } catch (const HttpFailure& failure) {
      if (progress.received - before >= kProgress) backoff.reset();
      const std::string why = failure.what();
      if (!backoff.next(pause_wanted(std::current_exception()), [&](int s) { events.retrying(s, why); }))
        throw;
    }
  }
  const std::string digest = "sha256:" + progress.hash.hex();
  if (digest != blob.digest)
    throw Error(Error::Kind::kInvalid, "registry " + session_.endpoint().registry + ": blob " + blob.digest +
                                           " of " + session_.repository() + " came with other content (" +
                                           digest + ')');
  file.finish();
}

void BlobDownload::use_other_source(Progress& progress, const Refusal& refusal) {
  if (progress.next_url >= progress.blob.urls.size()) throw Refusal(refusal);
  progress.foreign = progress.blob.urls[progress.next_url++];
}

HttpResponse BlobDownload::send(const HttpRequest& request, Progress& progress) {
  if (progress.foreign.empty())
    return session_.send_once(request, progress.name() + " of " + session_.repository());
  HttpRequest elsewhere = request;
  elsewhere.url = progress.foreign;
  elsewhere.plain_allowed = true;  // the digest speaks for the bytes
  HttpResponse response = http_.send(elsewhere);
  if (response.status >= 400) {
    const Error::Kind kind =
        response.status == 429 || response.status >= 500 ? Error::Kind::kUnavailable : Error::Kind::kNotFound;
    throw Refusal(kind, response.status, response.url.origin() + ": HTTP " + std::to_string(response.status),
                  {});
  }
  return response;
}

void BlobDownload::attempt(Progress& progress) {
  const Descriptor& blob = progress.blob;
  HttpRequest request;
  request.url = session_.url("blobs/" + blob.digest);
  progress.skip = progress.received;
  if (progress.received > 0 && !progress.no_ranges)
    request.headers.push_back("Range: bytes=" + std::to_string(progress.received) + '-');
  request.begun = [&](const HttpResponse& response) {
    if (response.status == 206 && range_start(response.header("content-range")) == progress.received)
      progress.skip = 0;
    else if (response.status != 200)
      throw Error(Error::Kind::kInvalid,
                  progress.name() + ": the server sends another part than was asked for");
    const std::string length = response.header("content-length");
    const int64_t expected = blob.size - (progress.received - progress.skip);
    if (!length.empty() && response.header("content-encoding").empty() &&
        std::strtoll(length.c_str(), nullptr, 10) != expected)
      throw Error(Error::Kind::kInvalid, progress.name() + ": the manifest says " + std::to_string(expected) +
                                             " bytes, the server " + length);
  };
  request.sink = [&](const char* data, size_t size) {
    if (abandoned_) throw Error(Error::Kind::kUnavailable, progress.name() + ": wanted no more");
    bytes_ += static_cast<int64_t>(size);
    const size_t known = static_cast<size_t>(std::min<int64_t>(progress.skip, static_cast<int64_t>(size)));
    progress.skip -= static_cast<int64_t>(known);
    data += known;
    size -= known;
    if (static_cast<int64_t>(size) > blob.size - progress.received)
      throw Error(Error::Kind::kInvalid, progress.name() + ": more bytes came than the " +
                                             std::to_string(blob.size) + " of the manifest");
    progress.hash.update(data, size);
    progress.file.append(data, size);
    progress.received += static_cast<int64_t>(size);
    progress.events.bytes(progress.received);
  };
  send(request, progress);
  if (progress.received < blob.size)
    throw HttpFailure(progress.name() + ": the answer ended after " + std::to_string(progress.received) +
                          " of " + std::to_string(blob.size) + " bytes",
                      true);
}

}  // namespace engine::registry
