#include "compose/cli/watcher.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "compose/cli/build_inputs.h"
#include "compose/cli/observe.h"
#include "compose/cli/output.h"
#include "compose/cli/project_lock.h"
#include "compose/execute/hook_run.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "compose/ui/folder_watch.h"
#include "compose/ui/palette.h"
#include "engine/events/journal_reader.h"
#include "engine/life.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

std::vector<std::string> roots_of(const std::vector<watch::Rule>& rules) {
  std::set<std::string> roots;
  for (const watch::Rule& rule : rules) roots.insert(rule.path());
  return {roots.begin(), roots.end()};
}

// ["api" "web"], as docker compose has it.
std::string listed(const std::set<std::string>& services) {
  std::string text;
  for (const std::string& service : services) text += (text.empty() ? "\"" : " \"") + service + '"';
  return '[' + text + ']';
}

int milliseconds_until(std::optional<watch::Batch::Time> due) {
  if (!due) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

// The plan's steps that are about images, by service: their ids in the store.
std::map<std::string, std::string> image_ids(const Observed& observed, const parser::Project& project,
                                             const std::set<std::string>& services) {
  std::map<std::string, std::string> ids;
  for (const std::string& service : services) {
    const auto image = observed.images.find(image_of(project, project.services.at(service)));
    if (image != observed.images.end()) ids[service] = image->second.id;
  }
  return ids;
}

}  // namespace

Watcher::Watcher(Context& context, const parser::Project& project, std::vector<watch::Rule> rules,
                 WatchOptions options)
    : context_(context),
      project_(project),
      rules_(std::move(rules)),
      options_(std::move(options)),
      engine_(context.engine()),
      progress_(context.line_progress()),
      parallel_(context.parallel()),
      colour_(context.colour(STDOUT_FILENO)),
      replicas_(engine_, project.name, [this] { return stop_.cancelled(); }),
      tree_(roots_of(rules_), [this](const std::string& folder) {
        return std::any_of(rules_.begin(), rules_.end(),
                           [&](const watch::Rule& rule) { return rule.may_match_below(folder); });
      }) {
  context.log(LogLevel::kDebug, fmt::format("watching {} paths", roots_of(rules_).size()));
  slow_ = std::thread([this] { labour(); });
  quick_ = std::thread([this] {
    try {
      hear();
    } catch (const std::exception& error) {
      complain(std::string("watching ends: ") + error.what());
      if (options_.ended) options_.ended();
    }
  });
}

Watcher::~Watcher() {
  stop_.cancel();
  {
    const std::scoped_lock lock(mutex_);  // who is about to wait has seen it, or waits already
  }
  wake_.notify_all();
  quick_.join();
  slow_.join();
}

void Watcher::say(const std::string& text) {
  write_output(STDOUT_FILENO, ui::styled("⦿ ", ui::Style::kGreen, colour_) + text + '\n');
}

void Watcher::complain(const std::string& text) {
  progress_.error(text);
}

void Watcher::try_to(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    if (!stop_.cancelled()) complain(error.what());
  }
}

// ---- the quick thread

void Watcher::hear() {
  const std::string folder = engine_.paths().events();
  ui::FolderWatch journal;  // watched before it is read
  journal.add(folder);
  engine::JournalReader events(folder, false);
  replicas_.note_present();
  try_to([this] { sync_initially(); });
  say("Watch enabled");
  watch::Batch batch;
  while (!stop_.cancelled()) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}, {tree_.fd(), POLLIN, 0}, {journal.fd(), POLLIN, 0}};
    if (::poll(fds, std::size(fds), milliseconds_until(batch.due())) < 0 && errno != EINTR) sys::fail("poll");
    if (stop_.cancelled()) break;
    if (fds[1].revents != 0) batch.add(tree_.take(), std::chrono::steady_clock::now());
    for (const std::string& lost : tree_.take_unwatched())
      complain("changes in " + lost +
               " are not seen: the limit of watched folders is reached (sysctl fs.inotify.max_user_watches)");
    if (const auto paths = batch.take(std::chrono::steady_clock::now()); !paths.empty())
      try_to([&] { work_on(paths); });
    if (fds[2].revents == 0) continue;
    journal.take();
    events.read([this](const engine::Event& event) {
      const auto label = [&](const char* name) {
        const auto found = event.attributes.find(name);
        return found == event.attributes.end() ? std::string() : found->second;
      };
      const bool comes = event.type == "container" && (event.action == "create" || event.action == "start");
      if (comes && label(label::kProject) == project_.name)
        try_to([&] { meet(event.id, label(label::kService)); });
      return !stop_.cancelled();
    });
  }
}

watch::ReplicaSync::Paths Watcher::initial_paths(const std::string& service) const {
  watch::ReplicaSync::Paths paths;
  for (const watch::Rule& rule : rules_) {
    if (rule.service() != service || !rule.initial_sync()) continue;
    for (const std::string& path : tree_.present(rule.path()))
      if (rule.matches(path)) paths[rule.place_of(path)] = path;
  }
  return paths;
}

void Watcher::sync_initially() {
  std::set<std::string> services;
  for (const watch::Rule& rule : rules_)
    if (rule.initial_sync()) services.insert(rule.service());
  for (const std::string& service : services) {
    const auto paths = initial_paths(service);
    context_.log(LogLevel::kDebug, fmt::format("initial sync of {} paths to {}", paths.size(), service));
    for (const std::string& failure : replicas_.bring(service, paths, false)) complain(failure);
  }
}

void Watcher::work_on(const std::set<std::string>& paths) {
  for (const auto& [service, round] : watch::sort_out(rules_, paths)) {
    if (!round.sync.empty()) {
      say(fmt::format("Syncing service \"{}\" after {} changes were detected", service, round.sync.size()));
      for (const auto& [inside, local] : round.sync)
        context_.log(LogLevel::kDebug, fmt::format("sync {} to {}:{}", local, service, inside));
      for (const std::string& failure : replicas_.bring(service, round.sync, true)) complain(failure);
    }
    ask_for(service, round);
  }
}

void Watcher::meet(const std::string& id, const std::string& service) {
  const auto mine = [&](const watch::Rule& rule) {
    return rule.service() == service && syncs(rule.action());
  };
  if (std::none_of(rules_.begin(), rules_.end(), mine)) return;
  const watch::ReplicaSync::Arrival arrival = replicas_.arrived(id, service, initial_paths(service));
  for (const std::string& failure : arrival.failed) complain(failure);
  if (arrival.before_start || arrival.brought.empty()) return;
  // Its program may have read the image's files already.
  std::set<std::string> paths;
  for (const auto& [inside, local] : arrival.brought) paths.insert(local);
  watch::ServiceRound again = watch::sort_out(rules_, paths)[service];
  again.rebuild = false;
  ask_for(service, again);
}

void Watcher::ask_for(const std::string& service, const watch::ServiceRound& round) {
  {
    const std::scoped_lock lock(mutex_);
    if (round.rebuild) work_.rebuild.insert(service);
    if (round.restart) work_.restart.insert(service);
    auto& execs = work_.execs[service];
    for (const watch::Rule* rule : round.execs)
      if (std::find(execs.begin(), execs.end(), rule) == execs.end()) execs.push_back(rule);
    if (execs.empty()) work_.execs.erase(service);
  }
  wake_.notify_all();
}

// ---- the slow thread

void Watcher::labour() {
  for (;;) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_.cancelled() || !work_.empty(); });
      if (stop_.cancelled()) return;
      std::swap(work, work_);
    }
    for (const std::string& service : work.rebuild) work.restart.erase(service);
    if (!work.rebuild.empty()) try_to([&] { rebuild(work.rebuild); });
    if (!work.restart.empty()) try_to([&] { restart(work.restart); });
    for (const auto& [service, rules] : work.execs)
      for (const watch::Rule* rule : rules) try_to([&, &name = service] { exec(name, *rule); });
  }
}

// Returns false when it did not succeed, having told why.
bool Watcher::run(const Plan& plan) {
  if (plan.empty()) return true;
  const RunResult result = compose::run(plan, engine_, progress_, stop_, {parallel_});
  if (result.cancelled) return false;
  for (const std::string& error : result.errors) complain(error);
  return result.ok;
}

void Watcher::rebuild(const std::set<std::string>& services) {
  const auto tell = [this](const std::string& text) { progress_.warning(text); };
  const auto lock = ProjectLock::acquire(engine_.paths().run_root, project_.name, "watch", tell, stop_);
  if (!lock) return;
  engine_.reconcile();
  say("Rebuilding service(s) " + listed(services) + " after changes were detected...");
  const uint64_t mark = replicas_.mark();
  const Observed before = observe(engine_, project_.name, &project_);
  BuildOptions builds;
  builds.services.assign(services.begin(), services.end());
  builds.build_all = true;
  builds.with_dependencies = false;
  const Plan images = plan_images(project_, before, builds);
  require_build_inputs(project_, images);
  if (!run(images)) return;
  say("service(s) " + listed(services) + " successfully built");
  for (const std::string& service : services) {
    replicas_.forget(service, mark, [&](const std::string& path) {
      return std::any_of(rules_.begin(), rules_.end(), [&](const watch::Rule& rule) {
        return rule.service() == service && rule.is_in_context(path);
      });
    });
  }
  const Observed now = observe(engine_, project_.name, &project_);
  UpOptions up = options_.up;
  up.services = builds.services;
  up.force_recreate = true;
  up.no_recreate = false;
  up.no_deps = true;
  up.remove_orphans = false;
  up.ignore_orphans = true;
  // However many there are, by --scale or since.
  for (const std::string& service : services) {
    up.scale[service] = 0;
    for (const auto& container : now.containers)
      if (!is_one_off(container) && service_of(container) == service) ++up.scale[service];
    if (up.scale[service] == 0) up.scale.erase(service);
  }
  if (run(plan_up(project_, now, up)) && options_.prune) prune(image_ids(before, project_, services));
}

// Of the images that the services had, those that have no name any more. One that somebody uses stays.
void Watcher::prune(const std::map<std::string, std::string>& images_before) {
  for (const auto& [service, id] : images_before) {
    try {
      const auto image = engine_.find_image(id);
      if (image && image->references.empty()) engine_.remove_image(id, false);
    } catch (const engine::Error& error) {
      context_.log(LogLevel::kDebug, error.what());
    }
  }
}

void Watcher::restart(const std::set<std::string>& services) {
  const auto tell = [this](const std::string& text) { progress_.warning(text); };
  const auto lock = ProjectLock::acquire(engine_.paths().run_root, project_.name, "watch", tell, stop_);
  if (!lock) return;
  engine_.reconcile();
  LifeOptions life;
  life.services.assign(services.begin(), services.end());
  life.timeout_ms = options_.up.timeout_ms;
  if (run(plan_restart(&project_, observe(engine_, project_.name, &project_), life)))
    say("service(s) " + listed(services) + " restarted");
}

void Watcher::exec(const std::string& service, const watch::Rule& rule) {
  for (const engine::ContainerInfo& container : engine_.containers(project_.name)) {
    if (is_one_off(container) || service_of(container) != service) continue;
    if (container.status.state != engine::State::kRunning) continue;
    Step step;
    step.resource = "Container " + container.name;
    const int code = run_hook(engine_, container.id, *rule.exec(), stop_.fd(),
                              [&](const std::string& line) { progress_.hook_output(step, line); });
    if (code != 0 && !stop_.cancelled())
      complain(hook_failure(step.resource, "sync+exec", *rule.exec(), code));
  }
}

}  // namespace compose::cli
