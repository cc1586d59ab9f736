// kill, stop and watch: by the monitor's control socket, and by hand where the monitor is gone.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/container/cgroup.h"
#include "engine/container/endpoints.h"
#include "engine/container/exit_status.h"
#include "engine/container/freezer.h"
#include "engine/container/local_socket.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

int64_t deadline_after(int64_t ms) {
  return ms < 0 ? std::numeric_limits<int64_t>::max() : monotonic_ms() + ms;
}

// False when `fd` has not become readable by `deadline` (monotonic).
bool wait_readable(int fd, int64_t deadline) {
  for (;;) {
    pollfd entry{fd, POLLIN, 0};
    const int64_t left = std::clamp<int64_t>(deadline - monotonic_ms(), 0, 1 << 30);
    const int ready = ::poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) sys::fail("poll");
    if (monotonic_ms() >= deadline) return false;
  }
}

// A request put to the monitor. As long as this lives the monitor may still take it up, however late.
class Question {
 public:
  enum class State { kNoMonitor, kAnswered, kSilent };

  Question(const std::string& run_dir, const nlohmann::json& request) : monitor_(connect_monitor(run_dir)) {
    if (monitor_ && !send_message(monitor_.get(), request.dump())) monitor_.reset();
  }
  // kNoMonitor: it is gone, be it before or after the question. `limit_ms` -1: for ever.
  State await(int64_t limit_ms) {
    if (!monitor_) return State::kNoMonitor;
    if (!wait_readable(monitor_.get(), deadline_after(limit_ms))) return State::kSilent;
    const auto message = receive_message(monitor_.get());
    if (!message) return State::kNoMonitor;
    answer_ = nlohmann::json::parse(message->text, nullptr, false);
    if (!answer_.is_object())
      throw Error(Error::Kind::kInternal, "the monitor's answer makes no sense: " + message->text);
    if (answer_.contains("error")) throw Error(Error::Kind::kInternal, answer_["error"].get<std::string>());
    return State::kAnswered;
  }
  const nlohmann::json& answer() const { return answer_; }

 private:
  sys::Fd monitor_;
  nlohmann::json answer_;
};

// How long a monitor may take beyond what was asked of it. It is at other work for a moment at most, unless
// something holds it up.
constexpr int64_t kPatienceMs = 5000;
constexpr int64_t kLastWordMs = 2000;  // once its container is killed
constexpr int kAskAgainMs = 20;

// The container of a monitor that does not answer is ended without it.
void kill_inside(const std::string& run_dir, const std::string& state_dir) {
  sys::send_signal(sys::open_pidfd(read_recorded_status(state_dir).process), SIGKILL);
  Cgroup(spec_from_json(sys::read_file(spec_file(run_dir))).cgroup).kill_all();
}

// A monitor that answers nothing even then is of no use to anybody; its lock becomes free.
void kill_monitor(const std::string& state_dir) {
  const sys::Fd monitor = sys::open_pidfd(read_recorded_status(state_dir).monitor);
  if (monitor && sys::send_signal(monitor, SIGKILL))
    wait_readable(monitor.get(), deadline_after(kPatienceMs));
}

// A container whose monitor is gone, held under the keeper's lock so that only one process at a time acts for
// it.
class Orphan {
 public:
  // Nothing when the container is not going on, or (`kept` is set then) when somebody holds the lock: a
  // monitor that can be asked in a moment, or is on its way out, or another command. Throws engine::Error,
  // sys::Error.
  static std::optional<Orphan> find(const std::string& run_dir, const std::string& state_dir, bool& kept) {
    std::optional<sys::FileLock> lock;
    kept = false;
    try {
      lock = sys::FileLock::try_acquire(keeper_lock(run_dir));
      kept = !lock;
      if (kept) return std::nullopt;
    } catch (const sys::Error& error) {
      if (error.code() == ENOENT)
        return std::nullopt;  // no run folder: not started since the host's last start
      throw;
    }
    Status status = read_recorded_status(state_dir);
    if (!goes_on(status) || status.boot_id != present_boot_id()) return std::nullopt;
    Orphan orphan{
        std::move(*lock), spec_from_json(sys::read_file(spec_file(run_dir))), std::move(status), {}};
    orphan.pidfd = sys::open_pidfd(orphan.status.process);
    return orphan;
  }

  // To be called once the signal is sent: a paused container goes on, to end by it.
  void mark_stopped() {
    status.stopped_by_user = true;
    if (status.state == State::kPaused) {
      Freezer(Cgroup(spec.cgroup)).thaw();
      status.state = State::kRunning;
    }
    write_status(spec.state_dir, status);
  }
  // True when it has ended. `timeout_ms` -1: waits for ever.
  bool wait(int64_t timeout_ms) const {
    return !pidfd || wait_readable(pidfd.get(), deadline_after(timeout_ms));
  }
  // It has ended: what the monitor would have done. `killed`: by our SIGKILL.
  void conclude(bool killed) {
    int exit_code = pidfd ? take_exit_status(pidfd.get()) : kExitUnknown;
    if (exit_code == kExitUnknown && killed) exit_code = 128 + SIGKILL;
    if (status.state != State::kRestarting) status.exit_code = exit_code;
    unregister_endpoints(spec);
    try {
      Cgroup(spec.cgroup).remove();
    } catch (const std::exception& error) {
      // The container has ended all the same, and must not be taken for running for ever.
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::unlink(control_socket(spec.run_dir).c_str());
    ::unlink(stdout_fifo(spec.run_dir).c_str());
    ::unlink(stderr_fifo(spec.run_dir).c_str());
    ::unlink(stdin_fifo(spec.run_dir).c_str());
    ::unlink(console_socket(spec.run_dir).c_str());
    ::rmdir((spec.run_dir + "/rootfs").c_str());
    status.state = State::kExited;
    status.health = Health::kNone;
    status.finished_ms = unix_ms();
    write_status(spec.state_dir, status);
    sync_status(spec.state_dir);
  }

  sys::FileLock lock;
  Spec spec;
  Status status;
  sys::Fd pidfd;
};

}  // namespace

sys::Fd thaw_after_me(const std::string& run_dir, const std::string& mark) {
  sys::Fd monitor = connect_monitor(run_dir);
  const nlohmann::json request{{"op", "thaw after me"}, {"mark", mark}};
  if (!monitor || !send_message(monitor.get(), request.dump())) return {};
  if (!wait_readable(monitor.get(), deadline_after(kPatienceMs))) return {};
  const auto answer = receive_message(monitor.get());
  if (!answer || answer->text.find("\"ok\"") == std::string::npos)
    return {};  // a monitor of an older version
  return monitor;
}

namespace {

void ask(const std::string& run_dir, const char* what) {
  Question question(run_dir, {{"op", what}});
  if (question.await(kPatienceMs) != Question::State::kAnswered)
    throw Error(Error::Kind::kUnavailable, "the container's monitor does not answer");
}

}  // namespace

void record_pause(const std::string& run_dir) {
  ask(run_dir, "paused");
}

void resume_container(const std::string& run_dir) {
  ask(run_dir, "resume");
}

void reload_networks(const std::string& run_dir) {
  Question question(run_dir, {{"op", "reload networks"}});
  if (question.await(kPatienceMs) == Question::State::kSilent)
    throw Error(Error::Kind::kUnavailable,
                "the monitor of the container does not answer: it knows of the change with its next start");
}

bool kill_container(const std::string& run_dir, const std::string& state_dir, int signal) {
  bool sent = false;
  for (;;) {
    Question question(run_dir, {{"op", "kill"}, {"signal", signal}});
    auto state = question.await(kPatienceMs);
    if (state == Question::State::kSilent) {
      sent = sys::send_signal(sys::open_pidfd(read_status(state_dir).process), signal);
      // It hears of the wish, and that there is to be no restart, as soon as it goes on.
      if (signal != SIGKILL) return sent;
      kill_inside(run_dir, state_dir);
      state = question.await(kLastWordMs);
      if (state == Question::State::kSilent) kill_monitor(state_dir);
    }
    if (state == Question::State::kAnswered) return question.answer().value("running", false) || sent;
    bool kept = false;
    auto orphan = Orphan::find(run_dir, state_dir, kept);
    if (kept) {
      ::poll(nullptr, 0, kAskAgainMs);
      continue;
    }
    if (!orphan) return sent;
    sent = sys::send_signal(orphan->pidfd, signal) || sent;
    if (means_stop(signal, orphan->spec)) orphan->mark_stopped();
    // Whether another signal ends it is the program's choice and may take its time.
    if (signal == SIGKILL) orphan->wait(-1);
    if (orphan->wait(0)) orphan->conclude(sent && signal == SIGKILL);
    return sent;
  }
}

void stop_container(const std::string& run_dir, const std::string& state_dir, int stop_signal,
                    int64_t grace_ms) {
  bool killed = false;
  for (;;) {
    Question question(run_dir, {{"op", "stop"}, {"signal", stop_signal}, {"grace_ms", grace_ms}});
    auto state = question.await(grace_ms < 0 ? -1 : grace_ms + kPatienceMs);
    if (state == Question::State::kSilent) {
      kill_inside(run_dir, state_dir);
      killed = true;
      state = question.await(kLastWordMs);
      if (state == Question::State::kSilent) kill_monitor(state_dir);
    }
    if (state == Question::State::kAnswered) return;
    bool kept = false;
    auto orphan = Orphan::find(run_dir, state_dir, kept);
    if (kept) {
      ::poll(nullptr, 0, kAskAgainMs);
      continue;
    }
    if (!orphan) return;
    sys::send_signal(orphan->pidfd, stop_signal);
    orphan->mark_stopped();
    if (!orphan->wait(grace_ms)) {
      killed = sys::send_signal(orphan->pidfd, SIGKILL);
      orphan->wait(-1);
    }
    orphan->conclude(killed);
    return;
  }
}

Status watch_status(const std::string& run_dir, const std::string& state_dir, int64_t timeout_ms,
                    const std::function<bool(const Status&)>& changed) {
  const int64_t until = deadline_after(timeout_ms);
  Status last;
  std::string told;
  const auto tell = [&](Status status) {
    std::string text = to_json(status);
    last = std::move(status);
    if (text == told) return true;
    told = std::move(text);
    return changed(last);
  };
  const sys::Fd monitor = connect_monitor(run_dir);
  if (monitor && send_message(monitor.get(), R"({"op":"watch"})")) {
    while (wait_readable(monitor.get(), until)) {
      const auto message = receive_message(monitor.get());
      if (!message) break;
      if (!tell(status_from_json(message->text))) return last;
    }
    if (monotonic_ms() >= until) return last;
  }
  // No monitor, or not any more: the file, and the process itself as long as it goes on without one.
  for (;;) {
    if (!tell(read_status(state_dir)) || !has_program(last)) return last;
    const sys::Fd pidfd = sys::open_pidfd(last.process);
    if (pidfd && !wait_readable(pidfd.get(), until)) return last;
  }
}

}  // namespace engine
