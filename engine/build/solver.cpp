#include "engine/build/solver.h"

#include <chrono>

#include "engine/build/field_digest.h"
#include "engine/build/metadata.h"
#include "engine/build/paths.h"
#include "engine/error.h"
#include "engine/image/timestamp.h"
#include "sys/error.h"

namespace engine::build {
namespace {

int64_t monotonic_ms() {
  using std::chrono::steady_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
      .count();
}

// "RUN make" of a step; here-documents are left out.
std::string title(const Instruction& step) {
  return step.text.substr(0, step.text.find('\n'));
}

// Steps without a layer get the time of the first layer made after the base image, or else of the last one
// there is, as they have no time of their own that a second build would come to again.
void fill_times(ImageConfig& config) {
  std::string time;
  bool after_base = false;
  for (const HistoryEntry& entry : config.history) {
    if (entry.created.empty()) {
      after_base = true;
    } else {
      time = entry.created;
      if (after_base) break;
    }
  }
  if (time.empty()) time = format_rfc3339(0);
  for (HistoryEntry& entry : config.history) {
    if (entry.created.empty()) {
      entry.created = time;
    } else {
      time = entry.created;
    }
  }
  if (config.created.empty()) config.created = time;
}

}  // namespace

Solver::Solver(ImageStore& store, StepRunner& runner, Downloader& downloader, const BuildRequest& request,
               BuildObserver& observer, const Dockerfile& file, IgnoreRules rules)
    : store_(store),
      runner_(runner),
      downloader_(downloader),
      request_(request),
      observer_(observer),
      file_(file),
      rules_(std::move(rules)),
      args_(request.args),
      cache_(store, !request.no_cache) {}

void Solver::warn(const std::string& text) {
  observer_.warning(text);
}

BuildResult Solver::run() {
  for (const std::string& warning : file_.warnings) warn(warning);
  plan_ = plan_stages(store_, file_, request_, args_, [this](const std::string& text) { warn(text); });
  result_.steps_total = plan_.total;
  for (const PlannedStage& planned : plan_.stages) build_stage(planned);
  save_memo();
  result_.image_id = finish(std::move(built_.at(plan_.target)));
  store_.claim_cache(result_.image_id, cache_.used());
  for (const std::string& tag : request_.tags) store_.tag(result_.image_id, tag);
  for (const std::string& name : args_.unused()) {
    warn(file_.stages[0].head.place.file + ": the build argument '" + name +
         "' was given, but no ARG asks for it");
  }
  return std::move(result_);
}

void Solver::build_stage(const PlannedStage& planned) {
  check_cancelled(planned.head);
  begin_step(planned.head, true);
  StageState state;
  if (planned.base_stage) {
    state = built_.at(*planned.base_stage);
    state.config.on_build.clear();
    state.cmd_set = false;
  } else if (planned.base_image) {
    state = state_of(*planned.base_image);
  } else {
    state.config.architecture = platform_args().at("TARGETARCH");
    state.key = "scratch";
  }
  state.settle_path();
  end_step();
  for (const Instruction& step : planned.steps) {
    check_cancelled(step);
    execute(step, state, planned);
    end_step();
  }
  built_[planned.index] = std::move(state);
}

void Solver::check_cancelled(const Instruction& step) {
  if (!observer_.cancelled()) return;
  throw Error(Error::Kind::kUnavailable, step.place.to_string() + ": the build was cancelled before '" +
                                             title(step) + "'; what was built stays in the cache");
}

void Solver::begin_step(const Instruction& step, bool cached) {
  ++number_;
  if (cached) ++result_.steps_cached;
  started_ms_ = monotonic_ms();
  observer_.step(number_, plan_.total, title(step), cached);
}

void Solver::end_step() {
  observer_.finished(number_, monotonic_ms() - started_ms_);
}

void Solver::execute(const Instruction& step, StageState& state, const PlannedStage& planned) {
  const Place& place = step.place;
  const Expander expand([&](const std::string& name) { return state.variable(name); }, file_.escape,
                        [&](const std::string& name) {
                          warn(place.to_string() + ": the variable '" + name + "' has no value here");
                        });
  if (const auto* run = std::get_if<Run>(&step.node))
    return layer_step(step, state, run_step(step, *run, state));
  if (const auto* copy = std::get_if<Copy>(&step.node)) {
    return layer_step(step, state, copy_step(step, *copy, state, planned.index, expand));
  }
  if (const auto* workdir = std::get_if<Workdir>(&step.node))
    return workdir_step(step, *workdir, state, expand);
  const std::function<void(const std::string&)> on_warning = [this](const std::string& text) { warn(text); };
  const MetadataContext context{place, expand, args_, plan_.global_args, on_warning};
  metadata_step(step, state, apply_metadata(step, state, context));
}

void Solver::metadata_step(const Instruction& step, StageState& state, const std::string& created_by) {
  state.key = FieldDigest().add("metadata").add(state.key).add(created_by).hex();
  const bool cached = cache_.seen(state.key);
  begin_step(step, cached);
  if (!cached) cache_.mark(state.key, state.chain);
  state.add_history(created_by);
}

void Solver::layer_step(const Instruction& step, StageState& state, const LayerStep& work) {
  std::optional<StepCache::Hit> hit = cache_.find(work.key);
  begin_step(step, hit.has_value());
  if (!hit) {
    ImageStore::Draft draft = store_.new_draft();
    const bool sure = work.make(draft);
    hit = StepCache::Hit{store_.commit_layer(std::move(draft), state.chain), format_rfc3339(now_ms())};
    if (sure) cache_.put(work.key, hit->layer, hit->created);
  }
  state.add_layer(hit->layer, hit->created, work.created_by);
  state.key = FieldDigest().add("layer").add(state.key).add(state.chain).hex();
}

void Solver::workdir_step(const Instruction& step, const Workdir& workdir, StageState& state,
                          const Expander& expand) {
  const std::string given = expand.word(workdir.path, step.place);
  if (given.empty()) fail_at(step.place, "WORKDIR is empty after expansion");
  const std::string path = path_below(state.config.working_dir, given);
  state.config.working_dir = path;
  const std::string created_by = "WORKDIR " + path;
  const auto existing = state.view().find(path);
  if (existing && existing->is_dir()) return metadata_step(step, state, created_by);
  try {
    Metadata metadata;
    if (!state.config.user.empty()) metadata.owner = resolve_owner(state.config.user, state.view());
    LayerStep work;
    work.key = FieldDigest()
                   .add("WORKDIR")
                   .add(state.chain)
                   .add(path)
                   .add(metadata.owner.uid)
                   .add(metadata.owner.gid)
                   .hex();
    work.created_by = created_by;
    work.make = [&](ImageStore::Draft& draft) {
      LayerWriter writer(draft.diff(), state.lower_dirs);
      writer.make_folders(path, metadata);
      writer.finish();
      return true;
    };
    layer_step(step, state, work);
  } catch (const Error& error) {
    throw Error(error.kind(), step.place.to_string() + ": " + title(step) + ": " + error.what());
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kInvalid, step.place.to_string() + ": " + title(step) + ": " + error.what());
  }
}

std::string Solver::finish(StageState state) {
  for (const auto& [name, value] : request_.labels) state.config.labels[name] = value;
  fill_times(state.config);
  return store_.add_image(state.config);
}

}  // namespace engine::build
