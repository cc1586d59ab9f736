#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "leftovers.h"
#include "sandbox.h"

using it::Sandbox;

TEST_CASE("a Dockerfile's layers, environment, folder and command reach the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("app/Dockerfile", R"(# comment
ARG BASE=busybox
FROM $BASE AS made
ARG WHO=nobody
RUN mkdir /out && \
    echo "made for $WHO" > /out/made

FROM busybox
ENV COLOR=green
WORKDIR /work/inner
COPY --from=made /out/made made
COPY --chown=1000:1000 files/ files/
RUN ["sh", "-c", "echo run >> log"]
RUN rm files/gone
USER 1000
CMD cat made log; echo $COLOR; ls files; id -u; pwd
)");
  sandbox.file("app/files/kept", "kept\n");
  sandbox.file("app/files/gone", "gone\n");
  sandbox.file("app/files/ignored.tmp", "ignored\n");
  sandbox.file("app/.dockerignore", "*.tmp\n**/*.tmp\n");
  sandbox.compose_file(R"(
services:
  web:
    build:
      context: ./app
      args:
        WHO: compose
)");
  const it::Output up = sandbox.ok({"up", "-d", "--build"});
  CHECK(it::eventually(
      [&] { return sandbox.log("web") == "made for compose\nrun\ngreen\nkept\n1000\n/work/inner\n"; }));
  sandbox.finish();
}

TEST_CASE("building again without a change takes every step from the cache") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nCOPY page /page\nRUN date +%s%N > /stamp\n");
  sandbox.file("page", "one\n");
  sandbox.compose_file(
      "services:\n  web:\n    build: .\n    command: [\"sh\", \"-c\", \"cat /stamp /page; exec sleep "
      "1000\"]\n    stop_grace_period: 0s\n");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.log("web").find("one") != std::string::npos; }));
  const std::string first = sandbox.log("web");

  // Same bytes, other time.
  sandbox.file("page", "one\n");
  const std::set<std::string> before = sandbox.ids();
  const it::Output again = sandbox.ok({"build"});
  CHECK((again.out + again.err).find("CACHED") != std::string::npos);
  sandbox.ok({"up", "-d", "--build"});
  CHECK(sandbox.ids() == before);

  sandbox.file("page", "two\n");
  sandbox.ok({"up", "-d", "--build"});
  CHECK(it::eventually([&] { return sandbox.log("web").find("two") != std::string::npos; }));
  CHECK(sandbox.log("web").find(first) == std::string::npos);
  sandbox.finish();
}

TEST_CASE("a RUN that fails tells the file, the line, the exit code and its last words") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n\nRUN echo last words; exit 5\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  const it::Output output = sandbox.compose({"build"});
  CHECK(output.code != 0);
  const std::string said = output.out + output.err;
  CHECK(said.find("Dockerfile:3") != std::string::npos);
  CHECK(said.find("last words") != std::string::npos);
  CHECK(output.err.find('5') != std::string::npos);
  sandbox.check_nothing_left();
}

TEST_CASE("a misspelt instruction is pointed out with its line") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRNU true\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  const it::Output output = sandbox.compose({"build"});
  CHECK(output.code != 0);
  CHECK(output.err.find("Dockerfile:2") != std::string::npos);
  CHECK(output.err.find("RNU") != std::string::npos);
  CHECK(output.err.find("RUN") != std::string::npos);
}

TEST_CASE("COPY cannot reach outside its context") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("secret", "outside\n");
  sandbox.file("app/Dockerfile", "FROM busybox\nCOPY ../secret /secret\n");
  sandbox.compose_file("services:\n  web:\n    build: ./app\n");
  CHECK(sandbox.compose({"build"}).code != 0);
  CHECK(it::run({"ln", "-s", "../secret", sandbox.directory() + "/app/link"}).code == 0);
  sandbox.file("app/Dockerfile", "FROM busybox\nCOPY link/ /dir/\nRUN cat /dir/* || true\n");
  const it::Output output = sandbox.compose({"build"});
  CHECK((output.out + output.err).find("outside\n") == std::string::npos);
}

TEST_CASE("an image's entrypoint, volume and health check are honoured") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", R"(FROM busybox
COPY entry /entry
VOLUME /state
HEALTHCHECK --interval=200ms --retries=20 CMD test -f /state/up
ENTRYPOINT ["sh", "/entry"]
CMD ["default"]
)");
  sandbox.file("entry", "echo \"entry $*\"; touch /state/up; exec sleep 1000\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n    stop_grace_period: 0s\n");
  sandbox.ok({"up", "--wait"});
  CHECK(sandbox.log("web") == "entry default\n");
  sandbox.compose_file(
      "services:\n  web:\n    build: .\n    stop_grace_period: 0s\n    command: [\"other\", \"words\"]\n");
  sandbox.ok({"up", "-d"});
  CHECK(it::eventually([&] { return sandbox.log("web") == "entry other words\n"; }));
  sandbox.finish();
}

TEST_CASE("a build context that is not there is an error with its place, before anything is built") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.compose_file("services:\n  web:\n    build: ./nowhere\n");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"build"}, {"up", "-d"}}) {
    const it::Output output = sandbox.compose(command);
    CHECK(output.code == 1);
    CHECK(output.err.find("compose.yaml:3:12: services.web.build") != std::string::npos);
    CHECK(output.err.find("nowhere") != std::string::npos);
  }
}

TEST_CASE("a build that is killed leaves nothing once the next command has run") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN sleep 1000\n");
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  {
    it::Process build(sandbox.command({"build"}), sandbox.options());
    REQUIRE(it::eventually([&] { return !it::entries(sandbox.run_root() + "/b").empty(); }));
    build.signal(SIGKILL);
    build.wait();
  }
  sandbox.ok({"down"});
  CHECK(it::entries(sandbox.run_root() + "/b").empty());
  sandbox.check_nothing_left();
}

TEST_CASE("a build that is interrupted while it reads a huge file ends at once and leaves nothing") {
  if (!it::is_root()) return;
  it::Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nCOPY huge /huge\n");
  sandbox.file("huge", "");
  REQUIRE(::truncate((sandbox.directory() + "/huge").c_str(), 1LL << 40) == 0);
  sandbox.compose_file("services:\n  web:\n    build: .\n");
  it::Process build(sandbox.command({"build"}), sandbox.options());
  REQUIRE(it::eventually([&] { return build.err().find("CACHED") != std::string::npos; }));
  build.signal(SIGINT);
  const it::Output output = build.wait();
  CHECK_FALSE(output.timed_out);
  CHECK(output.code == 130);
  sandbox.check_nothing_left();
}

TEST_CASE("a service is built on another's image, which is built first, and takes files from a folder") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("base/Dockerfile", "FROM busybox\nRUN echo base > /base\n");
  sandbox.file("app/Dockerfile",
               "FROM parent\nCOPY --from=files /note /note\nCOPY --from=tools /bin/busybox /tool\n"
               "CMD cat /base /note; exec sleep 1000\n");
  sandbox.file("files/note", "note\n");
  sandbox.compose_file(R"(
services:
  app:
    build:
      context: ./app
      additional_contexts:
        parent: service:base
        files: ./files
        tools: docker-image://busybox
    stop_grace_period: 0s
  base:
    build: ./base
    profiles: [never]
)");
  const it::Output refused = sandbox.compose({"up", "-d", "app"});
  CHECK(refused.err.find("service 'base' is not active") != std::string::npos);
  sandbox.options().env["COMPOSE_PROFILES"] = "never";
  sandbox.ok({"build", "app"});
  sandbox.ok({"up", "-d", "app"});
  CHECK(it::eventually([&] { return sandbox.log("app") == "base\nnote\n"; }));
  sandbox.finish();
}
