#include "engine/build/solver.h"

#include <chrono>
#include <system_error>
#include <thread>

#include "engine/build/checks.h"
#include "engine/build/field_digest.h"
#include "engine/build/metadata.h"
#include "engine/build/paths.h"
#include "engine/error.h"
#include "engine/image/digest.h"
#include "engine/image/reference.h"
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

[[noreturn]] void refuse(const CheckReport& report) {
  std::string text;
  for (const CheckFinding& finding : report.findings)
    text += (text.empty() ? "" : "\n") + finding.to_string();
  throw Error(Error::Kind::kInvalid, text + "\nthe build checks are told to fail a build: error=true");
}

}  // namespace

Solver::Solver(const BuildWorkshop& workshop, const BuildRequest& request, BuildObserver& observer,
               const Dockerfile& file, IgnoreRules rules)
    : store_(workshop.store),
      runner_(workshop.runner),
      images_(workshop.images),
      gate_(workshop.gate),
      cache_root_(workshop.cache_root),
      downloader_(workshop.downloader),
      request_(request),
      observer_(observer),
      file_(file),
      rules_(std::move(rules)),
      cache_(workshop.store),
      stop_(observer),
      args_(request.args) {}

void Solver::warn(const std::string& text) {
  const std::lock_guard<std::mutex> lock(observer_mutex_);
  observer_.warning(text);
}

BuildResult Solver::run() {
  for (const std::string& warning : file_.warnings) warn(warning);
  plan_ = plan_stages([this](const std::string& name, const Place& place) { return find_image(name, place); },
                      file_, request_, args_);
  result_.steps_total = plan_.total;
  const CheckReport report = check_dockerfile(file_, request_, rules_, stored_config(store_));
  if (report.is_error && !report.findings.empty()) refuse(report);
  try {
    build_stages();
  } catch (...) {
    tell(report);  // it may be why
    throw;
  }
  save_memo();
  result_.image_id = finish(built_.at(plan_.target));
  store_.claim_cache(result_.image_id, cache_.used());
  for (const std::string& tag : request_.tags) {
    if (!is_stored(tag, result_.image_id)) store_.tag(result_.image_id, tag);
  }
  tell(report);
  for (const std::string& name : args_.unused()) {
    warn(file_.stages[0].head.place.file + ": the build argument '" + name +
         "' was given, but no ARG asks for it");
  }
  return std::move(result_);
}

void Solver::tell(const CheckReport& report) {
  for (const CheckFinding& finding : report.findings) warn(finding.to_string());
}

StoredImage Solver::find_image(const std::string& name, const Place& place) {
  if (!brought_.insert(name).second) return require_image(store_, name, place);
  try {
    const bool there = store_.find(name).has_value();
    if (!there || request_.pull) images_.bring(parse_reference(name).to_string(), there, observer_);
  } catch (const Error& error) {
    throw Error(error.kind(), place.to_string() + ": " + error.what());
  }
  return require_image(store_, name, place);
}

void Solver::build_stages() {
  if (plan_.stages.size() == 1) {
    build_stage(plan_.stages[0]);
  } else {
    std::vector<std::jthread> threads;
    try {
      for (const PlannedStage& planned : plan_.stages) threads.emplace_back([&] { build_stage(planned); });
    } catch (const std::system_error&) {
      fail(std::current_exception());
    }
  }
  if (failure_) std::rethrow_exception(failure_);
}

// Whatever a stage throws ends the whole build.
void Solver::build_stage(const PlannedStage& planned) {
  try {
    StageWork work{planned, begin_stage(planned), {}, false, 0};
    work.step = {planned.first_id, planned.name, 1, 1 + static_cast<int>(planned.steps.size()),
                 title(planned.head)};
    check_stopped(planned.head);
    begin_step(work, true);
    end_step(work, true);
    for (const Instruction& step : planned.steps) {
      ++work.step.id;
      ++work.step.number;
      work.step.instruction = title(step);
      check_stopped(step);
      perform(work, step);
    }
    built_.put(planned.index, std::move(work.state));
  } catch (...) {
    fail(std::current_exception());
  }
}

StageState Solver::begin_stage(const PlannedStage& planned) {
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
  return state;
}

void Solver::fail(const std::exception_ptr& error) {
  {
    const std::lock_guard<std::mutex> lock(failure_mutex_);
    if (!failure_) failure_ = error;
  }
  stop_.fail();
  built_.give_up();
}

void Solver::check_stopped(const Instruction& step) {
  if (!stop_.stopped()) return;
  throw Error(Error::Kind::kUnavailable, step.place.to_string() + ": the build was cancelled before '" +
                                             title(step) + "'; what was built stays in the cache");
}

void Solver::perform(StageWork& work, const Instruction& step) {
  work.begun = false;
  try {
    execute(step, work);
  } catch (...) {
    if (!work.begun) begin_step(work, false);
    end_step(work, false);
    throw;
  }
  end_step(work, true);
}

void Solver::begin_step(StageWork& work, bool cached) {
  const std::lock_guard<std::mutex> lock(observer_mutex_);
  if (cached) ++result_.steps_cached;
  work.begun = true;
  work.started_ms = monotonic_ms();
  observer_.step(work.step, cached);
}

void Solver::end_step(StageWork& work, bool ok) {
  const std::lock_guard<std::mutex> lock(observer_mutex_);
  observer_.finished(work.step, ok, monotonic_ms() - work.started_ms);
}

void Solver::execute(const Instruction& step, StageWork& work) {
  const Expander expand([&](const std::string& name) { return work.state.variable(name); }, file_.escape);
  if (const auto* run = std::get_if<Run>(&step.node))
    return layer_step(step, work, run_step(step, *run, work, expand));
  if (const auto* copy = std::get_if<Copy>(&step.node)) {
    return layer_step(step, work, copy_step(step, *copy, work.state, work.planned.index, expand));
  }
  if (const auto* workdir = std::get_if<Workdir>(&step.node))
    return workdir_step(step, *workdir, work, expand);
  std::string created_by;
  {
    const std::lock_guard<std::mutex> lock(args_mutex_);
    const MetadataContext context{step.place, expand, args_, plan_.global_args};
    created_by = apply_metadata(step, work.state, context);
  }
  metadata_step(work, created_by);
}

void Solver::metadata_step(StageWork& work, const std::string& created_by) {
  StageState& state = work.state;
  state.key = FieldDigest().add("metadata").add(state.key).add(created_by).hex();
  const bool cached = cache_.seen(state.key, work.planned.fresh);
  begin_step(work, cached);
  if (!cached) cache_.mark(state.key, state.chain);
  state.add_history(created_by);
}

void Solver::layer_step(const Instruction& step, StageWork& work, const LayerStep& todo) {
  StageState& state = work.state;
  std::optional<StepCache::Hit> hit = cache_.find(todo.key, work.planned.fresh);
  if (hit) {
    begin_step(work, true);
  } else {
    const StepGate::Pass pass = gate_.enter(todo.key, [&] { check_stopped(step); });
    hit = cache_.find(todo.key, work.planned.fresh);  // another stage may just have made it
    begin_step(work, hit.has_value());
    if (!hit) hit = make_layer(state, todo);
  }
  state.add_layer(hit->layer, hit->created, todo.created_by);
  state.key = FieldDigest().add("layer").add(state.key).add(state.chain).hex();
}

StepCache::Hit Solver::make_layer(const StageState& state, const LayerStep& todo) {
  ImageStore::Draft draft = store_.new_draft();
  const bool sure = todo.make(draft);
  StepCache::Hit made{store_.commit_layer(std::move(draft), state.chain), format_rfc3339(now_ms())};
  if (sure) cache_.put(todo.key, made.layer, made.created);
  return made;
}

void Solver::workdir_step(const Instruction& step, const Workdir& workdir, StageWork& work,
                          const Expander& expand) {
  StageState& state = work.state;
  const std::string given = expand.word(workdir.path, step.place);
  if (given.empty()) fail_at(step.place, "WORKDIR is empty after expansion");
  const std::string path = path_below(state.config.working_dir, given);
  state.config.working_dir = path;
  const std::string created_by = "WORKDIR " + path;
  const auto existing = state.view().find(path);
  if (existing && existing->is_dir()) return metadata_step(work, created_by);
  try {
    Metadata metadata;
    if (!state.config.user.empty()) metadata.owner = resolve_owner(state.config.user, state.view());
    LayerStep todo;
    todo.key = FieldDigest()
                   .add("WORKDIR")
                   .add(state.chain)
                   .add(path)
                   .add(metadata.owner.uid)
                   .add(metadata.owner.gid)
                   .hex();
    todo.created_by = created_by;
    todo.make = [&](ImageStore::Draft& draft) {
      LayerWriter writer(draft.diff(), state.lower_dirs);
      writer.make_folders(path, metadata);
      writer.finish();
      return true;
    };
    layer_step(step, work, todo);
  } catch (const Error& error) {
    throw Error(error.kind(), step.place.to_string() + ": " + title(step) + ": " + error.what());
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kInvalid, step.place.to_string() + ": " + title(step) + ": " + error.what());
  }
}

std::string Solver::finish(StageState state) {
  for (const auto& [name, value] : request_.labels) state.config.labels[name] = value;
  fill_times(state.config);
  // A build that changes nothing does not write either: waiting for the disk would be most of its time.
  const std::string id = "sha256:" + sha256_hex(to_json(state.config));
  return is_stored(id, id) ? id : store_.add_image(state.config);
}

bool Solver::is_stored(const std::string& name, const std::string& id) {
  try {
    const std::optional<StoredImage> image = store_.find(name);
    return image && image->id == id;
  } catch (const Error&) {
    return false;  // damaged, or a name for the store to judge
  }
}

}  // namespace engine::build
