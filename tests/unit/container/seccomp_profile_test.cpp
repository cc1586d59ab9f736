// Seccomp profiles in Docker's format: what they come to, asked of the kernel, and what is wrong with them.
#include <seccomp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "engine/container/seccomp.h"
#include "engine/error.h"
#include "under_filter.h"

using container_test::under_filter;

namespace {

std::string with_rules(const std::string& rules) {
  return R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [)" + rules + "]}";
}

int call_under(const std::string& profile, long number, long a = 0, long b = 0, long c = 0,
               const std::vector<std::string>& capabilities = {}) {
  return under_filter(engine::compile_seccomp_profile(profile, capabilities), number, a, b, c);
}

std::string error_of(const std::string& profile) {
  try {
    engine::compact_seccomp_profile(profile);
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kInvalid);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A profile's actions are the kernel's") {
  CHECK(call_under(with_rules(R"({"names": ["getppid"], "action": "SCMP_ACT_ERRNO"})"), SYS_getppid) ==
        EPERM);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_ERRNO", "errnoRet": 28})"),
                   SYS_getppid) == ENOSPC);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_KILL_PROCESS"})"), SYS_getppid) ==
        128 + SIGSYS);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_KILL"})"), SYS_getppid) ==
        128 + SIGSYS);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_TRAP"})"), SYS_getppid) ==
        128 + SIGSYS);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_LOG"})"), SYS_getppid) == 0);
  // Without a tracer the call does not take place.
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_TRACE"})"), SYS_getppid) == ENOSYS);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_ERRNO"})"), SYS_getuid) == 0);
}

TEST_CASE("The default action takes what no rule names, with its own error number") {
  const std::string allowed =
      R"("syscalls": [{"names": ["getppid", "exit_group"], "action": "SCMP_ACT_ALLOW"}]})";
  const std::string plain = R"({"defaultAction": "SCMP_ACT_ERRNO", )" + allowed;
  CHECK(call_under(plain, SYS_getuid) == EPERM);
  CHECK(call_under(plain, SYS_getppid) == 0);
  CHECK(call_under(R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, )" + allowed, SYS_getuid) ==
        ENOSYS);
  CHECK(call_under(R"({"defaultAction": "SCMP_ACT_ALLOW"})", SYS_getuid) == 0);
  CHECK(call_under(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": null, "architectures": null})",
                   SYS_getuid) == 0);
}

TEST_CASE(
    "A call that came after all that a profile names is ENOSYS, unless what it does not name is allowed") {
  const auto refusing = [](const std::string& names) {
    return R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["exit_group", )" + names +
           R"(], "action": "SCMP_ACT_ALLOW"}]})";
  };
  constexpr long kOpenat2 = 437, kMseal = 462, kUnknown = 600;
  CHECK(call_under(refusing(R"("getppid")"), SYS_clone3) == ENOSYS);  // upon which the C library uses clone
  CHECK(call_under(refusing(R"("openat2")"), SYS_clone3) == EPERM);
  CHECK(call_under(refusing(R"("openat2")"), kOpenat2) == EINVAL);
  CHECK(call_under(refusing(R"("openat2")"), kMseal) == ENOSYS);
  CHECK(call_under(refusing(R"("removexattrat")"), kMseal) == EPERM);
  CHECK(call_under(refusing(R"("mseal")"), kUnknown) == ENOSYS);
  // libseccomp need not know it, nor the kernel.
  const int allowed = call_under(refusing(R"("mseal")"), kMseal, 1);
  CHECK((allowed == EINVAL || allowed == ENOSYS));
  CHECK(call_under(with_rules(R"({"name": "mseal", "action": "SCMP_ACT_ERRNO", "errnoRet": 28})"), kMseal) ==
        ENOSPC);
  CHECK(call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_ERRNO"})"), kUnknown) ==
        ENOSYS);  // the kernel's
}

TEST_CASE("An argument of a call that this libseccomp does not know cannot be looked at, which is said") {
  const auto compiled = [] {
    return engine::compile_seccomp_profile(
        with_rules(
            R"({"name": "mseal", "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]})"),
        {});
  };
  if (::seccomp_syscall_resolve_name("mseal") != __NR_SCMP_ERROR) {
    CHECK(under_filter(compiled(), 462, 1) == EPERM);
  } else {
    CHECK_THROWS_WITH(compiled(), Catch::Contains("mseal"));
  }
}

TEST_CASE("Every operator compares an argument as it says") {
  // Signal 0 to oneself: the call itself does nothing.
  const auto kill = [](const char* op, long value, long signal) {
    const std::string profile = with_rules(
        R"({"name": "tgkill", "action": "SCMP_ACT_ERRNO", "errnoRet": 7, "args": [{"index": 2, "value": )" +
        std::to_string(value) + R"(, "op": ")" + op + R"("}]})");
    return call_under(profile, SYS_tgkill, -1, -1, signal) == 7;  // else EINVAL
  };
  CHECK(kill("SCMP_CMP_EQ", 5, 5));
  CHECK_FALSE(kill("SCMP_CMP_EQ", 5, 6));
  CHECK(kill("SCMP_CMP_NE", 5, 6));
  CHECK_FALSE(kill("SCMP_CMP_NE", 5, 5));
  CHECK(kill("SCMP_CMP_LT", 5, 4));
  CHECK_FALSE(kill("SCMP_CMP_LT", 5, 5));
  CHECK(kill("SCMP_CMP_LE", 5, 5));
  CHECK_FALSE(kill("SCMP_CMP_LE", 5, 6));
  CHECK(kill("SCMP_CMP_GE", 5, 5));
  CHECK_FALSE(kill("SCMP_CMP_GE", 5, 4));
  CHECK(kill("SCMP_CMP_GT", 5, 6));
  CHECK_FALSE(kill("SCMP_CMP_GT", 5, 5));
}

TEST_CASE("Arguments of one rule must all hold, those of the same place either") {
  const auto rule = [](const std::string& arguments) {
    return with_rules(R"({"name": "tgkill", "action": "SCMP_ACT_ERRNO", "errnoRet": 7, "args": [)" +
                      arguments + "]}");
  };
  const std::string masked = rule(R"({"index": 2, "value": 12, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"})");
  CHECK(call_under(masked, SYS_tgkill, -1, -1, 5) == 7);
  CHECK(call_under(masked, SYS_tgkill, -1, -1, 12) == EINVAL);
  const std::string both =
      rule(R"({"index": 2, "value": 5, "op": "SCMP_CMP_EQ"}, {"index": 3, "value": 9, "op": "SCMP_CMP_EQ"})");
  CHECK(under_filter(engine::compile_seccomp_profile(both, {}), SYS_tgkill, -1, -1, 5, 9) == 7);
  CHECK(under_filter(engine::compile_seccomp_profile(both, {}), SYS_tgkill, -1, -1, 5, 8) == EINVAL);
  const std::string either =
      rule(R"({"index": 2, "value": 5, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 6, "op": "SCMP_CMP_EQ"})");
  CHECK(call_under(either, SYS_tgkill, -1, -1, 5) == 7);
  CHECK(call_under(either, SYS_tgkill, -1, -1, 6) == 7);
  CHECK(call_under(either, SYS_tgkill, -1, -1, 7) == EINVAL);
}

TEST_CASE("A rule holds for the capabilities, machine and kernel that it is for") {
  const auto refused = [](const std::string& condition, const std::vector<std::string>& capabilities) {
    return call_under(with_rules(R"({"name": "getppid", "action": "SCMP_ACT_ERRNO", )" + condition + "}"),
                      SYS_getppid, 0, 0, 0, capabilities) == EPERM;
  };
  CHECK(refused(R"("includes": {}, "excludes": {})", {}));
  CHECK_FALSE(refused(R"("includes": {"caps": ["CAP_SYS_ADMIN"]})", {}));
  CHECK(refused(R"("includes": {"caps": ["CAP_SYS_ADMIN"]})", {"CAP_SYS_ADMIN"}));
  CHECK_FALSE(refused(R"("includes": {"caps": ["CAP_SYS_ADMIN", "CAP_BPF"]})", {"CAP_BPF"}));
  CHECK(refused(R"("excludes": {"caps": ["CAP_SYS_ADMIN"]})", {}));
  CHECK_FALSE(refused(R"("excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_BPF"]})", {"CAP_BPF"}));
  CHECK(refused(R"("includes": {"arches": ["amd64", "arm64"]})", {}));
  CHECK_FALSE(refused(R"("includes": {"arches": ["s390x"]})", {}));
  CHECK_FALSE(refused(R"("excludes": {"arches": ["amd64", "arm64"]})", {}));
  CHECK(refused(R"("includes": {"minKernel": "4.8"})", {}));
  CHECK_FALSE(refused(R"("includes": {"minKernel": "999.0"})", {}));
  CHECK_FALSE(refused(R"("excludes": {"minKernel": "4.8"})", {}));
}

TEST_CASE("Names and architectures of elsewhere are passed over, in the map alone") {
  CHECK(
      error_of(with_rules(R"({"names": ["no_such_call", "getppid"], "action": "SCMP_ACT_ERRNO"})")).empty());
  CHECK(call_under(with_rules(R"({"names": ["no_such_call", "getppid"], "action": "SCMP_ACT_ERRNO"})"),
                   SYS_getppid) == EPERM);
  CHECK(error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "archMap": [
      {"architecture": "SCMP_ARCH_FUTURE", "subArchitectures": ["SCMP_ARCH_OTHER"]},
      {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
      {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": null}]})")
            .empty());
  CHECK(error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_FUTURE"]})") ==
        "architectures[0]: unknown architecture 'SCMP_ARCH_FUTURE'");
}

#ifdef __x86_64__
TEST_CASE("An architecture that a profile leaves out has no calls, new ones neither") {
  constexpr long kX32 = 0x40000000, kFchmodat2 = 452;
  const std::string rules =
      R"("syscalls": [{"names": ["fchmodat2", "exit_group"], "action": "SCMP_ACT_ALLOW"}]})";
  const std::string refuse = R"({"defaultAction": "SCMP_ACT_ERRNO", )";
  CHECK(call_under(refuse + rules, kFchmodat2, -1) != EPERM);
  CHECK(call_under(refuse + rules, kX32 | kFchmodat2, -1) == 128 + SIGSYS);
  const std::string with_x32 = R"("architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"], )";
  CHECK(call_under(refuse + with_x32 + rules, kX32 | kFchmodat2, -1) != 128 + SIGSYS);
  CHECK(call_under(refuse + with_x32 + rules, kX32 | (kFchmodat2 + 1), -1) == ENOSYS);
}
#endif

TEST_CASE("The first rule for a new call counts, however many name it") {
  constexpr long kMseal = 462;
  std::string rules = R"({"names": ["mseal"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7})";
  for (int i = 0; i < 300; ++i)
    rules += R"(,{"names": ["mseal"], "action": "SCMP_ACT_ERRNO", "errnoRet": 8})";
  CHECK(call_under(with_rules(rules), kMseal) == 7);
  CHECK(call_under(with_rules(rules), SYS_getppid) == 0);
}

TEST_CASE("A profile that becomes more than the kernel takes is told so") {
  std::string rules;
  for (int i = 0; i < 5000; ++i)
    rules +=
        (i == 0 ? "" : ",") +
        std::string(R"({"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": )") +
        std::to_string(i * 7) + R"(, "op": "SCMP_CMP_EQ"}]})";
  try {
    engine::compile_seccomp_profile(with_rules(rules), {});
    FAIL("it was taken");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kInvalid);
    CHECK_THAT(error.what(), Catch::Contains("the kernel takes 4096"));
  }
}

TEST_CASE("What a profile says and nobody knows is an error at its place") {
  const std::string allow = R"("defaultAction": "SCMP_ACT_ALLOW")";
  const std::pair<std::string, const char*> wrong[] = {
      {"[]", "an object is expected, not array"},
      {"{}", "'defaultAction' is missing"},
      {R"({"defaultAction": 1})", "defaultAction: a string is expected, not number"},
      {"{" + allow + R"(, "sycalls": []})", "sycalls: there is no such key in a seccomp profile"},
      {"{" + allow + R"(, "syscalls": {}})", "syscalls: a list is expected, not object"},
      {"{" + allow + R"(, "defaultErrnoRet": 1})",
       "defaultErrnoRet: action SCMP_ACT_ALLOW has no error number"},
      {"{" + allow + R"(, "flags": ["SECCOMP_FILTER_FLAG_X"]})",
       "flags[0]: unknown flag 'SECCOMP_FILTER_FLAG_X'"},
      {"{" + allow + R"(, "listenerPath": "/run/x"})", "listenerPath: it goes with SCMP_ACT_NOTIFY"},
      {"{" + allow +
           R"(, "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]})",
       "archMap: a profile has either"},
      {with_rules("7"), "syscalls[0]: an object is expected"},
      {with_rules(R"({"names": ["kill"]})"), "syscalls[0]: 'action' is missing"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_NOTIFY"})"),
       "syscalls[0].action: SCMP_ACT_NOTIFY"},
      {with_rules(R"({"names": [1], "action": "SCMP_ACT_ALLOW"})"),
       "syscalls[0].names[0]: a string is expected"},
      {with_rules(R"({"name": "a", "names": ["b"], "action": "SCMP_ACT_ALLOW"})"),
       "syscalls[0].name: a rule has either"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5000})"),
       "syscalls[0].errnoRet: 5000"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": -1})"),
       "syscalls[0].errnoRet: a whole"},
      {with_rules(
           R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO"}, {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]})"),
       "syscalls[1].args[0].index: a system call's arguments are numbered 0 to 5"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "op": "=="}]})"),
       "syscalls[0].args[0].op: unknown operator '=='"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1}]})"),
       "syscalls[0].args[0]: 'op' is missing"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_FLY"]}})"),
       "syscalls[0].includes.caps: unknown capability CAP_FLY"},
      {with_rules(R"({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "excludes": {"minKernel": "new"}})"),
       "syscalls[0].excludes.minKernel: 'new' is no kernel version"}};
  for (const auto& [profile, told] : wrong) {
    INFO(profile);
    CHECK_THAT(error_of(profile), Catch::StartsWith(told));
  }
  CHECK_THAT(error_of("{"), Catch::StartsWith("it is not JSON"));
  CHECK_THAT(error_of(std::string(100000, '[')), Catch::StartsWith("it is not JSON"));
}

TEST_CASE("A profile is kept without its blanks") {
  CHECK(engine::compact_seccomp_profile(
            "{ \"defaultAction\" :\n \"SCMP_ACT_ALLOW\", \"comment\": \"as it is\" }") ==
        R"({"comment":"as it is","defaultAction":"SCMP_ACT_ALLOW"})");
}
