#include "compose/execute/executor.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "compose/execute/progress_text.h"
#include "compose/execute/step_action.h"
#include "compose/execute/wait_condition.h"

namespace compose {
namespace {

constexpr int kLeastParallel = 8;
constexpr int kParallelStops = 64;

// How a step ended. An optional wait that failed counts as done for those after it. kRecorded: it goes on,
// but containers that need it can be created.
enum class Outcome { kDone, kFailed, kCancelled, kRecorded };

bool is_wait(const Step& step) {
  return std::holds_alternative<WaitFor>(step.action) ||
         std::holds_alternative<MonitorContainer>(step.action) || std::holds_alternative<Delay>(step.action);
}

bool is_optional(const Step& step) {
  if (const auto* wait = std::get_if<WaitFor>(&step.action)) return !wait->required;
  if (const auto* pull = std::get_if<PullImage>(&step.action)) return pull->optional;
  if (const auto* push = std::get_if<PushImage>(&step.action)) return push->optional;
  return false;
}

bool is_creation(const Step& step) {
  return std::holds_alternative<CreateContainer>(step.action);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Owned by the thread that calls go(): it alone decides what runs next. A step that runs has a thread to
// itself, one that has nothing to do where there is such. Waiting steps take no place among the `limit_`,
// since the steps they wait for may need one.
class Executor {
 public:
  Executor(const Plan& plan, engine::Engine& engine, ProgressSink& progress, const Cancellation& cancellation,
           int limit, int stop_limit)
      : plan_(plan),
        engine_(engine),
        cancellation_(cancellation),
        reporter_(progress, sink_mutex_),
        limit_(limit),
        stop_limit_(stop_limit),
        open_(plan.steps.size()),
        followers_(plan.steps.size()),
        blocked_by_(plan.steps.size(), nullptr) {}

  RunResult go() {
    for (const auto& warning : plan_.warnings) reporter_.warning(warning);
    for (const Step& step : plan_.steps) {
      open_[index(step)] = step.after.size();
      for (const int before : step.after) followers_[static_cast<size_t>(before)].push_back(&step);
      if (step.after.empty()) ready_.push_back(&step);
    }
    for (;;) {
      launch();
      if (running_ == 0) break;
      reap();
    }
    dismiss();
    if (cancelled_) cancel_rest();
    result_.ok = result_.errors.empty() && !cancelled_;
    result_.cancelled = cancelled_;
    return std::move(result_);
  }

 private:
  struct Ended {
    const Step* step;
    Outcome outcome;
    std::string error;
  };
  static size_t index(const Step& step) { return static_cast<size_t>(step.id); }

  // Starts what is ready, as far as there is room. Steps that cannot run any more end here and may make
  // others ready.
  void launch() {
    for (auto next = ready_.begin(); next != ready_.end();) {
      const Step& step = **next;
      if (cancellation_.cancelled()) {
        cancelled_ = true;
        return;
      }
      const Step* blocker = blocked_by_[index(step)];
      if (blocker == nullptr && is_full_for(step)) {
        ++next;
        continue;
      }
      next = ready_.erase(next);
      if (blocker == nullptr) {
        start(step);
      } else {
        skip(step, *blocker);
        next = ready_.begin();
      }
    }
  }

  // A stop mostly waits for a program to end: those that take their whole grace must not hold up the others,
  // unless the user has set a limit.
  bool is_apart(const Step& step) const {
    return stop_limit_ > 0 && std::holds_alternative<StopContainer>(step.action);
  }
  bool is_full_for(const Step& step) const {
    if (is_wait(step)) return false;
    return is_apart(step) ? stopping_ >= stop_limit_ : busy_ >= limit_;
  }
  void count(const Step& step, int change) {
    if (!is_wait(step)) (is_apart(step) ? stopping_ : busy_) += change;
  }

  void start(const Step& step) {
    count(step, 1);
    reporter_.step_changed(step, StepStatus::kRunning, running_text(step.action));
    if (!hand_over(step)) {
      try {
        threads_.emplace_back([this, &step] { serve(&step); });
      } catch (const std::system_error& error) {
        // No thread to be had: the step fails like any other that lacks a resource.
        count(step, -1);
        reporter_.step_changed(step, StepStatus::kFailed, std::string("Error ") + error.what());
        settle({&step, Outcome::kFailed, step.resource + ": cannot start a thread: " + error.what()});
        return;
      }
    }
    ++running_;
  }

  // To a thread that has nothing to do; false when there is none.
  bool hand_over(const Step& step) {
    const std::lock_guard<std::mutex> lock(next_mutex_);
    if (idle_ <= next_.size()) return false;
    next_.push_back(&step);
    next_signal_.notify_one();
    return true;
  }

  // A thread's life, which ends with a step of null.
  void serve(const Step* step) {
    while (step != nullptr) {
      work(*step);
      std::unique_lock<std::mutex> lock(next_mutex_);
      ++idle_;
      next_signal_.wait(lock, [&] { return !next_.empty(); });
      --idle_;
      step = next_.front();
      next_.pop_front();
    }
  }

  void dismiss() {
    {
      const std::lock_guard<std::mutex> lock(next_mutex_);
      next_.assign(threads_.size(), nullptr);
      next_signal_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
  }

  void work(const Step& step) {
    Ended ended{&step, Outcome::kDone, ""};
    try {
      const auto recorded = [&] { tell({&step, Outcome::kRecorded, ""}); };
      reporter_.step_changed(step, StepStatus::kDone,
                             perform(step, engine_, reporter_, tally_, cancellation_, recorded));
    } catch (const Cancelled&) {
      ended.outcome = Outcome::kCancelled;
      reporter_.step_changed(step, StepStatus::kCancelled, "Canceled");
    } catch (const std::exception& error) {
      fail(ended, error.what());
    }
    tell(std::move(ended));
  }

  void tell(Ended ended) {
    const std::lock_guard<std::mutex> lock(ended_mutex_);
    ended_.push_back(std::move(ended));
    ended_signal_.notify_one();
  }

  void fail(Ended& ended, const std::string& what) {
    const Step& step = *ended.step;
    if (is_optional(step)) {
      warn_optional(step, what);
      return;
    }
    ended.outcome = Outcome::kFailed;
    ended.error = what;
    reporter_.step_changed(step, StepStatus::kFailed, "Error " + first_line(what));
  }

  void warn_optional(const Step& step, const std::string& why) {
    if (const auto* wait = std::get_if<WaitFor>(&step.action)) {
      reporter_.warning("optional dependency \"" + wait->service + "\" failed to start: " + first_line(why));
    } else {
      reporter_.warning(step.resource + ": " + first_line(why));
    }
    reporter_.step_changed(step, StepStatus::kDone, "Skipped");
  }

  // Waits for at least one step to end, or to be so far that others can begin.
  void reap() {
    std::deque<Ended> ended;
    {
      std::unique_lock<std::mutex> lock(ended_mutex_);
      ended_signal_.wait(lock, [&] { return !ended_.empty(); });
      ended.swap(ended_);
    }
    for (const Ended& end : ended) {
      if (end.outcome == Outcome::kRecorded) {
        recorded_.insert(end.step);
        for (const Step* follower : followers_[index(*end.step)])
          if (is_creation(*follower)) come_nearer(*follower);
        continue;
      }
      --running_;
      count(*end.step, -1);
      settle(end);
    }
  }

  void settle(const Ended& end) {
    settled_.insert(end.step);
    if (end.outcome == Outcome::kCancelled) cancelled_ = true;
    const bool whole = std::holds_alternative<BuildImage>(end.step->action);
    if (end.outcome == Outcome::kFailed && !end.step->update.empty())
      result_.failed_updates.insert(end.step->update);
    if (end.outcome == Outcome::kFailed) result_.errors.push_back(whole ? end.error : first_line(end.error));
    release(*end.step, end.outcome == Outcome::kDone ? nullptr : end.step);
  }

  // `step` has ended; `blocker` is the step because of which those after it cannot run.
  void release(const Step& step, const Step* blocker) {
    const bool is_recorded = recorded_.contains(&step);
    for (const Step* follower : followers_[index(step)]) {
      if (is_recorded && is_creation(*follower)) continue;  // did not wait for the rest of it
      if (blocker != nullptr && blocked_by_[index(*follower)] == nullptr)
        blocked_by_[index(*follower)] = blocker;
      come_nearer(*follower);
    }
  }

  void come_nearer(const Step& step) {
    if (--open_[index(step)] == 0) ready_.push_back(&step);
  }

  void skip(const Step& step, const Step& blocker) {
    settled_.insert(&step);
    const std::string why = blocker.resource + " failed";
    if (is_optional(step)) {
      warn_optional(step, why);
      release(step, nullptr);
      return;
    }
    reporter_.step_changed(step, StepStatus::kCancelled, "Not run: " + why);
    release(step, &blocker);
  }

  void cancel_rest() {
    for (const Step& step : plan_.steps) {
      if (settled_.count(&step) == 0) reporter_.step_changed(step, StepStatus::kCancelled, "Canceled");
    }
  }

  const Plan& plan_;
  engine::Engine& engine_;
  const Cancellation& cancellation_;
  std::mutex sink_mutex_;
  Reporter reporter_;
  UpdateTally tally_;
  const int limit_, stop_limit_;

  // Only go()'s thread:
  std::vector<size_t> open_;  // steps still to be waited for, by step
  std::vector<std::vector<const Step*>> followers_;
  std::vector<const Step*> blocked_by_;
  std::list<const Step*> ready_;
  std::vector<std::thread> threads_;
  int running_ = 0;
  std::set<const Step*> settled_, recorded_;
  int busy_ = 0, stopping_ = 0;
  bool cancelled_ = false;
  RunResult result_;

  std::mutex ended_mutex_;
  std::condition_variable ended_signal_;
  std::deque<Ended> ended_;  // guarded by ended_mutex_

  // What threads that have nothing to do wait for, guarded by next_mutex_:
  std::mutex next_mutex_;
  std::condition_variable next_signal_;
  std::deque<const Step*> next_;
  size_t idle_ = 0;
};

}  // namespace

RunResult run(const Plan& plan, engine::Engine& engine, ProgressSink& progress,
              const Cancellation& cancellation, const RunOptions& options) {
  const auto starts = [](const Step& step) { return std::holds_alternative<StartContainer>(step.action); };
  if (std::any_of(plan.steps.begin(), plan.steps.end(), starts)) engine.prepare_starts();
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  const int limit = options.parallel > 0 ? options.parallel : std::max(kLeastParallel, 2 * processors);
  const int stop_limit = options.parallel > 0 ? 0 : kParallelStops;
  RunResult result = Executor(plan, engine, progress, cancellation, limit, stop_limit).go();
  engine.settle();
  return result;
}

}  // namespace compose
