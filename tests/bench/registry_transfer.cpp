// registry_transfer DATA_ROOT pull|push|resolve REFERENCE [PLATFORM]
// registry_transfer DATA_ROOT import REFERENCE ARCHIVE
// Run by pull.sh and by hand: transfers and nothing else, with every event on a line.
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "engine/engine.h"

namespace {

const char* name_of(engine::LayerEvent::State state) {
  using State = engine::LayerEvent::State;
  switch (state) {
    case State::kWaiting:
      return "waiting";
    case State::kDownloading:
      return "downloading";
    case State::kVerifying:
      return "verifying";
    case State::kExtracting:
      return "extracting";
    case State::kRetrying:
      return "retrying";
    case State::kDone:
      return "done";
    case State::kExists:
      return "exists";
    case State::kPreparing:
      return "preparing";
    case State::kPushing:
      return "pushing";
    case State::kPushed:
      return "pushed";
    case State::kMounted:
      return "mounted";
  }
  return "";
}

class Lines final : public engine::TransferObserver {
 public:
  void layer(const engine::LayerEvent& event) override {
    std::printf("%s %s %lld/%lld %d %s\n", event.id.c_str(), name_of(event.state),
                static_cast<long long>(event.done), static_cast<long long>(event.total), event.retry_in_s,
                event.detail.c_str());
  }
  void status(const std::string& line) override { std::printf("%s\n", line.c_str()); }
  void warning(const std::string& text) override { std::printf("warning: %s\n", text.c_str()); }
  bool cancelled() override { return false; }
  int cancel_fd() override { return -1; }
};

int run(int count, char** words) {
  const std::string root = words[1], verb = words[2], reference = words[3];
  const auto engine = engine::open_local_engine({root + "/data", root + "/run"});
  Lines lines;
  if (verb == "pull") {
    const engine::PullResult result = engine->pull_image({reference, count > 4 ? words[4] : ""}, lines);
    std::printf("image %s digest %s %s %lld bytes\n", result.image_id.c_str(), result.digest.c_str(),
                result.newer ? "newer" : "same", static_cast<long long>(result.downloaded_bytes));
  } else if (verb == "push") {
    const engine::PushResult result = engine->push_image({reference}, lines);
    std::printf("pushed %s %lld bytes\n", result.digest.c_str(),
                static_cast<long long>(result.uploaded_bytes));
  } else if (verb == "resolve") {
    std::printf("%s\n", engine->resolve_digest(reference).c_str());
  } else if (verb == "import" && count > 4) {
    std::printf("%s\n", engine->import_image({words[4], "", reference, {}, ""}).id.c_str());
  } else {
    return 2;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 2;
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "registry_transfer: %s\n", error.what());
    return 1;
  }
}
