#include "compose/ui/key_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <functional>

using compose::ui::KeyTerminal;

namespace {

// A pseudo terminal, and a process that has it for its own.
struct Pair {
  sys::Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  sys::Fd slave;

  Pair() {
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    slave = sys::Fd(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(slave);
  }
  tcflag_t modes() const {
    termios settings{};
    REQUIRE(::tcgetattr(slave.get(), &settings) == 0);
    return settings.c_lflag;
  }
  // Its wait status.
  int with_terminal(const std::function<void(int terminal)>& action) const {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      ::setsid();
      ::ioctl(slave.get(), TIOCSCTTY, 0);
      for (const int signal : {SIGABRT, SIGSEGV}) ::signal(signal, SIG_DFL);  // the test runner's
      action(slave.get());
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return status;
  }
};

}  // namespace

TEST_CASE("keys are heard one by one and unechoed, and the modes of before come back") {
  const Pair pair;
  const tcflag_t before = pair.modes();
  const int status = pair.with_terminal([&](int terminal) {
    const KeyTerminal keys(terminal);
    termios settings{};
    if (::tcgetattr(terminal, &settings) != 0 || (settings.c_lflag & (ICANON | ECHO)) != 0) ::_exit(1);
    if ((settings.c_lflag & ISIG) == 0) ::_exit(2);
    std::string pressed = "?";
    if (!keys.read(pressed) || !pressed.empty()) ::_exit(3);
    if (::write(pair.master.get(), "wd", 2) != 2) ::_exit(4);
    pollfd ready{keys.fd(), POLLIN, 0};
    ::poll(&ready, 1, 5000);
    if (!keys.read(pressed) || pressed != "wd") ::_exit(5);
  });
  CHECK(status == 0);
  CHECK(pair.modes() == before);
}

TEST_CASE("the modes come back when the program dies by a signal, or at once by _exit") {
  const Pair pair;
  const tcflag_t before = pair.modes();
  for (const int signal : {SIGSEGV, SIGABRT, SIGQUIT}) {
    const int status = pair.with_terminal([&](int terminal) {
      const KeyTerminal keys(terminal);
      ::raise(signal);
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK(pair.modes() == before);
  }
  const int status = pair.with_terminal([&](int terminal) {
    const KeyTerminal keys(terminal);
    compose::ui::restore_terminal();
    ::_exit(130);
  });
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(pair.modes() == before);
}
