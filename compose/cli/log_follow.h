#pragma once
// The logs of a project's containers as one stream: first what there is, in time order, then what comes -
// through restarts, recreations and new replicas. Wakes on inotify and pidfds only, never by polling; only
// where no inotify is to be had (fs.inotify.max_user_instances) it looks four times a second.
//
// A container's status is believed from its record; the end of its monitor is watched too, in case that died.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/execute/executor.h"
#include "compose/ui/folder_watch.h"
#include "compose/ui/log_file.h"
#include "compose/ui/log_printer.h"
#include "engine/engine.h"

namespace compose::cli {

struct FollowOptions {
  std::string project;
  std::function<bool(const engine::ContainerInfo&)> watched;  // containers that count for the end
  std::function<bool(const engine::ContainerInfo&)> shown;    // of those: their logs are printed
  std::optional<int64_t> since, until;                        // nanoseconds since 1970
  std::optional<size_t> tail;                                 // last records of each container
  // By container id: their logs, of which only what is still unread is printed.
  std::map<std::string, std::shared_ptr<ui::LogFile>> begun;
};

class LogFollow {
 public:
  LogFollow(engine::Engine& engine, FollowOptions options, ui::LogPrinter& printer);
  ~LogFollow();

  // Prints what there is at present.
  void print_present();

  // What became of a container: told for each end, also one followed by a restart. Return false to stop
  // following.
  using Ended = std::function<bool(const engine::ContainerInfo& container, bool restarting)>;
  // Prints what comes until `stop`, `until`, `ended` says so, or - once `complete` was called - every watched
  // container has ended and no command is at work on the project. Throws engine::Error, sys::Error.
  void follow(const Cancellation& stop, const Ended& ended);
  // No more containers are about to be started by this program, or `is_complete` false: they are, after all.
  // From any thread.
  void complete(bool is_complete = true);

 private:
  struct Source;
  void refresh();
  Source& source_of(const engine::ContainerInfo& container);
  void update(Source& source, const engine::ContainerInfo& container);
  bool report_ends(const Ended& ended);
  bool drain(std::vector<Source*> sources, const Cancellation* stop);
  bool all_ended() const;
  void drop_removed();
  void wait(const Cancellation& stop, int timeout_ms);
  void take_changes();
  void begin_watching();
  void watch(const std::string& folder);

  engine::Engine& engine_;
  FollowOptions options_;
  ui::LogPrinter& printer_;
  int64_t began_ms_;
  std::optional<ui::FolderWatch> watch_;  // made by `follow`; without it there is a look now and then
  std::map<std::string, std::unique_ptr<Source>> sources_;  // by container id
  std::map<std::string, engine::ContainerInfo> present_;    // watched ones, as last read
  bool dirty_ = true;                                       // statuses may have changed
  std::atomic<bool> complete_{false};
  sys::Fd wake_;  // eventfd
};

// The watched state: a "running" that lost its process but still has its monitor is about to be recorded
// properly.
bool has_ended(const engine::Status& status);

}  // namespace compose::cli
