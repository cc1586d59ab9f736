// After all others: nothing on the machine may carry the name of a test's folder any more.
#include <catch2/catch.hpp>

#include "leftovers.h"
#include "sandbox.h"

TEST_CASE("the machine is left as it was", "[machine]") {
  if (!it::is_root()) return;
  const std::string folders = it::sandbox_prefix();
  for (const int pid : it::processes_of(folders)) FAIL_CHECK("process " << it::command_line(pid));
  for (const std::string& mount : it::mounts_below(folders)) FAIL_CHECK(mount);
  for (const std::string& name : it::entries("/tmp")) {
    if (("/tmp/" + name).rfind(folders, 0) == 0) FAIL_CHECK("folder /tmp/" << name);
  }
}
