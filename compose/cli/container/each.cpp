// What the commands on several containers share: locks, order, threads.
#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "compose/cli/container.h"
#include "compose/cli/project_lock.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

constexpr size_t kAtOnce = 16;

// Signals keep their usual effect: what is waited for here, a lock or a container's grace period, may be
// long, and whatever is left half-way the next command finishes.
std::vector<ProjectLock> lock_projects(Context& context, const std::string& command, const Words& names) {
  std::set<std::string> projects;  // in order, so that two commands do not wait for each other
  for (const std::string& name : names) {
    try {
      projects.insert(label_of(named_container(context, name).labels, label::kProject));
    } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): told when its turn comes
    }
  }
  std::vector<ProjectLock> locks;
  for (const std::string& project : projects) {
    if (project.empty()) continue;
    locks.push_back(ProjectLock::acquire(context.paths().run_root, project, "container " + command,
                                         [&](const std::string& text) { context.progress().warning(text); }));
  }
  return locks;
}

// One named container; the same one named twice has its turns one after the other.
struct Turn {
  std::string name;
  std::string id;  // empty: there is none, and its turn tells so
  std::promise<void> done{};
};

using Action = std::function<void(const engine::ContainerInfo&)>;

void take(Context& context, Turn& turn, const Action& action) {
  try {
    const auto container = context.engine().find_container(turn.id.empty() ? turn.name : turn.id);
    if (!container) throw engine::Error(engine::Error::Kind::kNotFound, "no such container: " + turn.name);
    action(*container);
    turn.done.set_value();
  } catch (...) {
    turn.done.set_exception(std::current_exception());
  }
}

std::vector<std::vector<Turn*>> by_container(std::vector<Turn>& turns) {
  std::vector<std::vector<Turn*>> groups;
  for (Turn& turn : turns) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return !turn.id.empty() && group.front()->id == turn.id;
    });
    if (same == groups.end()) {
      groups.push_back({&turn});
    } else {
      same->push_back(&turn);
    }
  }
  return groups;
}

}  // namespace

void with_container_locked(Context& context, const std::string& command, const std::string& name,
                           const Action& action) {
  const std::vector<ProjectLock> locks = lock_projects(context, command, {name});
  context.engine().reconcile();
  action(named_container(context, name));  // as it is now that the lock is ours
}

int for_each_container(Context& context, const std::string& command, const Words& names, Pace pace,
                       const Action& action) {
  const std::vector<ProjectLock> locks = lock_projects(context, command, names);
  context.engine().reconcile();
  std::vector<Turn> turns;
  for (const std::string& name : names) {
    Turn& turn = turns.emplace_back(Turn{name, ""});
    try {
      turn.id = named_container(context, name).id;
    } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): told when its turn comes
    }
  }
  const std::vector<std::vector<Turn*>> groups = by_container(turns);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t index = next++; index < groups.size(); index = next++)
      for (Turn* turn : groups[index]) take(context, *turn, action);
  };
  std::vector<std::jthread> threads;
  const size_t count = std::min(groups.size(), pace == Pace::kTogether ? kAtOnce : 1);
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  int code = kExitOk;
  for (Turn& turn : turns) {
    try {
      turn.done.get_future().get();
      print(turn.name + '\n');
    } catch (const std::exception& error) {
      context.show_error(error.what());
      code = kExitError;
    }
  }
  return code;
}

}  // namespace compose::cli
