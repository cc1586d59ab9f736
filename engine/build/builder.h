#pragma once
// Building an image from a Dockerfile.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/build/named_context.h"

namespace engine {

class ImageStore;
namespace build {
class Downloader;
class StepGate;
}  // namespace build

// Where the bytes of a secret are: in a file, read when a step asks for it, or given.
struct BuildSecret {
  std::string file;  // empty: `value`
  std::string value;
};

struct BuildUlimit {
  int64_t soft = 0, hard = 0;  // -1: unlimited
};

// How RUN steps are run; no part of what a step makes, and so none of its cache key.
struct BuildSandbox {
  std::string network;                         // of steps that name none: "" or "default", "none", "host"
  bool allow_host_network = false;             // RUN --network=host; implied by network "host"
  bool allow_insecure = false;                 // RUN --security=insecure
  std::vector<std::string> extra_hosts;        // "name=address", address may be "host-gateway"
  int64_t shm_size = 0;                        // bytes; 0: as for containers
  int64_t memory = 0;                          // bytes; 0: no limit
  std::map<std::string, BuildUlimit> ulimits;  // by name: nofile
};

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
  std::set<std::string> no_cache_stages;       // whose steps are run anew; stages by name, in any case
  bool pull = false;                           // images are looked for anew, even those in the store
  std::map<std::string, BuildSecret> secrets;  // by id, for RUN --mount=type=secret
  std::map<std::string, std::vector<std::string>> ssh;  // by id: an agent's socket, or files of private keys
  BuildSandbox sandbox;
};

struct BuildResult {
  std::string image_id;  // sha256:...
  int steps_total = 0, steps_cached = 0;
};

// One instruction of one stage.
struct BuildStep {
  int id = 0;                 // from 1, unique in the build, in the order of the Dockerfile
  std::string stage;          // its name, "stage-1" for one without; empty when the build has a single stage
  int number = 0, total = 0;  // within its stage, from 1; FROM counts
  std::string instruction;    // first line of it

  std::string tag() const;  // "[2/7]", "[app 2/7]"
};

// Hears of progress. Stages are built at the same time: the calls come from several threads, one at a time,
// and those of different steps are mixed. Between begin and end of a step are its outputs.
class BuildObserver {
 public:
  virtual ~BuildObserver() = default;
  virtual void step(const BuildStep& step, bool cached) = 0;                 // begins
  virtual void output(const BuildStep& step, const std::string& bytes) = 0;  // of RUN, as it comes
  virtual void finished(const BuildStep& step, bool ok, int64_t milliseconds) = 0;
  virtual void warning(const std::string& text) = 0;  // with file:line
  // The two that follow may be called at any time, from any thread.
  virtual bool cancelled() = 0;
  virtual int cancel_fd() = 0;  // readable when cancelled; -1: never
};

// What a RUN step sees at `target` while it runs, beside its root.
struct RunMount {
  enum class Type {
    kFolder,  // `source` of the host: a file or folder
    kLayers,  // `source` in a stack of layers; what is written goes to `scratch`
    kTmpfs,
    kFile,  // of `content`, in memory only
    kSsh,   // a socket that leads to an agent
  };
  Type type = Type::kFolder;
  std::string target;               // absolute
  std::string source;               // kFolder: host path; kLayers: path within
  std::vector<std::string> layers;  // topmost first
  std::string scratch;              // kLayers: an empty folder of the layers' file system
  bool read_only = false;
  std::string content;
  uint32_t uid = 0, gid = 0, mode = 0;  // kFile, kSsh
  int64_t size = 0;                     // kTmpfs: bytes; 0: the kernel's default
  std::vector<std::string> agents;      // kSsh: an agent's socket, or files of private keys
};

// How the builder runs a RUN step; the engine implements it with the runtime and a build network.
struct RunRequest {
  std::vector<std::string> lower_dirs;  // topmost first
  std::string upper_dir, work_dir;
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string working_dir, user;
  std::vector<RunMount> mounts;  // parents before children
  std::string network;           // "default", "none", "host"
  bool insecure = false;         // with all rights, as a privileged container
  BuildSandbox sandbox;
};
class StepRunner {
 public:
  virtual ~StepRunner() = default;
  // Returns the exit code. Throws engine::Error when it could not be run. Ends what runs and throws once
  // `cancel_fd` is readable. Called from several threads.
  virtual int run(const RunRequest& request, const std::function<void(const std::string&)>& output,
                  int cancel_fd) = 0;
};

// Where a build gets images that the store does not have, or not the newest of.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  // Brings the image into the store, so that ImageStore::find(reference) finds it. `refresh`: one is there,
  // and a newer one is wanted. Throws engine::Error, without a place; kNotFound when there is none to be had.
  // One call at a time in a build, before its first step.
  virtual void bring(const std::string& reference, bool refresh, BuildObserver& observer) = 0;
};

// What a build works with; all of it outlives the build.
struct BuildWorkshop {
  ImageStore& store;
  StepRunner& runner;
  ImageSource& images;
  build::StepGate& gate;   // shared by builds of this process, so that none does what another is just doing
  std::string cache_root;  // folder of the cache mounts; made when needed
  build::Downloader& downloader;  // of what ADD names by a URL
};

// Throws engine::Error: kInvalid with "Dockerfile:3: ..." for errors in the file, kInternal with the step,
// file:line, the lines around it and the last output lines when a RUN fails. What was built before stays in
// the cache. The first stage to fail ends the others.
BuildResult build_image(const BuildWorkshop& workshop, const BuildRequest& request, BuildObserver& observer);

}  // namespace engine
