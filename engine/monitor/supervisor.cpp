#include "engine/monitor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "engine/container/attached.h"
#include "engine/container/endpoints.h"
#include "engine/container/exit_status.h"
#include "engine/container/freezer.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/container/setup_error.h"
#include "engine/error.h"
#include "engine/events/journal.h"
#include "sys/error.h"

namespace monitor {

using engine::Health;
using engine::monotonic_ms;
using engine::State;

namespace {

constexpr int64_t kMostLeaveMs = 10'000;

// A predecessor that has just answered its last request may still be on its way out.
sys::FileLock become_keeper(const engine::Spec& spec) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (auto lock = sys::FileLock::try_acquire(engine::keeper_lock(spec.run_dir))) return std::move(*lock);
    ::poll(nullptr, 0, 20);
  }
  throw engine::Error(engine::Error::Kind::kConflict, "container " + spec.name + " already has a monitor");
}

sys::Fd open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sys::check(::sigprocmask(SIG_BLOCK, &set, nullptr), "sigprocmask");
  return sys::Fd(sys::check(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

enum Slot : size_t {
  kContainer,
  kStdout,
  kStderr,
  kSignals,
  kDns,
  kProbeOutput,
  kProbeProcess,
  kLeave,
  kLbWatch,
  kLbNotify,
  kControl
};

}  // namespace

Supervisor::Supervisor(engine::Spec spec, sys::Fd netns, std::string init_program)
    : spec_(std::move(spec)),
      netns_(std::move(netns)),
      init_program_(std::move(init_program)),
      lock_(become_keeper(spec_)),
      cgroup_(spec_.cgroup),
      policy_({spec_.restart, spec_.restart_max, spec_.restart_delay_ms, spec_.restart_window_ms}),
      health_(spec_.healthcheck),
      signals_(open_signals()) {
  engine::signal_number(spec_.stop_signal);  // a bad name is told now, not at the stop
  if (health_.enabled()) health_.command();
  status_.boot_id = engine::present_boot_id();
  status_.monitor = {::getpid(), sys::start_time_of(::getpid()).value_or(0)};
}

Supervisor::~Supervisor() {
  lock_.reset();
  if (control_) control_->finish();
}

void Supervisor::note(const std::string& action,
                      const std::map<std::string, std::string>& more) const noexcept {
  if (spec_.events_dir.empty()) return;
  engine::Event event{"container", action, spec_.id, engine::event_attributes_from(spec_.event_attrs)};
  for (const auto& [name, value] : more) event.attributes[name] = value;
  engine::append_event(spec_.events_dir, std::move(event));
}

void Supervisor::send(int signal) {
  note("kill", {{"signal", std::to_string(signal)}});
  sys::send_signal(container_.pidfd, signal);
}

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

void Supervisor::serve_names() {
  dns_.reset();  // its address is free for the next
  if (!spec_.dns_server) return;
  std::vector<std::string> directories;
  for (const auto& network : spec_.networks) directories.push_back(network.directory);
  netmgr::DnsConfig config{directories, spec_.dns_upstreams};
  config.ask_from_inside = spec_.dns_from_inside;
  for (const auto& link : spec_.links) config.links[link.alias] = link.name;
  dns_ = std::make_unique<netmgr::DnsServer>(netns_, std::move(config));
}

void Supervisor::register_names() {
  using netmgr::EndpointState;
  EndpointState state = EndpointState::kGood;
  if (status_.health == Health::kStarting) state = EndpointState::kStarting;
  if (status_.health == Health::kUnhealthy) state = EndpointState::kUnhealthy;
  if (leave_ || status_.state == State::kPaused) state = EndpointState::kLeaving;
  engine::register_endpoints(spec_, state);
}

void Supervisor::update_names() noexcept {
  try {
    register_names();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "register %s: %s\n", spec_.name.c_str(), error.what());
  }
}

// A question that is on its way is lost, and asked again by who asked it.
void Supervisor::reload_networks() {
  engine::Spec now = engine::spec_from_json(sys::read_file(engine::spec_file(spec_.run_dir)));
  std::swap(spec_.networks, now.networks);
  spec_.links = std::move(now.links);
  spec_.dns_server = now.dns_server;
  spec_.dns_upstreams = now.dns_upstreams;
  spec_.dns_from_inside = now.dns_from_inside;
  spec_.event_attrs = now.event_attrs;
  if (spec_.restart != now.restart || spec_.restart_max != now.restart_max) {
    policy_ = engine::RestartPolicy(
        {now.restart, now.restart_max, spec_.restart_delay_ms, spec_.restart_window_ms});
    spec_.restart = now.restart;
    spec_.restart_max = now.restart_max;
  }
  std::erase_if(now.networks, [this](const engine::SpecNetwork& former) {
    return std::any_of(spec_.networks.begin(), spec_.networks.end(), [&](const engine::SpecNetwork& network) {
      return network.directory == former.directory;
    });
  });
  engine::unregister_endpoints(now);  // those that it was taken off
  if (running()) register_names();
  if (lb_) lb_->reload(spec_);
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
  container_ = engine::launch_container(
      {spec_, cgroup_, netns_.get(), stdio(), init_program_, /*die_with_parent=*/false});
  launched_at_ = monotonic_ms();
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
  status_.state = State::kRunning;
  status_.process = container_.process;
  status_.started_ms = engine::unix_ms();
  status_.finished_ms = 0;
  status_.exit_code = 0;
  status_.oom_killed = false;
  status_.error.clear();
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
  health_.resume(launched_at_);
  oom_kills_before_ = cgroup_.oom_kills();
  open_places();
  if (spec_.tty) console_pump_ = find_console_pump(spec_.run_dir);
  if (spec_.stdin_open && !spec_.tty) input_ = open_fifo(engine::stdin_fifo(spec_.run_dir), 0);
  watch_health();
  register_names();
  record();
}

void Supervisor::watch_health() {
  probe_at_.reset();
  if (health_.enabled() && status_.state == State::kRunning)
    probe_at_ = monotonic_ms() + health_.next_delay(status_, monotonic_ms());
}

void Supervisor::record() {
  try {
    engine::write_status(spec_.state_dir, status_);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());  // a full disk must not end the container
  }
  if (control_) control_->publish();
}

void Supervisor::thaw(const std::string& mark) noexcept {
  if (::access(mark.c_str(), F_OK) != 0) return;
  try {
    engine::Freezer(cgroup_).thaw();
    ::unlink(mark.c_str());
    if (status_.state == State::kPaused) go_on();
  } catch (const std::exception& error) {  // the file stays, and a reconcile tries again
    std::fprintf(stderr, "%s\n", error.what());
  }
}

void Supervisor::note_pause() {
  if (!running()) throw engine::Error(engine::Error::Kind::kConflict, "the container is not running");
  // A check that is under way stands still as well: its time would run out for nothing.
  if (probe_) probe_->drop();
  probe_at_.reset();
  status_.state = State::kPaused;
  update_names();
  record();
  note("pause");
}

void Supervisor::resume() {
  if (status_.state != State::kPaused)
    throw engine::Error(engine::Error::Kind::kConflict, "the container is not paused");
  engine::Freezer(cgroup_).thaw();
  go_on();
}

void Supervisor::go_on() {
  status_.state = State::kRunning;
  update_names();
  watch_health();
  record();
  note("unpause");
}

sys::Fd Supervisor::take_console() {
  return console_pump_.master ? sys::dup(console_pump_.master.get()) : sys::Fd();
}

void Supervisor::attach(int client, bool is_error, sys::Fd pipe) {
  if (!running()) {
    throw engine::Error(engine::Error::Kind::kConflict, "container " + spec_.name + " is not running");
  }
  if (!pipe) throw engine::Error(engine::Error::Kind::kInvalid, "no pipe came with the request");
  OutputCopy copy(std::move(pipe), client, engine::kAttachPatienceMs);
  is_error ? output_->copy_stderr_to(std::move(copy)) : output_->copy_stdout_to(std::move(copy));
}

void Supervisor::detach(int client) noexcept {
  output_->drop(client);
}

sys::Fd Supervisor::input() {
  if (spec_.tty) return take_console();
  // Opened anew: what its holder sets on it is not for the container's own end.
  return input_ ? sys::open(engine::stdin_fifo(spec_.run_dir), O_WRONLY | O_NONBLOCK) : sys::Fd();
}

std::string Supervisor::status_json() {
  return to_json(status_);
}

void Supervisor::run() {
  while (!ended_) wait_for_events();
}

int Supervisor::timeout() const {
  if (more_output_) return 0;
  std::optional<int64_t> next;
  const auto consider = [&next](std::optional<int64_t> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(restart_at_);
  consider(kill_at_);
  consider(leave_until_);
  if (!probe_) consider(probe_at_);
  if (probe_ && !probe_->dropped()) consider(probe_->deadline_ms());
  consider(output_->deadline_ms());
  if (!next) return -1;
  return static_cast<int>(std::clamp<int64_t>(*next - monotonic_ms(), 0, 1 << 30));
}

void Supervisor::wait_for_events() {
  fds_.assign(kControl, {-1, POLLIN, 0});
  fds_[kContainer].fd = container_.pidfd.get();
  fds_[kStdout].fd = output_->stdout_fd();
  fds_[kStderr].fd = output_->stderr_fd();
  fds_[kSignals].fd = signals_.get();
  if (dns_) fds_[kDns].fd = dns_->poll_fd();
  if (probe_) {
    fds_[kProbeOutput].fd = probe_->output_fd();
    fds_[kProbeProcess].fd = probe_->process_fd();
  }
  if (leave_) fds_[kLeave].fd = leave_->fd();
  if (lb_) {
    fds_[kLbWatch].fd = lb_->watch_fd();
    fds_[kLbNotify].fd = lb_->notify_fd();
  }
  control_->add_to(fds_);
  const size_t copies = fds_.size();
  output_->add_copies_to(fds_);
  if (::poll(fds_.data(), fds_.size(), timeout()) < 0) {
    if (errno == EINTR) return;
    sys::fail("poll");
  }
  output_->flush_copies(fds_.data() + copies, fds_.size() - copies);
  if (more_output_ || fds_[kStdout].revents != 0 || fds_[kStderr].revents != 0)
    more_output_ = output_->drain();
  if (fds_[kDns].revents != 0) dns_->serve();
  if (fds_[kLbWatch].revents != 0) lb_->serve_watch();
  if (fds_[kLbNotify].revents != 0) lb_->serve_notify();
  if (fds_[kLeave].revents != 0) leave_->receive();
  if (probe_) serve_health(fds_[kProbeOutput], fds_[kProbeProcess]);
  if (fds_[kContainer].revents != 0) serve_exit();
  if (fds_[kSignals].revents != 0) read_signals();
  if (!ended_) control_->serve(&fds_[kControl], copies - kControl);
  if (!ended_) serve_deadlines();
}

void Supervisor::serve_health(const pollfd& output, const pollfd& process) {
  if (output.revents != 0) probe_->read_output();
  if (process.revents == 0) return;
  if (probe_->dropped()) {
    probe_.reset();
  } else {
    finish_probe(false);
  }
}

void Supervisor::finish_probe(bool timed_out) {
  const auto result = probe_->failed() ? *probe_->failed()
                      : timed_out      ? probe_->time_out()
                                       : probe_->finish();
  if (!probe_->dropped()) probe_.reset();
  const bool changed = health_.record(status_, result, monotonic_ms());
  watch_health();
  record();
  if (!changed) return;
  note("health_status: " + to_string(status_.health));
  update_names();
}

void Supervisor::serve_deadlines() {
  const int64_t now = monotonic_ms();
  if (probe_ && !probe_->dropped() && now >= probe_->deadline_ms()) finish_probe(true);
  if (leave_ && (leave_->granted() || now >= *leave_until_)) begin_stop();
  if (kill_at_ && now >= *kill_at_) {
    kill_at_.reset();
    send(SIGKILL);
  }
  for (const int client : output_->drop_slow(now)) control_->let_go(client);
  if (restart_at_ && now >= *restart_at_) relaunch();
  if (probe_at_ && now >= *probe_at_ && !probe_) {
    probe_at_.reset();
    probe_ = std::make_unique<HealthProbe>(spec_, cgroup_, container_.pidfd.get(), health_);
    if (probe_->failed()) finish_probe(false);
  }
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
  stop_asked_ = true;
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
  } else if (status_.state != State::kPaused && take_leave(leave_ms)) {
    record();
  } else {
    begin_stop();
  }
}

bool Supervisor::take_leave(int64_t most_ms) {
  if (most_ms == 0) return false;
  std::vector<std::string> directories;
  for (const auto& network : spec_.networks) directories.push_back(network.directory);
  try {
    if (!netmgr::is_watched(directories)) return false;
    leave_.emplace();
    register_names();
    leave_->ask(directories, spec_.id);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", spec_.name.c_str(), error.what());
    leave_.reset();
    return false;
  }
  leave_until_ = monotonic_ms() + most_ms;
  return true;
}

void Supervisor::begin_stop() {
  leave_.reset();
  leave_until_.reset();
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
  leave_.reset();
  leave_until_.reset();
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
  dns_.reset();
  lb_.reset();
  record();
  // From the lock's release on another keeper may come, so the socket's name goes first and the answers last.
  if (control_) control_->unlink_socket();
  ended_ = true;
}

}  // namespace monitor
