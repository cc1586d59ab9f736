#include "engine/container/clone.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "sys/clone3.h"
#include "sys/error.h"

using namespace engine;

namespace {

struct Ended {
  int code = 0;
  int status = 0;
};

Ended wait_for(const sys::Fd& pidfd) {
  siginfo_t info{};
  REQUIRE(::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) == 0);
  return {info.si_code, info.si_status};
}

struct Note {
  mutable volatile long pid = 0;
  mutable volatile unsigned sum = 0;
};

// Takes a good part of its stack, and leaves traces.
[[noreturn]] void note_and_end(const void* argument) {
  const auto* note = static_cast<const Note*>(argument);
  volatile unsigned char much[512 * 1024];
  for (size_t i = 0; i < sizeof much; i += 4096) much[i] = 1;
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof much; i += 4096) sum += much[i];
  note->pid = ::syscall(SYS_getpid);
  note->sum = sum;
  ::_exit(3);
}

}  // namespace

TEST_CASE("A child in its maker's memory has a stack of its own, and its maker goes on when it has ended") {
  const Note note;
  sys::Fd pidfd;
  std::vector<int> mine(1000, 7);
  const pid_t pid = clone_sharing(0, {}, pidfd, note_and_end, &note);
  CHECK(pid > 0);
  if (sys::kSharesMemory) {
    CHECK(note.pid == pid);
    CHECK(note.sum == 128);
  }
  CHECK(mine == std::vector<int>(1000, 7));
  const Ended ended = wait_for(pidfd);
  CHECK(ended.code == CLD_EXITED);
  CHECK(ended.status == 3);
}

TEST_CASE("A child in its maker's memory leaves it by exec, or by being killed") {
  sys::Fd pidfd;
  clone_sharing(
      0, {}, pidfd,
      [](const void*) {
        ::execl("/bin/sh", "sh", "-c", "exit 5", nullptr);
        ::_exit(1);
      },
      nullptr);
  CHECK(wait_for(pidfd).status == 5);
  clone_sharing(
      0, {}, pidfd, [](const void*) { ::kill(::getpid(), SIGKILL); }, nullptr);
  const Ended killed = wait_for(pidfd);
  CHECK(killed.code == CLD_KILLED);
  CHECK(killed.status == SIGKILL);
}

TEST_CASE("A child in its maker's memory can be the first process of namespaces of its own") {
  if (::geteuid() != 0) return;
  const Note note;
  sys::Fd pidfd;
  clone_sharing(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS, {}, pidfd, note_and_end, &note);
  CHECK(wait_for(pidfd).status == 3);
  if (sys::kSharesMemory) CHECK(note.pid == 1);
}

TEST_CASE("A child that the kernel refuses is an error, and none is left") {
  sys::Fd pidfd;
  CHECK_THROWS_AS(clone_sharing(CLONE_THREAD, {}, pidfd, note_and_end, nullptr), sys::Error);
  CHECK_FALSE(pidfd);
}
