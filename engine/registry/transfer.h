#pragma once
// Images between this machine and registries: what is asked for, who hears of it, what comes of it. The verbs
// are Engine::pull_image, push_image and resolve_digest (engine/engine.h); credentials are login.h's.
//
// Source: OCI distribution-spec 1.1; Docker Registry HTTP API V2.
#include <cstdint>
#include <string>

namespace engine {

struct PullRequest {
  std::string reference;  // as a user writes it: "busybox", "registry:5000/a/b:1", "a@sha256:..."
  std::string platform;   // "linux/arm64", "linux/arm/v7", "arm64"; empty: this machine's
};

struct PullResult {
  std::string image_id;   // sha256:..., the digest of the image's configuration
  std::string reference;  // what was tagged: "docker.io/library/busybox:latest"
  std::string digest;     // sha256:..., of the manifest or index that the name stands for in the registry
  bool newer = false;     // false: the name stood for this image here before
  int64_t downloaded_bytes = 0;
};

struct PushRequest {
  std::string reference;  // of an image in the store; says the registry and repository too. No digest
};

struct PushResult {
  std::string reference;  // "registry:5000/a/b:1"
  std::string digest;     // sha256:..., of the manifest
  int64_t size = 0;       // bytes of the manifest, which is the "size:" that docker push prints
  int64_t uploaded_bytes = 0;
};

// One step of one layer.
struct LayerEvent {
  enum class State {
    kWaiting,      // for its turn, or for another process that is just fetching the same layer
    kDownloading,  // bytes come, and are unpacked as they come
    kVerifying,    // all bytes are here
    kExtracting,   // all bytes are here and right; unpacking goes on
    kRetrying,     // the connection broke or the registry was busy; on again in `retry_in_s` seconds
    kDone,         // pull complete: in the store
    kExists,       // was in the store (pull), is in the repository (push)
    kPreparing,    // is compressed
    kPushing,      // is sent; total 0: not known yet, as it is still being compressed
    kPushed,
    kMounted,  // taken over from another repository of the registry, `detail`
  };
  std::string id;  // 12 hex digits: of the blob's digest when pulled, of the diff id when pushed
  State state = State::kWaiting;
  int64_t done = 0, total = 0;  // bytes of the blob, with kDownloading and kPushing
  int retry_in_s = 0;
  std::string detail;  // why it is tried again; where it was mounted from
};

// Hears of progress. Calls come from several threads but never two at a time, so an implementation needs no
// lock of its own against them; it must not call back into the engine. Bytes are told at most ten times a
// second for each layer.
class TransferObserver {
 public:
  virtual ~TransferObserver() = default;
  virtual void layer(const LayerEvent& event) = 0;
  // A line as docker prints it: "latest: Pulling from library/busybox", "The push refers to repository
  // [...]".
  virtual void status(const std::string& line) = 0;
  virtual void warning(const std::string& text) = 0;
  // The transfer ends soon after with engine::Error(kUnavailable) "... was cancelled"; finished layers stay.
  virtual bool cancelled() = 0;  // asked from any thread, possibly at the same time as others
  virtual int cancel_fd() = 0;   // readable when cancelled; -1: never
};

}  // namespace engine
