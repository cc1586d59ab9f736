#pragma once
// Executes the stages of a Dockerfile.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/build/builder.h"
#include "engine/build/content_digest.h"
#include "engine/build/copier.h"
#include "engine/build/copy_source.h"
#include "engine/build/downloader.h"
#include "engine/build/field_digest.h"
#include "engine/build/named_context.h"
#include "engine/build/remote_file.h"
#include "engine/build/stage_state.h"
#include "engine/build/stages.h"
#include "engine/build/step_cache.h"

namespace engine::build {

// One build. Used once, from one thread.
class Solver {
 public:
  Solver(ImageStore& store, StepRunner& runner, Downloader& downloader, const BuildRequest& request,
         BuildObserver& observer, const Dockerfile& file, IgnoreRules rules);
  BuildResult run();

 private:
  // A step that makes a layer, ready to be looked up or made.
  struct LayerStep {
    std::string key;
    std::string created_by;
    // False: what was made may not be what the key says, so it must not go into the cache.
    std::function<bool(ImageStore::Draft&)> make;
  };

  void warn(const std::string& text);
  void build_stage(const PlannedStage& planned);
  void begin_step(const Instruction& step, bool cached);
  void end_step();
  void check_cancelled(const Instruction& step);
  void execute(const Instruction& step, StageState& state, const PlannedStage& planned);
  void metadata_step(const Instruction& step, StageState& state, const std::string& created_by);
  void layer_step(const Instruction& step, StageState& state, const LayerStep& work);
  std::string finish(StageState state);

  // run_step.cpp
  LayerStep run_step(const Instruction& step, const Run& run, const StageState& state);
  void run_command(const Instruction& step, const StageState& state, RunRequest run,
                   const std::string& script, ImageStore::Draft& draft);
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
  std::shared_ptr<CopySource> context_at(const std::string& folder);
  void add_remote(CopyWork& work, const Copy& copy, const std::string& url, RemoteFiles& remote,
                  FieldDigest& key);
  std::vector<CopyPart> with_remote(const CopyWork& work) const;
  std::string digest_items(const CopyPart& part, const CopyOptions& options, const std::string& identity,
                           const std::string& pattern);
  void workdir_step(const Instruction& step, const Workdir& workdir, StageState& state,
                    const Expander& expand);
  void save_memo();

  ImageStore& store_;
  StepRunner& runner_;
  Downloader& downloader_;
  const BuildRequest& request_;
  BuildObserver& observer_;
  const Dockerfile& file_;
  IgnoreRules rules_;
  BuildArgs args_;
  StepCache cache_;
  StagePlan plan_;
  std::map<size_t, StageState> built_;
  std::map<std::string, std::shared_ptr<CopySource>> contexts_;  // by folder, made when first copied from
  std::optional<DigestMemo> memo_;
  int number_ = 0;  // of the step at work
  int64_t started_ms_ = 0;
  std::set<std::string> warned_;
  BuildResult result_;
};

}  // namespace engine::build
