// kill, stop and watch: by the monitor's control socket, and by hand where the monitor is gone.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/container/cgroup.h"
#include "engine/container/endpoints.h"
#include "engine/container/exit_status.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

// Empty when no monitor listens.
sys::Fd connect_monitor(const std::string& run_dir) {
  const sys::Fd folder(::open(run_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    if (errno == ENOENT) return {};
    sys::fail("open", run_dir);
  }
  sys::Fd socket(sys::check(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // By descriptor, because a socket's name may have 107 bytes only and a run folder's may be longer.
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control", folder.get());
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  if (errno == ENOENT || errno == ECONNREFUSED) return {};
  sys::fail("connect", control_socket(run_dir));
}

// The monitor's answer; nothing when it is gone, be it before or after the question.
std::optional<nlohmann::json> ask(const std::string& run_dir, const nlohmann::json& request) {
  const sys::Fd monitor = connect_monitor(run_dir);
  if (!monitor || !send_message(monitor.get(), request.dump())) return std::nullopt;
  const auto answer = receive_message(monitor.get());
  if (!answer) return std::nullopt;
  nlohmann::json told = nlohmann::json::parse(answer->text, nullptr, false);
  if (!told.is_object())
    throw Error(Error::Kind::kInternal, "the monitor's answer makes no sense: " + answer->text);
  if (told.contains("error")) throw Error(Error::Kind::kInternal, told["error"].get<std::string>());
  return told;
}

bool goes_on(const Status& status) {
  return status.state == State::kRunning || status.state == State::kPaused ||
         status.state == State::kRestarting;
}

// A container whose monitor is gone, held under the keeper's lock so that only one process at a time acts for
// it.
class Orphan {
 public:
  // Nothing when the container is not going on. Throws engine::Error, sys::Error.
  static std::optional<Orphan> find(const std::string& run_dir, const std::string& state_dir) {
    std::optional<sys::FileLock> lock;
    try {
      lock = sys::FileLock::acquire(keeper_lock(run_dir));
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

  void mark_stopped() {
    status.stopped_by_user = true;
    write_status(spec.state_dir, status);
  }
  // True when it has ended. `timeout_ms` -1: waits for ever.
  bool wait(int64_t timeout_ms) const {
    if (!pidfd) return true;
    const int64_t until = timeout_ms < 0 ? std::numeric_limits<int64_t>::max() : monotonic_ms() + timeout_ms;
    for (;;) {
      pollfd fd{pidfd.get(), POLLIN, 0};
      const int64_t left = std::clamp<int64_t>(until - monotonic_ms(), 0, 1 << 30);
      const int ready = ::poll(&fd, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) sys::fail("poll");
      if (monotonic_ms() >= until) return false;
    }
  }
  // It has ended: what the monitor would have done. `killed`: by our SIGKILL.
  void conclude(bool killed) {
    int exit_code = pidfd ? take_exit_status(pidfd.get()) : kExitUnknown;
    if (exit_code == kExitUnknown && killed) exit_code = 128 + SIGKILL;
    if (status.state == State::kRunning) status.exit_code = exit_code;
    unregister_endpoints(spec);
    Cgroup(spec.cgroup).remove();
    ::unlink(control_socket(spec.run_dir).c_str());
    ::unlink(stdout_fifo(spec.run_dir).c_str());
    ::unlink(stderr_fifo(spec.run_dir).c_str());
    ::rmdir((spec.run_dir + "/rootfs").c_str());
    status.state = State::kExited;
    status.health = Health::kNone;
    status.finished_ms = unix_ms();
    write_status(spec.state_dir, status);
  }

  sys::FileLock lock;
  Spec spec;
  Status status;
  sys::Fd pidfd;
};

}  // namespace

bool kill_container(const std::string& run_dir, const std::string& state_dir, int signal) {
  if (const auto answer = ask(run_dir, {{"op", "kill"}, {"signal", signal}}))
    return answer->value("running", false);
  auto orphan = Orphan::find(run_dir, state_dir);
  if (!orphan) return false;
  if (means_stop(signal, orphan->spec)) orphan->mark_stopped();
  const bool sent = sys::send_signal(orphan->pidfd, signal);
  // Whether another signal ends it is the program's choice and may take its time.
  if (signal == SIGKILL) orphan->wait(-1);
  if (orphan->wait(0)) orphan->conclude(sent && signal == SIGKILL);
  return sent;
}

void stop_container(const std::string& run_dir, const std::string& state_dir, int stop_signal,
                    int64_t grace_ms) {
  if (ask(run_dir, {{"op", "stop"}, {"signal", stop_signal}, {"grace_ms", grace_ms}})) return;
  auto orphan = Orphan::find(run_dir, state_dir);
  if (!orphan) return;
  orphan->mark_stopped();
  sys::send_signal(orphan->pidfd, stop_signal);
  bool killed = false;
  if (!orphan->wait(grace_ms)) {
    killed = sys::send_signal(orphan->pidfd, SIGKILL);
    orphan->wait(-1);
  }
  orphan->conclude(killed);
}

Status watch_status(const std::string& run_dir, const std::string& state_dir, int64_t timeout_ms,
                    const std::function<bool(const Status&)>& changed) {
  const int64_t until = timeout_ms < 0 ? std::numeric_limits<int64_t>::max() : monotonic_ms() + timeout_ms;
  Status last;
  std::string told;
  const auto tell = [&](Status status) {
    std::string text = to_json(status);
    last = std::move(status);
    if (text == told) return true;
    told = std::move(text);
    return changed(last);
  };
  // True when `fd` is readable, false when the time is over.
  const auto wait = [&](int fd) {
    for (;;) {
      pollfd entry{fd, POLLIN, 0};
      const int64_t left = std::clamp<int64_t>(until - monotonic_ms(), 0, 1 << 30);
      const int ready = ::poll(&entry, 1, static_cast<int>(left));
      if (ready < 0 && errno != EINTR) sys::fail("poll");
      if (ready > 0) return true;
      if (monotonic_ms() >= until) return false;
    }
  };
  const sys::Fd monitor = connect_monitor(run_dir);
  if (monitor && send_message(monitor.get(), R"({"op":"watch"})")) {
    while (wait(monitor.get())) {
      const auto message = receive_message(monitor.get());
      if (!message) break;
      if (!tell(status_from_json(message->text))) return last;
    }
    if (monotonic_ms() >= until) return last;
  }
  // No monitor, or not any more: the file, and the process itself as long as it goes on without one.
  for (;;) {
    if (!tell(read_status(state_dir)) || last.state != State::kRunning) return last;
    const sys::Fd pidfd = sys::open_pidfd(last.process);
    if (pidfd && !wait(pidfd.get())) return last;
  }
}

}  // namespace engine
