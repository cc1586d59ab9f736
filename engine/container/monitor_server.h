#pragma once
// Monitors made by fork(2) from one compose-monitor, which is started once for all that a command starts:
// exec of a program costs a millisecond and more, most of which the C library spends on asking the processor
// what it is, and each monitor would join the control groups of all monitors for itself. It begins beside the
// command's own work, so that the first start does not wait for it either: what is asked of it before it is
// there waits in its socket.
//
// Who knows that it is one request only has the server become the monitor itself, which saves two forks: of
// what a process touches after it every page is copied, on some hosts for 2 ms and more. Such a monitor is
// the caller's child until the caller ends.
//
// The server (engine/monitor/serve_job.cpp) ends with the command, or when it has had nothing to do for two
// seconds; the next start makes another one. Monitors outlive it.
#include <mutex>
#include <string>

#include "engine/container/monitor_process.h"
#include "sys/fd.h"

namespace engine {

// Safe to use from any thread.
class MonitorServer {
 public:
  // What will be asked of it: any number of jobs; one; one for a container that finds others by name; one of
  // `exec`, whose monitor stays in the groups of its caller as long as that is there.
  enum class Use { kMany, kOne, kOneWithNames, kExec };

  // `monitors_cgroup`: the control group that they are to be in. Nothing is started yet.
  explicit MonitorServer(std::string monitors_cgroup) : cgroup_(std::move(monitors_cgroup)) {}
  ~MonitorServer();
  MonitorServer(const MonitorServer&) = delete;
  MonitorServer& operator=(const MonitorServer&) = delete;

  // Starts it beside the caller, for who knows that a start will follow; nothing when it is begun already.
  // What is wrong `start` will tell. Should more be asked of it than `use` says, it is one of many from then
  // on.
  void warm_up(Use use = Use::kMany) noexcept;
  // Begins the job of a container's keeper ("container", "attached") or of one who runs a program in it
  // ("exec") as spawn_monitor does, and returns the descriptor by which it reports. Throws as that one.
  sys::Fd start(const MonitorSpawn& spawn);
  // A network namespace (netmgr/namespace_scope.h) that the server has made while it had nothing else to do,
  // when it is one for one start; else, and the second time, nothing.
  sys::Fd take_namespace();
  // Nothing more is to be started soon: it ends by itself, without being waited for.
  void let_go() noexcept;
  // The same, and returns when it has ended, so that the control group of monitors may be empty.
  void end() noexcept;

 private:
  void begin(Use use);
  void reap_ended() noexcept;
  bool ask(const MonitorSpawn& spawn, int report);
  sys::Fd receive_namespace();

  std::string cgroup_;
  std::mutex mutex_;  // of all below
  sys::Begun process_;
  sys::Fd socket_;  // empty: there is no server
  Use use_ = Use::kMany;
  bool has_namespace_ = false;
};

}  // namespace engine
