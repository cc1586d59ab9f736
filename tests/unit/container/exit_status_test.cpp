#include "engine/container/exit_status.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "sys/fd.h"

TEST_CASE(
    "the exit code of a process that is another's child is known as long as that one has not reaped it") {
  const int end = GENERATE(9, -SIGKILL);
  const sys::Pipe number = sys::pipe();
  const pid_t parent = ::fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    const pid_t child = ::fork();
    if (child == 0 && end < 0) ::kill(::getpid(), -end);
    if (child == 0) ::_exit(end);
    if (::write(number.write.get(), &child, sizeof child) < 0) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t child = 0;
  const ssize_t got = ::read(number.read.get(), &child, sizeof child);
  const sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ended{pidfd.get(), POLLIN, 0};
  const int ready = ::poll(&ended, 1, 20000);
  const int code = engine::take_exit_status(pidfd.get());
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  REQUIRE(got == sizeof child);
  REQUIRE(ready == 1);
  CHECK(code == (end < 0 ? 128 - end : end));
}
