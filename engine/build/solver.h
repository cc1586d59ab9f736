#pragma once
// Executes the stages of a Dockerfile, those that do not depend on each other at the same time.
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/build/build_stop.h"
#include "engine/build/builder.h"
#include "engine/build/cache_mounts.h"
#include "engine/build/checks.h"
#include "engine/build/content_digest.h"
#include "engine/build/copier.h"
#include "engine/build/copy_source.h"
#include "engine/build/downloader.h"
#include "engine/build/field_digest.h"
#include "engine/build/named_context.h"
#include "engine/build/remote_file.h"
#include "engine/build/stage_board.h"
#include "engine/build/stage_state.h"
#include "engine/build/stages.h"
#include "engine/build/step_cache.h"
#include "engine/build/step_gate.h"

namespace engine::build {

// One build. Used once; run() returns when all its threads, one for each stage, have ended. A stage begins
// when the one it is based on is done, and waits where it takes files from another. The first failure stops
// all of them. What several stages use is guarded by the mutexes below.
class Solver {
 public:
  Solver(const BuildWorkshop& workshop, const BuildRequest& request, BuildObserver& observer,
         const Dockerfile& file, IgnoreRules rules);
  BuildResult run();

 private:
  // A stage at work; only its own thread uses it.
  struct StageWork {
    const PlannedStage& planned;
    StageState state;
    BuildStep step;  // the present one
    bool begun = false;
    int64_t started_ms = 0;
  };
  // A step that makes a layer, ready to be looked up or made.
  struct LayerStep {
    std::string key;
    std::string created_by;
    // False: what was made may not be what the key says, so it must not go into the cache.
    std::function<bool(ImageStore::Draft&)> make;
  };

  void warn(const std::string& text);
  StoredImage find_image(const std::string& name, const Place& place);
  void tell(const CheckReport& report);
  void build_stages();
  void build_stage(const PlannedStage& planned);
  StageState begin_stage(const PlannedStage& planned);
  void fail(const std::exception_ptr& error);
  void check_stopped(const Instruction& step);
  void perform(StageWork& work, const Instruction& step);
  void begin_step(StageWork& work, bool cached);
  void end_step(StageWork& work, bool ok);
  void execute(const Instruction& step, StageWork& work);
  void metadata_step(StageWork& work, const std::string& created_by);
  void layer_step(const Instruction& step, StageWork& work, const LayerStep& todo);
  StepCache::Hit make_layer(const StageState& state, const LayerStep& todo);
  std::string finish(StageState state);
  bool is_stored(const std::string& name, const std::string& id);

  // run_step.cpp
  LayerStep run_step(const Instruction& step, const Run& run, const StageWork& work, const Expander& expand);
  void run_command(const Instruction& step, const StageWork& work, RunRequest run, const std::string& script,
                   ImageStore::Draft& draft);
  // run_mounts.cpp: what RUN's --mount flags ask for, and what of it counts for the cache.
  struct MountPlan {
    MountFlag flag;
    std::string text;                     // as written, for messages
    std::shared_ptr<CopySource> source;   // kBind, kCache with `from`
    std::vector<CopySource::Item> items;  // the one that is mounted
    std::string digest;                   // of what it is and, for kBind, of what it holds
  };
  struct HeldMounts;
  std::vector<MountPlan> plan_mounts(const Instruction& step, const Run& run, const StageWork& work,
                                     const Expander& expand);
  MountPlan plan_mount(const Instruction& step, const std::string& text, const StageWork& work,
                       const Expander& expand);
  HeldMounts hold_mounts(const Instruction& step, const std::vector<MountPlan>& plans, RunRequest& run);
  std::shared_ptr<ImageStore::Draft> context_copy(const MountPlan& plan);
  void hold_caches(const Instruction& step, const std::vector<MountPlan>& plans, HeldMounts& held);
  void add_secret(const Instruction& step, const MountPlan& plan, RunRequest& run);
  void add_ssh(const Instruction& step, const MountPlan& plan, RunRequest& run, int number);
  // copy_step.cpp
  struct CopyWork {
    std::vector<CopyPart> parts;
    std::map<size_t, std::shared_ptr<RemoteFile>> remote;  // by the part each belongs to
    std::vector<InlineFile> files;
    CopyOptions options;
    std::string key;
  };
  using RemoteFiles = std::map<std::string, std::shared_ptr<RemoteFile>>;  // by URL, of one step
  CopyWork prepare_copy(const Instruction& step, const Copy& copy, const StageState& state, size_t stage,
                        const Expander& expand, RemoteFiles& remote);
  LayerStep copy_step(const Instruction& step, const Copy& copy, const StageState& state, size_t stage,
                      const Expander& expand);
  std::shared_ptr<CopySource> copy_source(const Instruction& step, const Copy& copy, size_t stage,
                                          std::string& identity);
  std::shared_ptr<CopySource> interruptible(CopySource source);
  std::shared_ptr<CopySource> context_at(const std::string& folder);
  void add_remote(CopyWork& work, const Copy& copy, const std::string& url, RemoteFiles& remote,
                  FieldDigest& key);
  std::vector<CopyPart> with_remote(const CopyWork& work) const;
  std::string digest_items(const CopyPart& part, const CopyOptions& options, const std::string& identity,
                           const std::string& pattern);
  void workdir_step(const Instruction& step, const Workdir& workdir, StageWork& work, const Expander& expand);
  void save_memo();

  ImageStore& store_;
  StepRunner& runner_;
  ImageSource& images_;
  StepGate& gate_;
  std::string cache_root_;
  Downloader& downloader_;
  const BuildRequest& request_;
  BuildObserver& observer_;
  const Dockerfile& file_;
  IgnoreRules rules_;
  StepCache cache_;
  StagePlan plan_;
  StageBoard built_;
  BuildStop stop_;
  std::set<std::string> brought_;  // images, by name; used while planning

  std::mutex args_mutex_;
  BuildArgs args_;
  std::mutex context_mutex_;
  std::map<std::string, std::shared_ptr<CopySource>> contexts_;  // by folder, made when first copied from
  std::mutex memo_mutex_;
  std::optional<DigestMemo> memo_;
  std::mutex copies_mutex_;
  std::map<std::string, std::shared_ptr<ImageStore::Draft>> context_copies_;  // by digest
  std::mutex observer_mutex_;  // one call at a time; guards result_, too
  BuildResult result_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;  // the first
};

}  // namespace engine::build
