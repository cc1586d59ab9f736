// What the `build` section and the flags of `build` say beyond context and arguments.
#include <catch2/catch.hpp>

#include "sandbox.h"

using it::Sandbox;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string plain_build(Sandbox& sandbox, std::vector<std::string> flags = {}) {
  std::vector<std::string> words{"build"};
  words.insert(words.end(), flags.begin(), flags.end());
  const it::Output output = sandbox.ok(words);
  return output.out + output.err;
}

}  // namespace

TEST_CASE("hosts, shared memory, limits and network of the build section reach a RUN") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", R"(FROM busybox
RUN grep -E 'somehost|gateway' /etc/hosts; df -k /dev/shm | tail -1; ulimit -n; ulimit -Hn; ls /sys/class/net | wc -l
)");
  sandbox.compose_file(R"(
services:
  web:
    build:
      context: .
      extra_hosts: ["somehost=10.1.2.3", "gateway=host-gateway"]
      shm_size: 2m
      ulimits: {nofile: {soft: 100, hard: 200}}
)");
  const std::string said = plain_build(sandbox);
  INFO(said);
  CHECK(says(said, "10.1.2.3\tsomehost"));
  CHECK_FALSE(says(said, "host-gateway"));
  CHECK(says(said, "\tgateway"));
  CHECK(says(said, " 2048 "));
  CHECK(says(said, " 100\n"));
  CHECK(says(said, " 200\n"));
  CHECK(says(said, " 2\n"));
  sandbox.compose_file("services:\n  web:\n    build: {context: ., network: none}\n");
  CHECK(says(plain_build(sandbox, {"--no-cache"}), " 1\n"));
  sandbox.check_nothing_left();
}

TEST_CASE("the flag --memory bounds each RUN") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN head -c 100m /dev/zero | tail -c 90m | wc -c\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  CHECK(says(plain_build(sandbox), " 94371840\n"));
  const it::Output killed = sandbox.compose({"build", "--no-cache", "-m", "20m"});
  CHECK_FALSE(says(killed.out + killed.err, " 94371840\n"));
  CHECK(sandbox.compose({"build", "-m", "much"}).code != 0);
  sandbox.check_nothing_left();
}

TEST_CASE("stages named by no_cache_filter are built anew") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", R"(FROM busybox AS one
RUN echo one > /one
FROM busybox AS two
RUN echo two > /two
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
)");
  sandbox.compose_file("services:\n  web:\n    build: {context: ., no_cache_filter: [two]}\n");
  plain_build(sandbox);
  const std::string again = plain_build(sandbox);
  INFO(again);
  CHECK(says(again, "[web two 2/2] RUN echo two > /two\n#"));
  CHECK_FALSE(says(again, "CACHED\n#4 CACHED"));
  size_t done = 0;
  for (size_t at = again.find(" DONE "); at != std::string::npos; at = again.find(" DONE ", at + 1)) ++done;
  CHECK(done == 1);
  sandbox.check_nothing_left();
}

TEST_CASE("what cannot be honoured in a build is refused or said") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file("services:\n  web:\n    build: {context: ., cache_from: [some/image]}\n");
  CHECK(says(plain_build(sandbox), "build.cache_from"));
  for (const char* line : {"network: mine", "entitlements: [device]", "cache_to: [x]",
                           "platforms: [linux/riscv64]", "provenance: true", "sbom: true"}) {
    sandbox.compose_file(std::string("services:\n  web:\n    build:\n      context: .\n      ") + line +
                         "\n");
    const it::Output output = sandbox.compose({"build"});
    CHECK(output.code == 1);
    CHECK(says(output.err, "not supported yet"));
  }
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  for (const char* flag : {"--builder=x", "--sbom=x", "--provenance=x"}) {
    const it::Output output = sandbox.compose({"build", flag});
    CHECK(output.code != 0);
    CHECK(says(output.err, std::string(flag).substr(0, std::string(flag).find('='))));
  }
}

TEST_CASE("independent stages and services are built at the same time, each told apart") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  // Each side waits for the other, in a cache that both share: one after the other they would never end.
  const auto side = [](const std::string& me, const std::string& other) {
    return "RUN --mount=type=cache,id=meet,target=/m touch /m/" + me + "; i=0; until test -e /m/" + other +
           "; do i=$((i+1)); test $i -lt 400 || exit 9; usleep 50000; done; "
           "echo " +
           me + " met " + other + "\n";
  };
  sandbox.file("one/Dockerfile",
               "FROM busybox AS a\n" + side("a", "b") + "FROM busybox AS b\n" + side("b", "a") +
                   "FROM busybox\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b\n");
  sandbox.file("two/Dockerfile", "FROM busybox\n" + side("c", "d"));
  sandbox.file("three/Dockerfile", "FROM busybox\n" + side("d", "c"));
  sandbox.compose_file(
      "services:\n  one:\n    build: ./one\n  two:\n    build: ./two\n  three:\n    build: ./three\n");
  const std::string said = plain_build(sandbox);
  INFO(said);
  for (const char* met : {" a met b\n", " b met a\n", " c met d\n", " d met c\n"}) CHECK(says(said, met));
  CHECK(says(said, "[one a 2/2] RUN"));
  CHECK(says(said, "[two 2/2] RUN"));
  sandbox.check_nothing_left();
}

TEST_CASE("a stage that fails ends the others at once, and the error shows step, source and last output") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", R"(FROM busybox AS slow
RUN sleep 1000
FROM busybox AS bad
ENV A=1
RUN echo last words; \
    exit 7
FROM busybox
COPY --from=slow /etc /a
COPY --from=bad /etc /b
)");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  sandbox.options().timeout = std::chrono::seconds(30);
  const it::Output output = sandbox.compose({"build", "-q"});
  INFO(output.err);
  CHECK(output.code == 1);
  CHECK_FALSE(output.timed_out);
  for (const char* part :
       {"Dockerfile:5: [bad 3/3] RUN echo last words;", "exit code 7", "5 | >>> RUN echo last words",
        "6 | >>>     exit 7", "7 |     FROM busybox", "| last words"}) {
    CHECK(says(output.err, part));
  }
  sandbox.check_nothing_left();
}

TEST_CASE("build --check tells what is unwise in a Dockerfile and builds nothing, and --print asks nobody") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox AS Stage\nRUN false\nCMD echo $HOME\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  const it::Output checked = sandbox.compose({"build", "--check"});
  INFO(checked.out);
  CHECK(checked.code == 1);
  CHECK(says(checked.out, "WARNING: StageNameCasing\n"));
  CHECK(says(checked.out, "\nDockerfile:3\n"));
  CHECK(says(checked.out, "   3 | >>> CMD echo $HOME\n"));
  CHECK(says(checked.out, "Check complete, 2 warnings have been found!"));
  const it::Output printed = sandbox.ok({"build", "--print"});
  CHECK(says(printed.out, "\"web\""));
  CHECK(sandbox.compose({"build", "--print", "--check"}).code != 0);
  sandbox.file("Dockerfile", "FROM busybox\nCMD [\"sh\"]\n");
  CHECK(says(sandbox.ok({"build", "--check"}).out, "Check complete, no warnings found."));
  sandbox.file("Dockerfile", "FROM busybox\nCMD sh\n");
  CHECK(says(plain_build(sandbox), "Dockerfile:2: JSONArgsRecommended: "));
  sandbox.check_nothing_left();
}
