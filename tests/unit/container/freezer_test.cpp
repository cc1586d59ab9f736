#include "engine/container/freezer.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <new>

#include "engine/error.h"
#include "fixture.h"
#include "sys/random.h"

using engine::Cgroup;
using engine::CgroupHierarchy;
using engine::Freezer;

namespace {

// The hierarchies of this host that `wanted` says yes to.
std::vector<CgroupHierarchy> hierarchies(const std::function<bool(const CgroupHierarchy&)>& wanted) {
  std::vector<CgroupHierarchy> found;
  const Cgroup any("/compose/none");
  for (const CgroupHierarchy& hierarchy : any.hierarchies()) {
    if (wanted(hierarchy)) found.push_back(hierarchy);
  }
  return found;
}

bool has_freezer(const CgroupHierarchy& hierarchy) {
  const auto& names = hierarchy.controllers;
  return std::find(names.begin(), names.end(), "freezer") != names.end();
}

// Counts up in a process inside a group, until the group's freezer stops it.
void check_that_it_halts(const std::vector<CgroupHierarchy>& where) {
  if (where.empty()) return;  // this host has none of that version
  const Cgroup cgroup("/compose/freezer-" + sys::random_hex(16), where);
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto* count = new (shared) std::atomic<uint64_t>(0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    cgroup.enter();
    for (;;) count->fetch_add(1);
  }
  while (count->load() == 0) ::sched_yield();
  const Freezer freezer(cgroup);
  CHECK_FALSE(freezer.is_frozen());
  freezer.freeze();
  CHECK(freezer.is_frozen());
  const uint64_t before = count->load();
  for (int turn = 0; turn < 1000; ++turn) ::sched_yield();
  CHECK(count->load() == before);
  freezer.freeze();  // once more is nothing
  freezer.thaw();
  CHECK_FALSE(freezer.is_frozen());
  while (count->load() == before) ::sched_yield();
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  cgroup.remove();
  CHECK_FALSE(freezer.is_frozen());
  freezer.thaw();  // without the group nothing, too
  ::munmap(shared, 4096);
}

}  // namespace

TEST_CASE("what runs in a group of cgroup v1 halts and goes on") {
  if (!container_test::is_root()) return;
  check_that_it_halts(hierarchies(has_freezer));
}

TEST_CASE("what runs in a group of cgroup v2 halts and goes on") {
  if (!container_test::is_root()) return;
  check_that_it_halts(hierarchies([](const auto& hierarchy) { return hierarchy.v2; }));
}

TEST_CASE("a host without a freezer says so") {
  CHECK_THROWS_WITH(Freezer(Cgroup("/compose/x", {})), Catch::Contains("controller freezer"));
}
