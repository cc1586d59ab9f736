#pragma once
// One blob to a registry. Source: OCI distribution-spec 1.1, "Pushing blobs", "Mounting a blob".
#include <functional>
#include <string>

#include "engine/registry/growing_file.h"
#include "engine/registry/session.h"

namespace engine::registry {

struct UploadEvents {
  std::function<void(int64_t done)> bytes;
  std::function<void(int seconds, const std::string& why)> retrying;
};

// Whether the repository has the blob.
bool has_blob(Session& session, const std::string& digest);
// Takes the blob over from another repository of the same registry; false when the registry does not, which
// it need not.
bool mount_blob(Session& session, const std::string& digest, const std::string& from_repository);

// Sends a file that may still be growing, from where the registry says it has got to after a broken
// connection. `size`: -1 when it grows. `digest` is asked for when all is sent. Returns the bytes sent,
// repeated ones included. Throws as Session::send_once, and what reading the file throws.
class BlobUpload {
 public:
  BlobUpload(Session& session, const Tuning& tuning, Cancellation& cancellation)
      : session_(session), tuning_(tuning), cancellation_(cancellation) {}
  int64_t run(GrowingFile& file, int64_t size, const std::function<std::string()>& digest,
              const UploadEvents& events);

 private:
  void begin();
  void send_rest(GrowingFile& file, int64_t size, const UploadEvents& events);
  void find_position();
  void follow(const HttpResponse& response);

  Session& session_;
  const Tuning& tuning_;
  Cancellation& cancellation_;
  std::string location_;  // of the upload; empty: none yet
  int64_t offset_ = 0;    // that the registry has
  int64_t furthest_ = 0;  // end of what was sent, ever
  int64_t sent_ = 0;
};

// Bytes in memory, at once.
void upload_small_blob(Session& session, const std::string& bytes, const std::string& digest);

}  // namespace engine::registry
