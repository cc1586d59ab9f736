#pragma once
// The life of one container as its monitor leads it: starts it, waits, records, restarts, checks its health,
// answers the control socket, and tidies up at the end. One thread, one poll; nothing wakes an idle monitor.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/container/cgroup.h"
#include "engine/container/health_state.h"
#include "engine/container/launch.h"
#include "engine/container/restart_policy.h"
#include "engine/container/spec.h"
#include "engine/container/status.h"
#include "engine/monitor/console_pump.h"
#include "engine/monitor/control_server.h"
#include "engine/monitor/health_probe.h"
#include "engine/monitor/lb_desk.h"
#include "engine/monitor/output.h"
#include "netmgr/dns.h"
#include "netmgr/endpoint_watch.h"
#include "sys/file.h"

namespace monitor {

// Whom a container is attached to from its start: pipes for copies of its output, and its stdin.
struct AttachedStreams {
  sys::Fd in, out, err;
};

// What of a container that has ended the kernel takes a while to take away, or has to be told of: it goes
// with this object, when who is attached has heard of the end.
struct Remains {
  // Of one that somebody is attached to: a mount namespace that does not go with the container's last
  // process, as to take two dozen mounts away costs the kernel some milliseconds. Who stops a container waits
  // for it, as what it had mounted is to be free then.
  sys::Fd mounts;
  sys::Fd netns;  // empty: others go on in it
  std::unique_ptr<netmgr::DnsServer> dns;

  Remains() = default;
  Remains(Remains&&) = default;
  Remains& operator=(Remains&&) = default;
  ~Remains();
  void hasten();  // `netns` is told, and gone
};

class Supervisor : private ControlHandler {
 public:
  // Becomes the container's keeper. `netns` may be empty with host_network and net. Throws
  // engine::Error(kConflict) when another process is, sys::Error.
  Supervisor(engine::Spec spec, sys::Fd netns, std::string init_program);

  // To be called before `start`: for the first run of the container.
  void attach(AttachedStreams streams) { attached_ = std::move(streams); }
  // The terminal's master for who is attached; once, after `start`.
  sys::Fd take_console();
  // First start. Throws engine::SetupError, engine::Error, sys::Error; the failure is in status.json then and
  // nothing is left behind.
  void start();
  // Takes over a container that runs already. Throws engine::Error(kNotFound) when it does not.
  void adopt();
  // Until it has ended for good. Who waits at the control socket is answered when this object goes, after its
  // lock.
  void run();
  const engine::Status& status() const { return status_; }
  // For the names of its first program, if they are in its network namespace.
  void listen_by(netmgr::DnsSockets sockets) { ready_sockets_.emplace(std::move(sockets)); }
  // ContainerLaunch::gate, of its first program.
  void wait_at(sys::Fd gate) { gate_ = std::move(gate); }
  // Once it has ended. Of one that nobody is attached to little is left to it: who stops a container may be
  // about to remove the monitors' control group, with this process in it.
  Remains take_remains(bool attached);
  // What is to be run once this object is gone: the spec's exit hook, unless `stop` was asked for.
  std::vector<std::string> exit_hook() const {
    return stop_asked_ ? std::vector<std::string>() : spec_.exit_hook;
  }
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

 private:
  bool kill(int signal) override;
  void stop(int signal, int64_t grace_ms) override;
  std::string status_json() override;
  void reload_networks() override;
  void attach(int client, bool is_error, sys::Fd pipe) override;
  void detach(int client) noexcept override;
  sys::Fd input() override;
  void thaw(const std::string& mark) noexcept override;
  void note_pause() override;
  void resume() override;

  void note(const std::string& action, const std::map<std::string, std::string>& more = {}) const noexcept;
  void note_end(int64_t ran_ms) const noexcept;
  void send(int signal);  // to the container's program, and notes it
  void go_on();
  void open_places();
  void serve_names();
  // As they are to be found now: by names, and by load balancers.
  void register_names();
  void update_names() noexcept;  // the same; what is wrong goes to standard error
  // Has the load balancers send it nothing any more, for `most_ms` at most; false: there are none.
  bool take_leave(int64_t most_ms);
  void ask_again();
  void end_leave();
  void begin_stop();  // its leave is over
  engine::Stdio stdio();
  void launch();
  void hold_mounts() noexcept;
  void watch_health();
  void record();
  void wait_for_events();
  int timeout() const;
  void serve_deadlines();
  void serve_health(const pollfd& output, const pollfd& process);
  void finish_probe(bool timed_out);
  void serve_exit();
  void read_signals();
  void relaunch();
  void end_for_good();
  bool running() const { return static_cast<bool>(container_.pidfd); }

  engine::Spec spec_;
  sys::Fd netns_;
  sys::Fd gate_;
  std::string init_program_;
  std::optional<sys::FileLock> lock_;
  engine::Cgroup cgroup_;
  engine::RestartPolicy policy_;
  engine::HealthState health_;
  engine::Status status_;
  sys::Fd signals_;
  sys::Fd mounts_;  // Remains::mounts
  std::optional<Output> output_;
  std::optional<ControlServer> control_;
  std::unique_ptr<netmgr::DnsServer> dns_;
  std::optional<netmgr::DnsSockets> ready_sockets_;
  std::optional<LbDesk> lb_;    // of a load balancer
  engine::Launched container_;  // pidfd empty: not running
  ConsolePump console_pump_;
  std::optional<AttachedStreams> attached_;
  sys::Fd input_;  // of Spec::stdin_open
  std::unique_ptr<HealthProbe> probe_;
  uint64_t oom_kills_before_ = 0;
  int64_t launched_at_ = 0;                                 // monotonic, as are all below
  std::optional<int64_t> restart_at_, kill_at_, probe_at_;  // unset: nothing to wait for
  std::optional<netmgr::Leave> leave_;                      // under way
  std::optional<int64_t> leave_until_, ask_again_at_;
  std::optional<int64_t> settle_at_;  // when the start is some time ago: what can wait till then
  int stop_signal_ = 0;               // to be sent then
  bool ending_ = false;               // no restart any more
  bool ended_ = false;
  bool stop_asked_ = false;
  bool more_output_ = false;
  std::vector<pollfd> fds_;
};

}  // namespace monitor
