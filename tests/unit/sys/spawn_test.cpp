#include "sys/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "sys/error.h"
#include "sys/file.h"

using namespace sys;

namespace {

// What `sh -c script` writes to its standard output.
std::string told_by(Spawn& child, const std::string& script, Pipe& pipe) {
  child.give(pipe.write.get(), 1);
  Begun begun = child.begin("/bin/sh", {"sh", "-c", script});
  pipe.write.reset();
  const std::string text = read_all(pipe.read.get());
  begun.settle();
  CHECK(WEXITSTATUS(wait_for(begun.pid())) == 0);
  return text;
}

std::string told_by(const std::string& script) {
  Spawn child(3);
  Pipe pipe = sys::pipe();
  return told_by(child, script, pipe);
}

}  // namespace

TEST_CASE("a spawned program is in a session of its own, and has no signal blocked or ignored", "[spawn]") {
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
  const auto ignored = ::signal(SIGPIPE, SIG_IGN);
  const std::string text =
      told_by("grep -E 'Sig(Blk|Ign|Cgt)' /proc/$$/status; test $(cut -d' ' -f6 /proc/$$/stat) = $$");
  ::signal(SIGPIPE, ignored);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(text.find("SigBlk:\t0000000000000000") != std::string::npos);
  CHECK(text.find("SigIgn:\t0000000000000000") != std::string::npos);
}

TEST_CASE("a spawned program has the descriptors it was given, in their places", "[spawn]") {
  Pipe one = sys::pipe(), two = sys::pipe();
  write_all(one.write.get(), "first\n");
  write_all(two.write.get(), "second\n");
  Spawn child(9);
  // Each would overwrite the other if they were not moved up first.
  child.give(one.read.get(), two.read.get());
  child.give(two.read.get(), one.read.get());
  child.open(7, "/dev/null", O_RDWR);
  Pipe out = sys::pipe();
  const std::string ours = std::to_string(one.read.get()), theirs = std::to_string(two.read.get());
  REQUIRE(std::max(one.read.get(), two.read.get()) < 9);
  const std::string text = told_by(
      child, "read a <&" + theirs + "; read b <&" + ours + "; echo $a $b; readlink /proc/$$/fd/7", out);
  CHECK(text == "first second\n/dev/null\n");
}

TEST_CASE("a program that cannot be executed is an error that names why, and leaves no child", "[spawn]") {
  Spawn missing(3);
  CHECK_THROWS_WITH(missing.start("/nowhere/program", {"program"}), Catch::Contains("No such file"));
  Spawn badly_given(3);
  badly_given.open(0, "/nowhere/file", O_RDONLY);
  Begun begun = badly_given.begin("/bin/true", {"true"});
  CHECK_THROWS_WITH(begun.settle(), Catch::Contains("No such file"));
  CHECK(begun.pid() == -1);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("the caller goes on beside a program that begins, and its memory stays its own", "[spawn]") {
  for (int round = 0; round < 50; ++round) {
    Spawn child(3);
    Begun begun = child.begin("/bin/true", {"true"});
    errno = 0;
    std::string text;
    for (int i = 0; i < 1000; ++i) text += std::to_string(i);
    CHECK(errno == 0);
    CHECK(text.size() == 2890);
    begun.settle();
    CHECK(wait_for(begun.pid()) == 0);
  }
}

TEST_CASE("a program that was begun ends as it would, whoever has let go of its object", "[spawn]") {
  pid_t pid = -1;
  {
    Spawn child(3);
    const Begun begun = child.begin("/bin/sh", {"sh", "-c", "exit 7"});
    pid = begun.pid();
  }
  CHECK(WEXITSTATUS(wait_for(pid)) == 7);
}
