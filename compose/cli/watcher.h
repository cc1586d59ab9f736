#pragma once
// Watches the files of develop.watch rules and does what they say, for `watch` and `up --watch`. Two threads:
// one hears of changes and brings files into containers, so that they are there at once; the other builds,
// restarts and runs commands, which may take its time. What fails is told, and the watching goes on.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "compose/cli/context.h"
#include "compose/plan/planner.h"
#include "compose/watch/batch.h"
#include "compose/watch/replica_sync.h"
#include "compose/watch/round.h"
#include "compose/watch/tree_watch.h"

namespace compose::cli {

inline constexpr const char* kWatchDisabled = "⦿ Watch disabled\n";

struct WatchOptions {
  bool prune = true;                 // images that a rebuild leaves without a name are removed
  UpOptions up{};                    // how containers are recreated: timeout and the like
  std::function<void()> ended = {};  // called, from a thread of the watcher's, when it cannot go on
};

class Watcher {
 public:
  // `project` and `context` have to outlive it. Once it returns, no change is missed. Throws sys::Error when
  // the files cannot be watched.
  Watcher(Context& context, const parser::Project& project, std::vector<watch::Rule> rules,
          WatchOptions options);
  // Ends what is being done, and the watching.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  using Time = watch::Batch::Time;
  // What the slow thread is to do: by service.
  struct Work {
    std::set<std::string> rebuild, restart;
    std::map<std::string, std::vector<const watch::Rule*>> execs;
    bool empty() const { return rebuild.empty() && restart.empty() && execs.empty(); }
  };

  // ---- the quick thread
  void hear();
  void sync_initially();
  watch::ReplicaSync::Paths initial_paths(const std::string& service) const;
  void work_on(const std::set<std::string>& paths);
  void meet(const std::string& id, const std::string& service);
  void ask_for(const std::string& service, const watch::ServiceRound& round);

  // ---- the slow thread
  void labour();
  void rebuild(const std::set<std::string>& services);
  void restart(const std::set<std::string>& services);
  void exec(const std::string& service, const watch::Rule& rule);
  bool run(const Plan& plan);
  void prune(const std::map<std::string, std::string>& images_before);

  void say(const std::string& text);
  void complain(const std::string& text);
  void try_to(const std::function<void()>& action);

  Context& context_;
  const parser::Project& project_;
  std::vector<watch::Rule> rules_;
  WatchOptions options_;
  engine::Engine& engine_;
  ui::Progress& progress_;
  const int parallel_;
  const bool colour_;
  Cancellation stop_;
  watch::ReplicaSync replicas_;
  watch::TreeWatch tree_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Work work_;  // guarded by mutex_
  std::thread quick_, slow_;
};

}  // namespace compose::cli
