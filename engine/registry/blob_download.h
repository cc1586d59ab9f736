#pragma once
// One blob from a registry into a file: verified by size and digest as it comes, taken up again where it was
// cut off. Source: OCI distribution-spec 1.1, "Pulling blobs"; RFC 9110, 14.2 Range.
#include <atomic>
#include <functional>
#include <string>

#include "engine/http/http_client.h"
#include "engine/image/manifest.h"
#include "engine/registry/growing_file.h"
#include "engine/registry/session.h"

namespace engine::registry {

struct DownloadEvents {
  std::function<void(int64_t done)> bytes;
  std::function<void(int seconds, const std::string& why)> retrying;
};

// Used by one thread.
class BlobDownload {
 public:
  // `abandoned`: the bytes are wanted no more; seen at the next ones.
  BlobDownload(HttpClient& http, Session& session, const Tuning& tuning, Cancellation& cancellation,
               const std::atomic<bool>& abandoned)
      : http_(http), session_(session), tuning_(tuning), cancellation_(cancellation), abandoned_(abandoned) {}

  // Ends with `file` finished, or throws: kInvalid for wrong bytes, else as Session::send_once. Where the
  // registry does not have the blob, the descriptor's URLs are tried, as nobody.
  void run(const Descriptor& blob, GrowingFile& file, const DownloadEvents& events);
  int64_t bytes() const { return bytes_; }  // that came over the wire

 private:
  struct Progress;
  void attempt(Progress& progress);
  HttpResponse send(const HttpRequest& request, Progress& progress);
  void use_other_source(Progress& progress, const Refusal& refusal);

  HttpClient& http_;
  Session& session_;
  const Tuning& tuning_;
  Cancellation& cancellation_;
  const std::atomic<bool>& abandoned_;
  int64_t bytes_ = 0;
};

}  // namespace engine::registry
