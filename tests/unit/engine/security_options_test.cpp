#include "engine/security_options.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/error.h"

using engine::read_security_options;

TEST_CASE("Security options are read in Docker's forms") {
  for (const char* option : {"no-new-privileges", "no-new-privileges=true", "no-new-privileges:true"})
    CHECK(read_security_options({option}).no_new_privileges);
  CHECK_FALSE(read_security_options({}).no_new_privileges);
  CHECK_FALSE(read_security_options({"no-new-privileges=false"}).no_new_privileges);
  CHECK_FALSE(read_security_options({"no-new-privileges", "no-new-privileges:false"}).no_new_privileges);
  CHECK(read_security_options({"systempaths=unconfined"}).unmasked);
  CHECK(read_security_options({"seccomp=unconfined"}).seccomp == "unconfined");
  CHECK(read_security_options({"seccomp:unconfined"}).seccomp == "unconfined");
  CHECK(read_security_options({"seccomp=builtin"}).seccomp == "builtin");
  CHECK(read_security_options({R"(seccomp={ "defaultAction": "SCMP_ACT_LOG" })"}).seccomp ==
        R"({"defaultAction":"SCMP_ACT_LOG"})");
  CHECK(read_security_options({"apparmor=unconfined", "label=disable"}).apparmor.empty());
}

TEST_CASE("A security option that does not exist, is wrong or cannot be had is named") {
  const auto error = [](const std::string& option) -> std::string {
    try {
      read_security_options({option});
    } catch (const engine::Error& failed) {
      return failed.what();
    }
    return "";
  };
  CHECK(error("nonsense=1") == "security option 'nonsense=1': there is no such option");
  CHECK(error("no-new-privileges=perhaps") ==
        "security option 'no-new-privileges=perhaps': it must be true or false");
  CHECK(error("systempaths=all") ==
        "security option 'systempaths=all': it can only be systempaths=unconfined");
  CHECK(error("seccomp") == "security option 'seccomp': it has no value");
  CHECK(error("seccomp={}") == "security option 'seccomp={}': 'defaultAction' is missing");
  CHECK(error("writable-cgroups") ==
        "security option 'writable-cgroups': control groups are read-only in containers");
  if (::access("/sys/module/apparmor", F_OK) != 0)
    CHECK(error("apparmor=x") == "security option 'apparmor=x': AppArmor is not enabled on this host");
  if (::access("/sys/fs/selinux/enforce", F_OK) != 0) CHECK(error("label=type:x_t").empty());
}
