// security_opt and capabilities, as they are inside.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

constexpr const char* kStatus =
    "grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/self/status | tr -d '\\t'";

// Folders cannot be made, and no file is given the set-user-id bit; everything else is allowed.
constexpr const char* kProfile = R"({
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    {"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
    {"name": "chmod", "action": "SCMP_ACT_ERRNO",
     "args": [{"index": 1, "value": 2048, "valueTwo": 2048, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"name": "fchmodat", "action": "SCMP_ACT_ERRNO",
     "args": [{"index": 2, "value": 2048, "valueTwo": 2048, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["link", "linkat"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_NET_ADMIN"]}}
  ]
})";

constexpr const char* kTries =
    "mkdir /tmp/x; touch /tmp/f; chmod 755 /tmp/f && echo plain; chmod 4755 /tmp/f || echo no setuid; "
    "ln /tmp/f /tmp/g && echo linked; true";

std::string with(const std::string& attributes) {
  return "services:\n  web:\n    image: busybox\n    command: [sleep, '1000']\n    stop_grace_period: 0s\n" +
         attributes;
}

std::string refusal(Sandbox& sandbox) {
  const it::Output output = sandbox.compose({"up", "-d"});
  CHECK(output.code != 0);
  CHECK(sandbox.ok({"ps", "-aq"}).out.empty());
  return output.err;
}

}  // namespace

TEST_CASE("no-new-privileges holds for the program, for exec and for any user") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  for (const char* option : {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}) {
    sandbox.compose_file(R"(
services:
  on: {image: busybox, command: [grep, NoNewPrivs, /proc/self/status], security_opt: [")" +
                         std::string(option) + R"("]}
  off: {image: busybox, command: [grep, NoNewPrivs, /proc/self/status], security_opt: ["no-new-privileges:false"]}
  user: {image: busybox, command: [sleep, "1000"], user: "1000", security_opt: [")" +
                         option + R"("], stop_grace_period: 0s}
)");
    sandbox.ok({"up", "-d"});
    CHECK(it::eventually([&] { return sandbox.log("on") == "NoNewPrivs:\t1\n"; }));
    CHECK(it::eventually([&] { return sandbox.log("off") == "NoNewPrivs:\t0\n"; }));
    CHECK(sandbox.inside("user", {"sh", "-c", "id -u; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"}) ==
          "1000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    sandbox.ok({"down"});
  }
  sandbox.finish();
}

TEST_CASE("a seccomp profile decides what a container's system calls come to") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("profiles/no-folders.json", kProfile);
  sandbox.compose_file(with("    security_opt: ['seccomp:profiles/no-folders.json']\n"));
  sandbox.ok({"up", "-d"});
  const auto tried = [&](const std::string& service) {
    return sandbox.inside(service, {"sh", "-c", std::string(kTries) + " 2>&1"});
  };
  std::string text = sandbox.inside("web", {"sh", "-c", "(" + std::string(kTries) + ") 2>&1"});
  CHECK(text.find("can't create directory '/tmp/x': No space left on device") != std::string::npos);
  CHECK(text.find("plain\n") != std::string::npos);
  CHECK(text.find("no setuid\n") != std::string::npos);
  CHECK(text.find("linked") == std::string::npos);
  const auto described =
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-web-1"}).out);
  const std::string option = described.at(0).at("HostConfig").at("SecurityOpt").at(0);
  CHECK(option.rfind("seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"", 0) == 0);

  // By its capability another rule holds, for a user without any as well.
  sandbox.compose_file(with(
      "    security_opt: ['seccomp=profiles/no-folders.json', no-new-privileges]\n    cap_add: [NET_ADMIN]\n"
      "    user: '1000'\n"));
  sandbox.ok({"up", "-d"});
  CHECK(tried("web").find("linked\n") != std::string::npos);
  CHECK(sandbox.compose({"exec", "-T", "web", "mkdir", "/tmp/x"}).code != 0);
  sandbox.finish();
}

TEST_CASE(
    "a service is recreated when its seccomp profile says something else, not when it is laid out anew") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("p.json", R"({"defaultAction":"SCMP_ACT_ALLOW"})");
  sandbox.compose_file(with("    security_opt: [seccomp=p.json]\n"));
  sandbox.ok({"up", "-d"});
  const auto first = sandbox.ids();
  sandbox.file("p.json", "{ \"defaultAction\" : \"SCMP_ACT_ALLOW\" }\n");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() == first);
  sandbox.file("p.json", R"({"defaultAction":"SCMP_ACT_LOG"})");
  CHECK(sandbox.ok({"up", "-d", "--dry-run"}).out.find("config changed: security_opt") != std::string::npos);
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() != first);
  sandbox.finish();
}

TEST_CASE("a seccomp profile that cannot be used is told with its place, before anything is made") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(with("    security_opt: [seccomp=p.json]\n"));
  CHECK(refusal(sandbox).find("service \"web\": seccomp profile " + sandbox.directory() +
                              "/p.json: it cannot be read") != std::string::npos);
  const std::pair<const char*, const char*> wrong[] = {
      {"{", "it is not JSON"},
      {R"({"defaultAction": "SCMP_ACT_PERMIT"})", "defaultAction: unknown action 'SCMP_ACT_PERMIT'"},
      {R"({"defaultAction": "SCMP_ACT_NOTIFY"})", "defaultAction: SCMP_ACT_NOTIFY is not supported"},
      {R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "kill", "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "op": "SCMP_CMP_IS"}]}]})",
       "syscalls[0].args[0].op: unknown operator 'SCMP_CMP_IS'"}};
  for (const auto& [text, told] : wrong) {
    sandbox.file("p.json", text);
    const std::string error = refusal(sandbox);
    INFO(error);
    CHECK(error.find(told) != std::string::npos);
  }
  sandbox.finish();
}

TEST_CASE("unconfined and privileged containers have no filter, a profile holds for both") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("p.json", kProfile);
  sandbox.compose_file(R"(
x-common: &common {image: busybox, command: [sleep, "1000"], stop_grace_period: 0s}
services:
  unconfined: {<<: *common, security_opt: [seccomp=unconfined]}
  privileged: {<<: *common, privileged: true}
  usual: {<<: *common, privileged: true, security_opt: [seccomp=builtin], read_only: true}
  both: {<<: *common, privileged: true, cap_drop: [ALL], security_opt: [seccomp=p.json, no-new-privileges]}
)");
  sandbox.ok({"up", "-d"});
  const auto inside = [&](const char* service, const std::string& script) {
    return sandbox.inside(service, {"sh", "-c", script});
  };
  CHECK(inside("unconfined", "unshare -m true 2>&1; grep Seccomp: /proc/self/status") ==
        "unshare: unshare(0x20000): Operation not permitted\nSeccomp:\t0\n");
  CHECK(inside("privileged", "grep Seccomp: /proc/self/status") == "Seccomp:\t0\n");
  CHECK(inside("usual", "touch /x 2>&1; grep Seccomp: /proc/self/status") ==
        "touch: /x: Read-only file system\nSeccomp:\t2\n");
  // All capabilities whatever is dropped, and the filter all the same.
  CHECK(inside("both", "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; mkdir /tmp/x || echo refused") ==
        "NoNewPrivs:\t1\nSeccomp:\t2\nrefused\n");
  CHECK(inside("both", "grep CapEff /proc/self/status") ==
        inside("privileged", "grep CapEff /proc/self/status"));
  sandbox.finish();
}

TEST_CASE("systempaths=unconfined leaves /proc and /sys as the kernel shows them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  open: {image: busybox, command: [sleep, "1000"], stop_grace_period: 0s, security_opt: [systempaths=unconfined]}
  usual: {image: busybox, command: [sleep, "1000"], stop_grace_period: 0s}
)");
  sandbox.ok({"up", "-d"});
  const char* const covered = "grep -E ' /(proc|sys/firmware)/' /proc/self/mountinfo | wc -l";
  CHECK(sandbox.inside("open", {"sh", "-c", covered}) == "0\n");
  CHECK(sandbox.inside("usual", {"sh", "-c", covered}) != "0\n");
  // /sys itself is still read-only.
  CHECK(sandbox.inside("open",
                       {"sh", "-c", "grep ' /sys ' /proc/self/mountinfo | cut -d' ' -f6 | cut -d, -f1"}) ==
        "ro\n");
  const auto described = [&](const char* service) {
    const std::string name = sandbox.project() + "-" + service + "-1";
    return nlohmann::json::parse(sandbox.ok({"container", "inspect", name}).out).at(0).at("HostConfig");
  };
  CHECK(described("open").at("MaskedPaths") == nlohmann::json::array());
  CHECK(described("open").at("ReadonlyPaths") == nlohmann::json::array());
  CHECK(described("usual").at("MaskedPaths").dump().find("/proc/kcore") != std::string::npos);
  CHECK(described("usual").at("ReadonlyPaths").dump().find("/proc/sys") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("capabilities added and dropped leave what Docker's containers have") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto sets = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> args{"container", "run", "--rm"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"busybox", "sh", "-c", "grep -E '^Cap(Eff|Bnd):' /proc/self/status | cut -f2"});
    return sandbox.ok(args).out;
  };
  const auto both = [](const std::string& mask) { return mask + "\n" + mask + "\n"; };
  CHECK(sets({"--cap-drop", "ALL"}) == both("0000000000000000"));
  CHECK(sets({"--cap-drop", "ALL", "--cap-add", "CHOWN"}) == both("0000000000000001"));
  CHECK(sets({"--cap-drop", "CHOWN", "--cap-add", "CHOWN"}) == both("00000000a80425fb"));
  CHECK(sets({"--cap-drop", "CHOWN"}) == both("00000000a80425fa"));
  CHECK(sets({"--cap-add", "NET_ADMIN", "--user", "1000"}) == "0000000000000000\n00000000a80435fb\n");
  const std::string all = sets({"--privileged"});
  CHECK(sets({"--cap-add", "ALL"}) == all);
  CHECK(sets({"--privileged", "--cap-drop", "ALL", "--read-only"}) == all);
  CHECK(sets({"--cap-add", "ALL", "--cap-drop", "CHOWN"}) != all);
  CHECK(sets({"--privileged", "--user", "1000"}).rfind("0000000000000000\n", 0) == 0);
  sandbox.finish();
}

TEST_CASE("security options that this host or engine has not are refused by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const auto error = [&](const std::string& option) {
    return sandbox.compose({"container", "create", "--security-opt", option, "busybox"}).err;
  };
  CHECK(error("writable-cgroups=true").find("'writable-cgroups=true': control groups are read-only") !=
        std::string::npos);
  CHECK(error("nonsense=1").find("nonsense") != std::string::npos);
  CHECK(error("systempaths=all").find("systempaths") != std::string::npos);
  CHECK(error("seccomp=/no/such/file").find("seccomp profile /no/such/file: it cannot be read") !=
        std::string::npos);
  const std::string apparmor = error("apparmor=no-such-profile");
  CHECK((apparmor.empty() || apparmor.find("AppArmor is not enabled on this host") != std::string::npos));
  // What is the case anyway, or has nothing to act on.
  sandbox.ok({"container", "run", "--rm", "--security-opt", "label=disable", "--security-opt",
              "apparmor=unconfined", "--security-opt", "writable-cgroups=false", "busybox", "true"});
  sandbox.finish();
}
