// RUN's mounts, networks and rights, and what every RUN is confined to.
#include <catch2/catch.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

const char* const kBuildWeb = "services:\n  web:\n    build: .\n    command: [\"true\"]\n";

std::string build(Sandbox& sandbox, const std::string& dockerfile) {
  sandbox.file("Dockerfile", dockerfile);
  const it::Output output = sandbox.ok({"build"});
  return output.out + output.err;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("RUN mounts show the context, a stage, an image, a cache and memory, and leave nothing behind") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kBuildWeb);
  sandbox.file("src/page", "from context\n");
  sandbox.file("src/hidden.tmp", "hidden\n");
  sandbox.file(".dockerignore", "**/*.tmp\n");
  const std::string dockerfile = R"(FROM busybox AS made
RUN mkdir /out && echo from stage > /out/file
FROM busybox
RUN --mount=target=/ctx,source=src --mount=from=made,source=/out,target=/deep/er/stage,rw \
    --mount=from=busybox,target=/img --mount=type=cache,target=/cache --mount=type=tmpfs,target=/mem,size=1m \
    cat /ctx/page; ls /ctx; cat /deep/er/stage/file; echo changed > /deep/er/stage/file; \
    (touch /ctx/x || echo context is read-only); (touch /img/x || echo image is read-only); ls -d /img/bin; \
    echo kept >> /cache/log; wc -l < /cache/log; echo 'echo runs' > /mem/p; chmod +x /mem/p; sh -c /mem/p; \
    dd if=/dev/zero of=/mem/big bs=1M count=2 2>&1 | grep -o 'No space'; true
RUN --mount=from=made,source=/out,target=/again cat /again/file; ls -d /ctx /deep /img /cache /mem 2>&1; true
)";
  const std::string said = build(sandbox, dockerfile);
  for (const char* part : {"from context", "from stage", "context is read-only", "image is read-only",
                           "/img/bin", " 1\n", " runs", "No space", "ls: /deep: No such file",
                           "ls: /cache: No such file", "ls: /ctx: No such file", "ls: /mem: No such file"}) {
    INFO(part << " in\n" << said);
    CHECK(says(said, part));
  }
  CHECK_FALSE(says(said, "hidden.tmp"));
  CHECK_FALSE(says(said, "changed\n"));
  sandbox.ok({"down"});
  const it::Output again = sandbox.ok({"build", "--no-cache"});
  CHECK(says(again.out + again.err, " 2\n"));
  sandbox.check_nothing_left();
}

TEST_CASE("a secret is in the step's memory only") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("token", "s3cr3t-of-file");
  sandbox.options().env["TOKEN"] = "s3cr3t-of-env";
  sandbox.compose_file(R"(
services:
  web:
    build:
      context: .
      secrets: [a, b]
    command: ["sh", "-c", "ls /run/secrets; echo over"]
secrets:
  a: {file: ./token}
  b: {environment: TOKEN}
)");
  const std::string said = build(sandbox, R"(FROM busybox
RUN --mount=type=secret,id=a --mount=type=secret,id=b,env=B,target=/b,mode=0440,uid=5 \
    wc -c < /run/secrets/a; echo ${#B}; stat -c '%a %u' /b; grep -c ' /run/secrets/a tmpfs' /proc/mounts || \
    grep ' /run/secrets/a ' /proc/mounts | cut -d' ' -f3
RUN ls /run/secrets /b 2>&1; env | grep -c s3cr3t; true
)");
  CHECK(says(said, " 14\n"));
  CHECK(says(said, " 13\n"));
  CHECK(says(said, "440 5"));
  CHECK(says(said, "tmpfs"));
  CHECK(says(said, "ls: /b: No such file"));
  CHECK_FALSE(says(said, "s3cr3t-of"));
  const it::Output found =
      it::run({"grep", "-rlE", "s3cr3t-of-(file|env)", sandbox.data_root(), sandbox.run_root()});
  CHECK(found.out.empty());
  sandbox.finish();
}

TEST_CASE("an ssh mount is a socket for the step alone, from keys in files") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string key = sandbox.directory() + "/key";
  REQUIRE(it::run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "our-key", "-f", key}).code == 0);
  sandbox.compose_file(R"(
services:
  web:
    build:
      context: .
      ssh: ["deploy=./key"]
)");
  const std::string said = build(sandbox, R"(FROM busybox
RUN --mount=type=ssh,id=deploy,required=true,mode=0640,uid=7 \
    test -S $SSH_AUTH_SOCK && stat -c '%n %a %u' $SSH_AUTH_SOCK
RUN ls /run/buildkit 2>&1; true
)");
  INFO(said);
  CHECK(says(said, "/run/buildkit/ssh_agent.0 640 7"));
  CHECK(says(said, "ls: /run/buildkit: No such file"));
  sandbox.file("key", "no key at all\n");
  sandbox.file("Dockerfile", "FROM busybox\nRUN --mount=type=ssh,id=deploy true\n");
  const it::Output refused = sandbox.compose({"build"});
  CHECK(refused.code == 1);
  CHECK(says(refused.err, "key cannot be used"));
  sandbox.check_nothing_left();
}

TEST_CASE("networks of RUN: the build's own, none, and the host's where it is allowed") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  web:\n    build:\n      context: .\n      entitlements: [network.host]\n");
  const std::string said = build(sandbox, R"FILE(FROM busybox
RUN --network=none echo "none: $(ls /sys/class/net | tr '\n' ' ')"
RUN --network=host echo "host: $(ip addr | grep -c 198.51.100.2)"
RUN echo "own: $(ls /sys/class/net | tr '\n' ' ') $(ip addr | grep -c 198.51.100.2)"
)FILE");
  INFO(said);
  CHECK(says(said, "none: lo \n"));
  CHECK(says(said, "host: 1\n"));
  CHECK(says(said, "own: eth0 lo  0\n"));
  sandbox.compose_file(kBuildWeb);
  const it::Output refused = sandbox.compose({"build"});
  CHECK(refused.code == 1);
  CHECK(says(refused.err, "Dockerfile:3: RUN --network=host needs the entitlement network.host"));
  sandbox.check_nothing_left();
}

TEST_CASE("a RUN is confined as a container is") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string probe =
      "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cut -d' ' -f2-6 /proc/mounts | "
      "grep -vE '^(/|/etc/[a-z.]*) ' | sed 's/,size=[0-9]*k//; s/,inode64//' | sort; ls /dev; "
      "cat /proc/sys/kernel/randomize_va_space > /dev/null; (echo 1 > /proc/sys/kernel/panic) 2>&1; "
      "head -c1 /proc/kcore | wc -c; umask; ulimit -n; cat /proc/self/cgroup | sed 's/[0-9a-f]\\{64\\}/ID/'; "
      "readlink /proc/1/exe; (unshare -m true) 2>&1; true";
  sandbox.file("probe", probe);
  sandbox.file("Dockerfile",
               "FROM busybox\nCOPY probe /probe\nRUN [\"sh\", \"-c\", \"sh /probe > /seen 2>&1\"]\n");
  sandbox.compose_file(
      "services:\n  web:\n    build: .\n    command: [\"sh\", \"-c\", \"sh /probe > /now 2>&1; diff /seen "
      "/now && "
      "echo the same; wc -l < /seen\"]\n");
  sandbox.ok({"up", "-d", "--build"});
  CHECK(it::eventually([&] { return says(sandbox.log("web"), "\n"); }));
  const std::string log = sandbox.log("web");
  INFO(log);
  CHECK(says(log, "the same"));
  sandbox.finish();
}

TEST_CASE("a RUN cannot change the host's resolver file") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kBuildWeb);
  const it::Output before = it::run({"cat", "/etc/resolv.conf"});
  build(sandbox, "FROM busybox\nRUN echo '# from a build' >> /etc/resolv.conf; true\n");
  CHECK(it::run({"cat", "/etc/resolv.conf"}).out == before.out);
  sandbox.check_nothing_left();
}

TEST_CASE("with all rights a RUN may mount, and only where the build allows it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    build: {context: ., privileged: true}\n");
  const std::string said = build(sandbox,
                                 "FROM busybox\n"
                                 "RUN --security=insecure mount -t tmpfs none /tmp && echo mounted\n"
                                 "RUN mount -t tmpfs none /tmp || echo denied\n");
  CHECK(says(said, " mounted\n"));
  CHECK(says(said, " denied\n"));
  sandbox.compose_file(kBuildWeb);
  const it::Output refused = sandbox.compose({"build"});
  CHECK(refused.code == 1);
  CHECK(says(refused.err, "needs the entitlement security.insecure"));
  sandbox.check_nothing_left();
}
