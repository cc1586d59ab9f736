// How its container begins and ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/container/endpoints.h"
#include "engine/container/exit_status.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/container/setup_error.h"
#include "engine/error.h"
#include "engine/monitor/supervisor.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"

namespace monitor {

using engine::Health;
using engine::monotonic_ms;
using engine::State;

namespace {

constexpr int64_t kMostLeaveMs = 10'000;
constexpr int64_t kAskAgainMs = 20;
// One that ends at once is not to wait for the disk, and who starts many not for what each can do later.
constexpr int64_t kSettleMs = 1000;

}  // namespace

void Supervisor::open_places() {
  output_.emplace(spec_);
  if (attached_) {
    output_->copy_stdout_to(OutputCopy(std::move(attached_->out), -1, -1));
    output_->copy_stderr_to(OutputCopy(std::move(attached_->err), -1, -1));
  }
  control_.emplace(spec_.run_dir, static_cast<ControlHandler&>(*this));
  if (spec_.load_balancer) lb_.emplace(spec_);
  serve_names();
}

void Supervisor::start() {
  try {
    open_places();
    cgroup_.create(spec_.resources, engine::device_access(spec_));
    launch();
  } catch (const std::exception& error) {
    const auto* setup = dynamic_cast<const engine::SetupError*>(&error);
    status_.exit_code = setup != nullptr ? setup->exit_code() : engine::kExitSetupFailed;
    status_.error = error.what();
    end_for_good();
    throw;
  }
}

engine::Stdio Supervisor::stdio() {
  engine::Stdio stdio = output_->stdio();
  if (attached_) {
    stdio.in = attached_->in.get();
  } else if (spec_.stdin_open) {
    if (!input_) input_ = open_fifo(engine::stdin_fifo(spec_.run_dir), 0);
    stdio.in = input_.get();
  }
  return stdio;
}

void Supervisor::launch() {
  oom_kills_before_ = cgroup_.oom_kills();
  container_ = engine::launch_container({spec_, cgroup_, netns_.get(), stdio(), init_program_,
                                         /*die_with_parent=*/false,
                                         /*once=*/launched_at_ == 0, gate_.get()});
  gate_.reset();
  launched_at_ = monotonic_ms();
  if (attached_) hold_mounts();
  try {
    if (container_.console)
      console_pump_ = start_console_pump(container_, output_->stdio().out, spec_.run_dir);
    attached_.reset();  // the container has its stdin: a copy here would keep a reader from seeing its end
    engine::register_endpoints(
        spec_, health_.enabled() ? netmgr::EndpointState::kStarting : netmgr::EndpointState::kGood);
  } catch (...) {
    // A start that is told to have failed leaves nothing that runs.
    sys::send_signal(container_.pidfd, SIGKILL);
    engine::take_exit_status(container_.pidfd.get());
    container_ = {};
    output_->finish(console_pump_.pidfd.get());  // the pump may have to wait for a reader
    if (console_pump_.pidfd) engine::take_exit_status(console_pump_.pidfd.get());
    console_pump_ = {};
    throw;
  }
  if (lb_) lb_->balancer_began();
  status_.state = State::kRunning;
  status_.process = container_.process;
  status_.started_ms = engine::unix_ms();
  status_.finished_ms = 0;
  status_.exit_code = 0;
  status_.oom_killed = false;
  status_.error.clear();
  settle_at_ = launched_at_ + kSettleMs;
  if (health_.enabled()) health_.begin(status_, launched_at_);
  watch_health();
  record();
  note("start");
}

void Supervisor::adopt() {
  const engine::Status recorded = engine::read_recorded_status(spec_.state_dir);
  container_.process = recorded.process;
  if (engine::has_program(recorded) && recorded.boot_id == status_.boot_id) {
    container_.pidfd = sys::open_pidfd(recorded.process);
  }
  if (!container_.pidfd) {
    throw engine::Error(engine::Error::Kind::kNotFound, "container " + spec_.name + " is not running");
  }
  if (!spec_.host_network && spec_.net.mode.empty()) {
    netns_ = sys::open("/proc/" + std::to_string(recorded.process.pid) + "/ns/net", O_RDONLY);
  }
  const sys::ProcessId self = status_.monitor;
  status_ = recorded;
  status_.monitor = self;
  ending_ = status_.stopped_by_user;
  launched_at_ = monotonic_ms() - std::max<int64_t>(0, engine::unix_ms() - recorded.started_ms);
  settle_at_ = monotonic_ms() + kSettleMs;
  health_.resume(launched_at_);
  oom_kills_before_ = cgroup_.oom_kills();
  open_places();
  if (lb_) lb_->balancer_began();
  if (spec_.tty) console_pump_ = find_console_pump(spec_.run_dir);
  if (spec_.stdin_open && !spec_.tty) input_ = open_fifo(engine::stdin_fifo(spec_.run_dir), 0);
  watch_health();
  register_names();
  record();
}

bool Supervisor::kill(int signal) {
  const bool was_running = running();
  const bool sent = was_running && sys::send_signal(container_.pidfd, signal);
  if (sent) note("kill", {{"signal", std::to_string(signal)}});
  if (!engine::means_stop(signal, spec_)) return sent;
  status_.stopped_by_user = true;
  ending_ = true;
  if (!was_running) {
    const bool between_runs = restart_at_.has_value();
    end_for_good();
    return between_runs;
  }
  if (status_.state == State::kPaused) {
    resume();  // it ends by the signal that waits for it
  } else {
    record();
  }
  return sent;
}

// What it is given for the whole of it is for both: half of it, at most, for requests under way, which load
// balancers sent.
void Supervisor::stop(int signal, int64_t grace_ms) {
  const bool asked_before = std::exchange(stop_asked_, true);
  status_.stopped_by_user = true;
  ending_ = true;
  if (!running()) {
    end_for_good();
    return;
  }
  const int64_t now = monotonic_ms();
  stop_signal_ = signal;
  if (grace_ms >= 0) kill_at_ = std::min(kill_at_.value_or(now + grace_ms), now + grace_ms);
  const int64_t leave_ms = grace_ms < 0 ? kMostLeaveMs : std::min(kMostLeaveMs, grace_ms / 2);
  if (leave_) {
    leave_until_ = std::min(*leave_until_, now + leave_ms);
  } else if (!asked_before && status_.state != State::kPaused && take_leave(leave_ms)) {
    record();
  } else {
    begin_stop();
  }
}

bool Supervisor::take_leave(int64_t most_ms) {
  if (most_ms == 0) return false;
  const std::vector<std::string> directories = engine::network_directories(spec_);
  try {
    if (!netmgr::is_watched(directories)) return false;
    leave_.emplace();
    register_names();
    leave_->ask(directories, spec_.id);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", spec_.name.c_str(), error.what());
    end_leave();
    return false;
  }
  const int64_t now = monotonic_ms();
  leave_until_ = now + most_ms;
  if (!leave_->all_asked()) ask_again_at_ = now + kAskAgainMs;
  return true;
}

void Supervisor::ask_again() {
  leave_->ask_again();
  ask_again_at_.reset();
  if (!leave_->all_asked()) ask_again_at_ = monotonic_ms() + kAskAgainMs;
}

void Supervisor::end_leave() {
  leave_.reset();
  leave_until_.reset();
  ask_again_at_.reset();
}

void Supervisor::begin_stop() {
  end_leave();
  send(stop_signal_);
  if (status_.state == State::kPaused) {
    resume();
  } else {
    record();
  }
}

void Supervisor::read_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) continue;
  // The host goes down: the container ends, but not by its user's wish, so that it comes up again with the
  // host.
  ending_ = true;
  if (!running()) {
    end_for_good();
    return;
  }
  sys::send_signal(container_.pidfd, engine::signal_number(spec_.stop_signal));
  if (status_.state == State::kPaused) resume();
  if (!kill_at_ && spec_.stop_grace_ms >= 0) kill_at_ = monotonic_ms() + spec_.stop_grace_ms;
}

void Supervisor::serve_exit() {
  probe_.reset();
  probe_at_.reset();
  kill_at_.reset();
  end_leave();
  if (lb_) lb_->balancer_ended();
  status_.exit_code = engine::take_exit_status(container_.pidfd.get());
  container_ = {};
  // Where it was not the first of its pid namespace, what else it started lives on.
  if (!spec_.pid.mode.empty()) cgroup_.kill_all();
  output_->finish(console_pump_.pidfd.get());
  if (console_pump_.pidfd) engine::take_exit_status(console_pump_.pidfd.get());
  console_pump_ = {};
  engine::unregister_endpoints(spec_);
  const int64_t ran_ms = monotonic_ms() - launched_at_;
  status_.finished_ms = engine::unix_ms();
  status_.oom_killed = cgroup_.oom_kills() > oom_kills_before_;
  status_.health = Health::kNone;
  const auto delay = policy_.delay_after_exit(status_.exit_code, ran_ms, status_.restart_count, ending_);
  if (!delay) {
    status_.state = State::kExited;
    end_for_good();
    note_end(ran_ms);
    control_->tell_attached(status_.exit_code);  // who hears of the end finds it recorded
    return;
  }
  restart_at_ = monotonic_ms() + *delay;
  status_.state = State::kRestarting;
  record();
  note_end(ran_ms);
  control_->tell_attached(status_.exit_code);
}

// Recorded before: who hears of it finds the status.
void Supervisor::note_end(int64_t ran_ms) const noexcept {
  if (status_.oom_killed) note("oom");
  note("die",
       {{"exitCode", std::to_string(status_.exit_code)}, {"execDuration", std::to_string(ran_ms / 1000)}});
}

void Supervisor::relaunch() {
  restart_at_.reset();
  ++status_.restart_count;
  try {
    cgroup_.clear();
    mounts_.reset();
    launch();
    return;
  } catch (const engine::SetupError& error) {
    status_.exit_code = error.exit_code();
    status_.error = error.what();
  } catch (const std::exception& error) {
    status_.exit_code = engine::kExitSetupFailed;
    status_.error = error.what();
  }
  // A start that fails counts as a run that failed at once.
  const auto delay = policy_.delay_after_exit(status_.exit_code, 0, status_.restart_count, ending_);
  if (!delay) {
    status_.state = State::kExited;
    end_for_good();
    return;
  }
  restart_at_ = monotonic_ms() + *delay;
  record();
}

void Supervisor::end_for_good() {
  restart_at_.reset();
  if (status_.state != State::kCreated && status_.state != State::kDead) status_.state = State::kExited;
  engine::unregister_endpoints(spec_);
  try {
    cgroup_.remove();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  ::unlink(engine::stdout_fifo(spec_.run_dir).c_str());
  ::unlink(engine::stderr_fifo(spec_.run_dir).c_str());
  ::unlink(engine::stdin_fifo(spec_.run_dir).c_str());
  ::unlink(engine::console_socket(spec_.run_dir).c_str());
  ::rmdir((spec_.run_dir + "/rootfs").c_str());
  lb_.reset();
  if (::access(engine::joined_mark(spec_.run_dir).c_str(), F_OK) == 0) netns_.reset();
  record();
  // From the lock's release on another keeper may come, so the socket's name goes first and the answers last.
  if (control_) control_->unlink_socket();
  ended_ = true;
}

Remains Supervisor::take_remains(bool attached) {
  Remains remains;
  remains.mounts = std::move(mounts_);
  remains.netns = std::move(netns_);
  remains.dns = std::move(dns_);
  if (!attached) remains.hasten();
  return remains;
}

void Remains::hasten() {
  if (netns) netmgr::hasten_end(netns);
  netns.reset();
}

Remains::~Remains() {
  hasten();
}

}  // namespace monitor
