#include "compose/execute/step_action.h"

#include "compose/execute/build_progress.h"
#include "compose/execute/hook_run.h"
#include "compose/execute/progress_text.h"
#include "compose/execute/wait_condition.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/life.h"

namespace compose {
namespace {

using Kind = engine::Error::Kind;

class TransferProgress : public engine::TransferObserver {
 public:
  TransferProgress(const Step& step, Reporter& reporter, const Cancellation& cancellation)
      : step_(step), reporter_(reporter), cancellation_(cancellation) {}

  void layer(const engine::LayerEvent& event) override { reporter_.layer_changed(step_, event); }
  void status(const std::string&) override {}  // docker's own wording, for `image pull`
  void warning(const std::string& text) override { reporter_.warning(text); }
  bool cancelled() override { return cancellation_.cancelled(); }
  int cancel_fd() override { return cancellation_.fd(); }

 private:
  const Step& step_;
  Reporter& reporter_;
  const Cancellation& cancellation_;
};

bool same_label(const engine::Labels& a, const engine::Labels& b, const char* name) {
  return label_of(a, name) == label_of(b, name);
}

bool same_origin(const engine::Labels& a, const engine::Labels& b) {
  return same_label(a, b, label::kProject) && same_label(a, b, label::kConfigHash);
}

class Performer {
 public:
  Performer(const Step& step, engine::Engine& engine, Reporter& reporter, UpdateTally& tally,
            const Cancellation& cancellation, const std::function<void()>& recorded)
      : step_(step),
        engine_(engine),
        reporter_(reporter),
        tally_(tally),
        cancellation_(cancellation),
        recorded_(recorded) {}

  std::string operator()(const BuildImage& action) {
    BuildProgress progress(step_, reporter_, cancellation_);
    try {
      engine_.build(*action.request, progress);
    } catch (const engine::Error&) {
      if (cancellation_.cancelled()) throw Cancelled();
      throw;
    }
    return done();
  }

  std::string operator()(const PullImage& action) {
    return transfer([&](engine::TransferObserver& observer) {
      try {
        engine_.pull_image({action.image, action.platform}, observer);
      } catch (const engine::Error& error) {
        throw engine::Error(error.kind(), "service \"" + action.service + "\": " + error.what());
      }
    });
  }

  std::string operator()(const PushImage& action) {
    return transfer(
        [&](engine::TransferObserver& observer) { engine_.push_image({action.image}, observer); });
  }

  std::string operator()(const CreateNetwork& action) {
    return unless(
        Kind::kConflict, [&] { engine_.create_network_early(action.config, recorded_); },
        [&] { return has_equal(engine_.networks(), action.config); });
  }

  std::string operator()(const CreateVolume& action) {
    return unless(
        Kind::kConflict, [&] { engine_.create_volume(action.config); },
        [&] { return has_equal(engine_.volumes(), action.config); });
  }

  std::string operator()(const RemoveNetwork& action) {
    return remove([&] { engine_.retire_network(action.name); }, action.best_effort);
  }

  std::string operator()(const RemoveVolume& action) {
    return remove([&] { engine_.remove_volume(action.name); }, action.best_effort);
  }

  std::string operator()(const RemoveImage& action) {
    return remove([&] { engine_.remove_image(action.reference, false); }, true);
  }

  std::string operator()(const CreateContainer& action) {
    return unless(
        Kind::kConflict, [&] { engine_.create_container(*action.config); },
        [&] {
          const auto there = engine_.find_container(action.config->name);
          return there && same_origin(there->labels, action.config->labels) &&
                 same_label(there->labels, action.config->labels, label::kNumber) &&
                 same_label(there->labels, action.config->labels, label::kSlug) &&
                 same_label(there->labels, action.config->labels, label::kImage);
        });
  }

  std::string operator()(const StartContainer& action) {
    if (!action.tried) return start(action);
    try {
      return start(action);
    } catch (const engine::Error& error) {
      tally_.note_failed_start(action.container, error.what());
      return "Not started";
    }
  }

  std::string operator()(const MonitorContainer& action) {
    try {
      if (const std::string why = tally_.failed_start(action.container); !why.empty())
        throw ContainerFailed("could not be started: " + why);
      watch_update(action, engine_, cancellation_);
      return done();
    } catch (const ContainerFailed& failure) {
      const std::string text = "service \"" + action.service +
                               "\": " + (action.back ? "rollback" : "update") + " failed: container " +
                               action.container + " " + failure.what();
      if (tally_.fail(action.service) > action.tolerated) throw ContainerFailed(text);
      reporter_.warning(text + "; it goes on, as failure_action or max_failure_ratio say");
      return "Failed";
    }
  }

  std::string operator()(const Delay& action) {
    wait_delay(action, cancellation_);
    return done();
  }

  std::string operator()(const WaitFor& action) {
    wait_for(action, engine_, cancellation_);
    return done();
  }

  std::string operator()(const StopContainer& action) {
    const auto container = action.pre_stop.empty() ? std::nullopt : engine_.find_container(action.container);
    if (container && container->status.state == engine::State::kRunning)
      run_hooks(action.container, action.pre_stop, "pre_stop");
    return unless(
        Kind::kNotFound, [&] { engine_.stop_container(action.container, action.grace_ms); },
        [] { return true; });
  }

  std::string operator()(const KillContainer& action) {
    const auto kill = [&] { engine_.kill_container(action.container, action.signal); };
    const auto is_down = [&] {
      const auto container = engine_.find_container(action.container);
      return !container || !is_up(*container);
    };
    return unless(
        Kind::kConflict, [&] { unless(Kind::kNotFound, kill, is_down); }, is_down);
  }

  std::string operator()(const PauseContainer& action) {
    engine_.pause_container(action.container);
    return done();
  }

  std::string operator()(const UnpauseContainer& action) {
    engine_.unpause_container(action.container);
    return done();
  }

  std::string operator()(const DisconnectContainer& action) {
    return unless(
        Kind::kNotFound, [&] { engine_.disconnect_container(action.container); }, [] { return true; });
  }

  std::string operator()(const RemoveContainer& action) {
    return unless(
        Kind::kNotFound, [&] { engine_.remove_container(action.container, action.force, action.volumes); },
        [] { return true; });
  }

  std::string operator()(const ReconfigureContainer& action) {
    engine::container_life(engine_).reconfigure(action.container, action.environment, action.labels);
    return done();
  }

  std::string operator()(const RenameContainer& action) {
    const auto container = engine_.find_container(action.container);
    const auto has_the_name = [&] {
      const auto named = engine_.find_container(action.name);
      if (!named) return false;
      return container ? named->id == container->id : label_of(named->labels, label::kReplace) == action.name;
    };
    const auto rename = [&] {
      engine_.rename_container(container ? container->id : action.container, action.name);
    };
    return unless(
        Kind::kNotFound, [&] { unless(Kind::kConflict, rename, has_the_name); }, has_the_name);
  }

 private:
  std::string start(const StartContainer& action) {
    const auto container = engine_.find_container(action.container);
    const std::string id = container ? container->id : action.container;
    const bool runs = container && is_up(*container);  // another command was faster: its hooks have been run
    engine_.start_container(id);
    if (action.restarts) engine_.note_container_event(id, "restart");
    if (!runs) run_hooks(id, action.post_start, "post_start");
    return done();
  }

  void run_hooks(const std::string& id, const std::vector<Hook>& hooks, const char* turn) {
    for (const Hook& hook : hooks) run_hook(id, hook, turn);
  }

  void run_hook(const std::string& id, const Hook& hook, const char* turn) {
    const bool stopping = std::holds_alternative<StopContainer>(step_.action);
    int code = 0;
    try {
      code = compose::run_hook(engine_, id, hook, cancellation_.fd(),
                               [&](const std::string& line) { reporter_.hook_output(step_, line); });
    } catch (const engine::Error& error) {
      if (cancellation_.cancelled()) throw Cancelled();
      // It has ended or gone meanwhile, and there is nothing to prepare for its end any more.
      const bool gone = error.kind() == Kind::kConflict || error.kind() == Kind::kNotFound;
      if (gone && stopping) return;
      throw;
    }
    if (code == 0) return;
    throw engine::Error(Kind::kInvalid,
                        hook_failure(step_.resource, turn, hook, code) +
                            (stopping ? "; it is not stopped, `compose kill` ends it all the same" : ""));
  }

  std::string done() const { return done_text(step_.action); }

  template <typename Act>
  std::string transfer(const Act& act) {
    TransferProgress progress(step_, reporter_, cancellation_);
    try {
      act(progress);
    } catch (const engine::Error&) {
      if (cancellation_.cancelled()) throw Cancelled();
      throw;
    }
    return done();
  }

  // An error of `kind` is none when the goal is reached all the same.
  template <typename Act, typename Reached>
  std::string unless(Kind kind, const Act& act, const Reached& reached) {
    try {
      act();
    } catch (const engine::Error& error) {
      if (error.kind() != kind || !reached()) throw;
    }
    return done();
  }

  template <typename Info, typename Config>
  static bool has_equal(const std::vector<Info>& infos, const Config& config) {
    for (const auto& info : infos) {
      if (info.name == config.name) return same_origin(info.labels, config.labels);
    }
    return false;
  }

  template <typename Act>
  std::string remove(const Act& act, bool best_effort) {
    try {
      act();
    } catch (const engine::Error& error) {
      if (error.kind() == Kind::kNotFound) return done();
      if (!best_effort || error.kind() != Kind::kConflict) throw;
      reporter_.warning(error.what());
      return "Resource is still in use";
    }
    return done();
  }

  const Step& step_;
  engine::Engine& engine_;
  Reporter& reporter_;
  UpdateTally& tally_;
  const Cancellation& cancellation_;
  const std::function<void()>& recorded_;
};

}  // namespace

void Reporter::step_changed(const Step& step, StepStatus status, const std::string& text) {
  report([&] { sink_.step_changed(step, status, text); });
}

void Reporter::build_event(const Step& step, const BuildEvent& event) {
  report([&] { sink_.build_event(step, event); });
}

void Reporter::layer_changed(const Step& step, const engine::LayerEvent& event) {
  report([&] { sink_.layer_changed(step, event); });
}

void Reporter::hook_output(const Step& step, const std::string& line) {
  report([&] { sink_.hook_output(step, line); });
}

void Reporter::warning(const std::string& text) {
  report([&] { sink_.warning(text); });
}

void Reporter::report(const std::function<void()>& show) {
  const std::lock_guard<std::mutex> lock(mutex_);
  try {
    show();
  } catch (const std::exception&) {
    return;
  }
}

std::string perform(const Step& step, engine::Engine& engine, Reporter& reporter, UpdateTally& tally,
                    const Cancellation& cancellation, const std::function<void()>& recorded) {
  return std::visit(Performer(step, engine, reporter, tally, cancellation, recorded), step.action);
}

}  // namespace compose
