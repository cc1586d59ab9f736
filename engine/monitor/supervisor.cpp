#include "engine/monitor/supervisor.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
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

extern "C" char __executable_start, etext;  // the linker's: where the program's code begins and ends

namespace monitor {

using engine::monotonic_ms;
using engine::State;

namespace {

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

// What the start took is not needed again: the specification's memory, and the pages of our code, which the
// kernel may have mapped by 2 MB. The few that the rest of our life takes it maps once more (0.2 ms), by
// small ones.
void settle_down() {
  ::malloc_trim(0);
  constexpr uintptr_t kPage = 4096;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(&__executable_start) & ~(kPage - 1);
  const uintptr_t end = reinterpret_cast<uintptr_t>(&etext) & ~(kPage - 1);
  for (const int advice : {MADV_NOHUGEPAGE, MADV_DONTNEED})
    ::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
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

void Supervisor::hold_mounts() noexcept {
  // A child of ours that nobody has reaped: the number is its own. One that has ended has none any more.
  mounts_.reset(
      ::open(("/proc/" + std::to_string(container_.process.pid) + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
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
  consider(ask_again_at_);
  consider(settle_at_);
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
  if (ask_again_at_ && now >= *ask_again_at_) ask_again();
  if (settle_at_ && now >= *settle_at_) {
    settle_at_.reset();
    engine::sync_status(spec_.state_dir);
    settle_down();
  }
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

}  // namespace monitor
