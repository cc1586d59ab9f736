#include "compose/cli/log_follow.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "compose/cli/project_lock.h"
#include "compose/plan/inventory.h"
#include "compose/ui/log_merge.h"
#include "compose/ui/timestamp.h"
#include "sys/error.h"
#include "sys/process.h"

namespace compose::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSlice = std::chrono::milliseconds(200);  // of printing before statuses are looked at again
constexpr int kLookMs = 250;                             // without a watch
constexpr auto kGrace = std::chrono::milliseconds(500);  // after the last end: a restart may be on its way
constexpr int kNoMonitor = 255;                          // exit code when nobody could tell

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace

bool has_ended(const engine::Status& status) {
  if (status.state != engine::State::kExited && status.state != engine::State::kDead) return false;
  return status.exit_code != kNoMonitor || !sys::is_alive(status.monitor);
}

struct LogFollow::Source {
  explicit Source(const engine::ContainerInfo& container) : file(container.log_path) {}

  engine::ContainerInfo info;
  std::string service, name;
  ui::LogFile file;
  bool shown = true;
  bool told_silent = false;
  bool fresh = true;  // there may be something to read
  int64_t reported_end_ms = 0;
  int reported_restarts = 0;
  sys::ProcessId monitor;
  sys::Fd monitor_fd;
};

LogFollow::LogFollow(engine::Engine& engine, FollowOptions options, ui::LogPrinter& printer)
    : engine_(engine),
      options_(std::move(options)),
      printer_(printer),
      began_ms_(ui::now_ms()),
      wake_(sys::check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

LogFollow::~LogFollow() = default;

LogFollow::Source& LogFollow::source_of(const engine::ContainerInfo& container) {
  auto& slot = sources_[container.id];
  if (slot) return *slot;
  slot = std::make_unique<Source>(container);
  slot->reported_restarts = container.status.restart_count;
  if (const auto begun = options_.begun.find(container.id); begun != options_.begun.end()) {
    slot->file = std::move(*begun->second);
    options_.begun.erase(begun);
  } else if (options_.tail && container.created_ms <= began_ms_) {
    slot->file.skip_to_last(*options_.tail);
  }
  // Watched before it is read: nothing can slip in between.
  watch(folder_of(container.log_path));
  watch(engine_.paths().container(container.id));
  return *slot;
}

void LogFollow::update(Source& source, const engine::ContainerInfo& container) {
  source.info = container;
  source.service = service_of(container);
  source.name = ui::log_name(options_.project, final_name(container));
  source.shown = options_.shown == nullptr || options_.shown(container);
  if (source.shown) printer_.expect(source.name);
  if (source.shown && container.log_driver == "none" && !source.told_silent) {
    source.told_silent = true;
    printer_.status(source.service, source.name, "has no logs: its logging driver is none");
  }
  const sys::ProcessId& monitor = container.status.monitor;
  if (monitor.pid == source.monitor.pid && monitor.start_time == source.monitor.start_time) return;
  source.monitor = monitor;
  source.monitor_fd = sys::open_pidfd(monitor);
}

void LogFollow::refresh() {
  dirty_ = false;
  present_.clear();
  for (auto& container : engine_.containers(options_.project)) {
    if (options_.watched && !options_.watched(container)) continue;
    update(source_of(container), container);
    present_.emplace(container.id, std::move(container));
  }
}

// Prints what the sources have, in time order. False when it stopped before the end of it.
bool LogFollow::drain(std::vector<Source*> sources, const Cancellation* stop) {
  const auto began = Clock::now();
  std::vector<ui::LogFile*> files;
  for (Source* source : sources) {
    source->fresh = false;
    files.push_back(&source->file);
  }
  ui::LogMerge merge(files);
  for (size_t count = 1;; ++count) {
    const auto entry = merge.next();
    if (!entry) break;
    const Source& source = *sources[entry->index];
    const int64_t time = entry->record.time;
    const bool wanted =
        (!options_.since || time >= *options_.since) && (!options_.until || time <= *options_.until);
    if (wanted && source.shown) printer_.print(source.service, source.name, entry->record);
    if (stop != nullptr && count % 256 == 0 && Clock::now() - began > kSlice) {
      for (Source* rest : sources) rest->fresh = true;
      printer_.flush();
      return false;
    }
  }
  printer_.flush();
  return true;
}

void LogFollow::print_present() {
  refresh();
  std::vector<Source*> all;
  for (const auto& [id, source] : sources_) all.push_back(source.get());
  drain(all, nullptr);
  for (const Source* source : all) {
    if (has_ended(source->info.status)) printer_.status(source->service, source->name, "");
  }
  printer_.flush();
}

bool LogFollow::report_ends(const Ended& ended) {
  bool go_on = true;
  for (const auto& [id, container] : present_) {
    Source& source = *sources_.at(id);
    const engine::Status& status = container.status;
    const bool over = has_ended(status);
    const bool restarting =
        status.state == engine::State::kRestarting || status.restart_count > source.reported_restarts;
    if (!over && !restarting) continue;
    if (status.finished_ms == source.reported_end_ms) continue;
    if (status.finished_ms < began_ms_) {  // no news, but its last line may have no end
      if (over) printer_.status(source.service, source.name, "");
      continue;
    }
    source.reported_end_ms = status.finished_ms;
    source.reported_restarts = status.restart_count;
    if (source.shown) {
      printer_.status(source.service, source.name,
                      fmt::format("exited with code {}{}", status.exit_code, over ? "" : " (restarting)"));
    }
    if (ended && !ended(container, !over)) go_on = false;
  }
  printer_.flush();
  return go_on;
}

void LogFollow::drop_removed() {
  std::erase_if(sources_, [&](const auto& entry) {
    if (present_.count(entry.first) != 0) return false;
    printer_.status(entry.second->service, entry.second->name, "");  // a line without an end
    return true;
  });
  printer_.flush();
}

bool LogFollow::all_ended() const {
  for (const auto& [id, container] : present_) {
    const engine::Status& status = container.status;
    if (has_ended(status)) continue;
    // Made but never started: only one that is about to take another's place is still to come.
    if (status.state == engine::State::kCreated && !is_half_recreated(container)) continue;
    return false;
  }
  return true;
}

void LogFollow::begin_watching() {
  try {
    watch_.emplace();
  } catch (const sys::Error&) {
    return;
  }
  watch(engine_.paths().data_root + "/containers");
  for (const auto& [id, source] : sources_) {
    watch(folder_of(source->info.log_path));
    watch(engine_.paths().container(id));
    source->fresh = true;  // it may have been written to before
  }
  dirty_ = true;
}

void LogFollow::watch(const std::string& folder) {
  try {
    if (watch_) watch_->add(folder);
  } catch (const sys::Error&) {  // no more watches for this user
    watch_.reset();
  }
}

void LogFollow::complete(bool is_complete) {
  complete_ = is_complete;
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) < 0) return;  // only when full: readable then anyway
}

void LogFollow::wait(const Cancellation& stop, int timeout_ms) {
  std::vector<pollfd> fds{
      {stop.fd(), POLLIN, 0}, {watch_ ? watch_->fd() : -1, POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  std::vector<Source*> monitored;
  for (const auto& [id, source] : sources_) {
    if (!source->monitor_fd) continue;
    fds.push_back({source->monitor_fd.get(), POLLIN, 0});
    monitored.push_back(source.get());
  }
  if (!watch_ && (timeout_ms < 0 || timeout_ms > kLookMs)) timeout_ms = kLookMs;
  const int ready = ::poll(fds.data(), fds.size(), timeout_ms);
  if (ready < 0 && errno != EINTR) sys::fail("poll");
  if (!watch_) {
    dirty_ = true;
    for (const auto& [id, source] : sources_) source->fresh = true;
  }
  if (ready <= 0) return;
  if (fds[2].revents != 0) {
    uint64_t count = 0;
    if (::read(wake_.get(), &count, sizeof count) > 0) dirty_ = true;
  }
  for (size_t i = 0; i < monitored.size(); ++i) {
    if (fds[i + 3].revents == 0) continue;
    monitored[i]->monitor_fd.reset();  // the monitor has gone: what it left is read once
    dirty_ = true;
  }
  if (fds[1].revents != 0) take_changes();
}

void LogFollow::take_changes() {
  const ui::FolderWatch::Changes changes = watch_->take();
  const std::string root = engine_.paths().data_root + "/containers";
  if (const auto found = changes.renamed.find(root); found != changes.renamed.end()) {
    // A new container's record may come after its folder: what happens in the folder later tells.
    for (const std::string& name : found->second) watch(root + '/' + name);
  }
  if (!changes.renamed.empty()) dirty_ = true;
  for (const auto& [id, source] : sources_) {
    const std::string folder = folder_of(source->info.log_path);
    if (changes.written.count(folder) != 0 || changes.renamed.count(folder) != 0) source->fresh = true;
  }
}

void LogFollow::follow(const Cancellation& stop, const Ended& ended) {
  begin_watching();
  std::optional<Clock::time_point> all_ended_since;
  for (;;) {
    if (dirty_) refresh();
    std::vector<Source*> fresh;
    for (const auto& [id, source] : sources_) {
      // What a container wrote last comes before the news of its end.
      const bool just_ended =
          has_ended(source->info.status) && source->reported_end_ms != source->info.status.finished_ms;
      if (source->fresh || just_ended) fresh.push_back(source.get());
    }
    const bool drained = drain(fresh, &stop);
    if (stop.cancelled()) return;
    if (drained && !report_ends(ended)) return;
    // Removed containers whose last words have been read.
    if (drained) drop_removed();
    if (options_.until && ui::now_ms() * 1'000'000 > *options_.until) return;

    int timeout = drained ? -1 : 0;
    if (drained && complete_ && all_ended()) {
      const auto now = Clock::now();
      if (!all_ended_since || ProjectLock::is_held(engine_.paths().run_root, options_.project))
        all_ended_since = now;
      if (now - *all_ended_since >= kGrace) return;
      timeout = static_cast<int>(
          std::chrono::ceil<std::chrono::milliseconds>(*all_ended_since + kGrace - now).count());
    } else {
      all_ended_since.reset();
    }
    if (options_.until && timeout < 0) {
      timeout = static_cast<int>(std::min<int64_t>(60'000, *options_.until / 1'000'000 - ui::now_ms() + 1));
    }
    wait(stop, timeout);
    if (all_ended_since) dirty_ = true;
  }
}

}  // namespace compose::cli
