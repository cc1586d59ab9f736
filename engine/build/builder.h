#pragma once
// Building an image from a Dockerfile.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/named_context.h"

namespace engine {

class ImageStore;
namespace build {
class Downloader;
}

struct BuildRequest {
  std::string context;            // absolute folder
  std::string dockerfile;         // relative to context or absolute; "Dockerfile"
  std::string dockerfile_inline;  // used instead of the file when not empty
  std::map<std::string, std::optional<std::string>> args;
  std::map<std::string, std::string> labels;
  NamedContexts contexts;         // by the name that FROM and COPY --from use
  std::string target;             // stage; empty: the last
  std::vector<std::string> tags;  // references to set on the result
  bool no_cache = false;
};

struct BuildResult {
  std::string image_id;  // sha256:...
  int steps_total = 0, steps_cached = 0;
};

// Hears of progress; called from the building thread.
class BuildObserver {
 public:
  virtual ~BuildObserver() = default;
  // "[2/7] RUN apt-get update", 1-based numbers over the stages that are built.
  virtual void step(int number, int total, const std::string& instruction, bool cached) = 0;
  virtual void output(const std::string& bytes) = 0;  // of RUN, as it comes
  virtual void finished(int number, int64_t milliseconds) = 0;
  virtual void warning(const std::string& text) = 0;  // with file:line
  virtual bool cancelled() = 0;                       // polled between steps
  virtual int cancel_fd() = 0;                        // readable when cancelled; -1: never
};

// How the builder runs a RUN step; the engine implements it with the runtime and a build network.
struct RunRequest {
  std::vector<std::string> lower_dirs;  // topmost first
  std::string upper_dir, work_dir;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string working_dir, user;
};
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // Returns the exit code. Throws engine::Error when it could not be run.
  virtual int run(const RunRequest& request, const std::function<void(const std::string&)>& output,
                  int cancel_fd) = 0;
};

// Throws engine::Error: kInvalid with "Dockerfile:3: ..." for errors in the file, kInternal with the step,
// file:line and the last output lines when a RUN fails. What was built before stays in the cache.
BuildResult build_image(ImageStore& store, StepRunner& runner, build::Downloader& downloader,
                        const BuildRequest& request, BuildObserver& observer);

}  // namespace engine
