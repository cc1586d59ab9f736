#include "compose/cli/project_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "../ui/scratch_folder.h"
#include "compose/execute/executor.h"

using namespace compose;
using namespace compose::test;
using cli::ProjectLock;

namespace {

void no_wait(const std::string& text) {
  FAIL("waited: " << text);
}

// The lock of project demo in another process.
class OtherHolder {
 public:
  explicit OtherHolder(const std::string& run_root) {
    sys::Pipe ready = sys::pipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      ready.read.reset();
      [[maybe_unused]] const auto lock =
          ProjectLock::acquire(run_root, "demo", "down", [](const std::string&) {});
      sys::write_all(ready.write.get(), "x");
      ready.write.reset();
      ::pause();
      ::_exit(0);
    }
    ready.write.reset();
    sys::read_all(ready.read.get());
  }
  ~OtherHolder() { end(); }
  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a free lock is taken at once and is free again afterwards") {
  const ScratchFolder folder;
  CHECK_FALSE(ProjectLock::is_held(folder.path, "demo"));
  {
    const auto lock = ProjectLock::acquire(folder.path, "demo", "up", no_wait);
    CHECK(ProjectLock::is_held(folder.path, "demo"));
    CHECK(sys::read_file(folder.path + "/locks/demo") == "up " + std::to_string(::getpid()) + "\n");
    const auto other = ProjectLock::acquire(folder.path, "other", "up", no_wait);
  }
  CHECK_FALSE(ProjectLock::is_held(folder.path, "demo"));
}

TEST_CASE("who must wait is told for whom, and goes on when the holder is gone, killed even") {
  const ScratchFolder folder;
  OtherHolder holder(folder.path);
  const std::string wanted = "waiting for `compose down` (pid " + std::to_string(holder.pid()) +
                             "), which is working on project demo";
  std::string told;
  std::jthread killer;
  const auto lock = ProjectLock::acquire(folder.path, "demo", "up", [&](const std::string& text) {
    told = text;
    killer = std::jthread([&] { holder.end(); });
  });
  CHECK(told == wanted);
  CHECK(ProjectLock::is_held(folder.path, "demo"));
}

TEST_CASE("waiting ends when it is cancelled") {
  const ScratchFolder folder;
  const OtherHolder holder(folder.path);
  Cancellation cancellation;
  const auto lock = ProjectLock::acquire(
      folder.path, "demo", "up", [&](const std::string&) { cancellation.cancel(); }, cancellation);
  CHECK_FALSE(lock);
}
