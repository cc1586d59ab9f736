#include "engine/freeze_mark.h"

#include <signal.h>
#include <sys/wait.h>

#include "data_root.h"
#include "engine/container/cgroup.h"
#include "sys/error.h"
#include "sys/random.h"

using engine_test::is_root;

namespace {

// A control group in our own sub-tree, with a process in it that only waits.
class Group {
 public:
  Group() : id(sys::random_hex(64)), path("/compose/" + id), cgroup(path) {
    cgroup.create({}, engine::DeviceAccess{true, {}});
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      cgroup.enter();
      for (;;) ::pause();
    }
  }
  ~Group() {
    ::kill(pid_, SIGKILL);
    engine::Freezer(cgroup).thaw();
    ::waitpid(pid_, nullptr, 0);
    cgroup.remove();
    engine::remove_empty_cgroup("/compose");
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  const std::string id, path;
  engine::Cgroup cgroup;

 private:
  pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a container stands still for as long as its mark lives") {
  if (!is_root()) return;
  const engine_test::DataRoot root;
  const Group group;
  const engine::Freezer freezer(group.cgroup);
  {
    const engine::FreezeMark mark(root.paths.run_root, group.id, group.path);
    CHECK(freezer.is_frozen());
    // A live process's mark is nobody else's business.
    CHECK(engine::abandoned_freezes(root.paths.run_root).empty());
    // One inside another does not end it.
    { const engine::FreezeMark inner(root.paths.run_root, group.id, group.path); }
    CHECK(freezer.is_frozen());
  }
  CHECK_FALSE(freezer.is_frozen());
}

TEST_CASE("a container that a killed process paused goes on with the next reconcile") {
  if (!is_root()) return;
  const engine_test::DataRoot root;
  const auto engine = root.open();
  const Group group;
  const engine::Freezer freezer(group.cgroup);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    const engine::FreezeMark mark(root.paths.run_root, group.id, group.path);
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(pid, nullptr, 0);
  CHECK(freezer.is_frozen());
  CHECK(engine::abandoned_freezes(root.paths.run_root).size() == 1);
  engine->reconcile();
  CHECK_FALSE(freezer.is_frozen());
  CHECK(engine::abandoned_freezes(root.paths.run_root).empty());
}

TEST_CASE("pausing what has no control group any more is nothing") {
  if (!is_root()) return;
  const engine_test::DataRoot root;
  { const engine::FreezeMark mark(root.paths.run_root, sys::random_hex(64), "/compose/none"); }
  CHECK(engine::abandoned_freezes(root.paths.run_root).empty());
}
