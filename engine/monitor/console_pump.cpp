#include "engine/monitor/console_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "engine/container/local_socket.h"
#include "engine/container/message.h"
#include "sys/error.h"

namespace monitor {

namespace {

constexpr char kSocket[] = "console";
constexpr int kMaster = 3, kContainer = 4, kListener = 5;
constexpr int kBacklog = 64;
constexpr size_t kPiece = 4096;         // no more than PIPE_BUF: a FIFO that has room takes it at once
constexpr ssize_t kMostLeft = 1 << 20;  // after the container's end; more than a terminal holds is another's
constexpr int kPatienceMs = 10000;      // after the container's end
constexpr timeval kAnswerTime = {5, 0};

void hand_out_master() {
  const sys::Fd client(::accept4(kListener, nullptr, nullptr, SOCK_CLOEXEC));
  if (client) engine::send_message(client.get(), "master", kMaster);
}

// Until the FIFO has room for a piece. Whoever asks for the master meanwhile gets it: it may be the monitor
// that is to read the FIFO. False when the container has ended and nobody reads any more.
bool await_room() {
  bool ended = false;
  for (;;) {
    pollfd fds[3] = {{1, POLLOUT, 0}, {kListener, POLLIN, 0}, {ended ? -1 : kContainer, POLLIN, 0}};
    const int ready = ::poll(fds, 3, ended ? kPatienceMs : -1);
    if (ready < 0) continue;
    if (fds[1].revents != 0) hand_out_master();
    if (fds[0].revents != 0) return true;
    if (ready == 0) return false;
    ended = ended || fds[2].revents != 0;
  }
}

bool pass_on(const char* bytes, ssize_t size) {
  for (ssize_t done = 0; done < size;) {
    if (!await_room()) return false;
    const ssize_t written = ::write(1, bytes + done, static_cast<size_t>(size - done));
    if (written > 0) done += written;
  }
  return true;
}

[[noreturn]] void pump() {
  char buffer[kPiece];
  for (ssize_t left = kMostLeft;;) {
    // Asked first, as a read may or may not wait: who is attached shares the master and sets what it likes.
    pollfd fds[3] = {{kMaster, POLLIN, 0}, {kContainer, POLLIN, 0}, {kListener, POLLIN, 0}};
    if (::poll(fds, 3, -1) < 0) continue;
    if (fds[2].revents != 0) hand_out_master();
    const ssize_t n = (fds[0].revents & POLLIN) != 0 ? ::read(kMaster, buffer, sizeof buffer) : 0;
    if (n > 0 && !pass_on(buffer, n)) ::_exit(0);
    if (fds[1].revents != 0) left -= n;
    if (n > 0 && left > 0) continue;
    if (fds[1].revents != 0) ::_exit(0);
    // Nobody has the terminal open now. As long as the container lives somebody may again.
    if ((fds[0].revents & POLLHUP) != 0) ::poll(fds + 1, 2, 200);
  }
}

}  // namespace

ConsolePump start_console_pump(engine::Launched& container, int stdout_fifo, const std::string& run_dir) {
  const sys::Fd listener = engine::listen_at(run_dir, kSocket);
  const pid_t pid = sys::check(::fork(), "fork");
  if (pid != 0) {
    const auto pidfd = static_cast<int>(sys::check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open"));
    return {sys::Fd(pidfd), std::move(container.console)};
  }
  ::prctl(PR_SET_NAME, "compose-console");
  // Nothing but what it needs, above all not the keeper's lock: it would hold that after the monitor's death.
  const int wanted[4] = {stdout_fifo, container.console.get(), container.pidfd.get(), listener.get()};
  constexpr int kNumbers[4] = {1, kMaster, kContainer, kListener};
  int held[4];
  for (int i = 0; i < 4; ++i) held[i] = ::fcntl(wanted[i], F_DUPFD, 64);
  for (int i = 0; i < 4; ++i) {
    if (::dup2(held[i], kNumbers[i]) < 0) ::_exit(1);
  }
  ::syscall(SYS_close_range, static_cast<unsigned>(kListener) + 1, ~0U, 0U);
  // Whoever connects is told the credentials of who called listen last (man 7 unix, SO_PEERCRED).
  if (::listen(kListener, kBacklog) != 0) ::_exit(1);
  pump();
}

ConsolePump find_console_pump(const std::string& run_dir) noexcept {
  try {
    const sys::Fd socket = engine::connect_to(run_dir, kSocket);
    if (!socket) return {};
    // Else one that is stopped would keep the container from ever being taken over.
    sys::check(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerTime, sizeof kAnswerTime),
               "setsockopt");
    ucred peer{};
    socklen_t size = sizeof peer;
    sys::check(::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size), "getsockopt");
    ConsolePump found;
    // The one who listens: it has the connection open, so the number is still its own.
    found.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)));
    auto message = engine::receive_message(socket.get());
    if (!found.pidfd || !message) return {};
    found.master = std::move(message->fd);
    return found;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the container's terminal: %s\n", error.what());
    return {};
  }
}

}  // namespace monitor
