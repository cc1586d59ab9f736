#include <algorithm>

#include "fixture.h"

using namespace build_test;

namespace {
const std::string kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

TEST_CASE("signals and protocols are known in either case") {
  Fixture f;
  f.make_base();
  for (const char* signal : {"sigterm", "Term", "RTMIN+3", "SIGRTMAX-1", "15"})
    CHECK(f.build(std::string("FROM base\nSTOPSIGNAL ") + signal + "\n").image.config.stop_signal == signal);
  const std::set<std::string> ports = f.build("FROM base\nEXPOSE 80/TCP 53/Udp\n").image.config.exposed_ports;
  CHECK(ports == std::set<std::string>{"53/udp", "80/tcp"});
}

TEST_CASE("Metadata instructions shape the configuration and make no layers") {
  Fixture f;
  f.make_base();
  const Built built = f.build(
      "FROM base\n"
      "LABEL maintainer=\"yin@x.org\" version=1.0\n"
      "ENV A=1 B=\"x $LANG\"\n"
      "ENV OLD form with   blanks\n"
      "ENV A=2 C=$A PATH=/opt:$PATH\n"
      "USER app\n"
      "EXPOSE 80 443/tcp 53/udp 8000-8002\n"
      "VOLUME [\"/data\", \"/v $A\"]\n"
      "VOLUME /a/ /./b\n"
      "STOPSIGNAL SIGQUIT\n"
      "HEALTHCHECK --retries=2 CMD true\n"
      "SHELL [\"/bin/bash\", \"-c\"]\n"
      "ENTRYPOINT echo hello $name\n"
      "CMD [\"a\", \"$b\"]\n"
      "ONBUILD RUN echo $X\n"
      "MAINTAINER me\n");
  const auto& config = built.image.config;
  CHECK(config.labels.at("maintainer") == "yin@x.org");
  CHECK(config.env == Strings{"LANG=C",
                              "PATH=/opt:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=2",
                              "B=x C", "OLD=form with   blanks", "C=1"});
  CHECK(config.user == "app");
  CHECK(config.exposed_ports ==
        std::set<std::string>{"80/tcp", "443/tcp", "53/udp", "8000/tcp", "8001/tcp", "8002/tcp"});
  CHECK(config.volumes == std::set<std::string>{"/data", "/v 2", "/a/", "/./b"});
  CHECK(config.stop_signal == "SIGQUIT");
  CHECK(config.healthcheck->test == Strings{"CMD-SHELL", "true"});
  CHECK(config.healthcheck->retries == 2);
  CHECK(config.entrypoint == Strings{"/bin/bash", "-c", "echo hello $name"});
  CHECK(config.cmd == Strings{"a", "$b"});
  CHECK(config.on_build == Strings{"RUN echo $X"});
  CHECK(config.author == "me");
  CHECK(config.diff_ids.size() == 1);
  CHECK(config.history.size() == 16);
  CHECK(config.history.back().empty_layer);
  CHECK(config.created == "2024-01-02T03:04:05Z");
  CHECK(built.result.steps_total == 16);
}

TEST_CASE("ENTRYPOINT drops the base image's CMD but not the stage's own") {
  Fixture f;
  f.make_base();
  CHECK(f.build("FROM base\nENTRYPOINT [\"x\"]").image.config.cmd.empty());
  CHECK(f.build("FROM base\nCMD [\"y\"]\nENTRYPOINT [\"x\"]").image.config.cmd == Strings{"y"});
}

TEST_CASE("RUN gets the layers, the environment and a command line") {
  Fixture f;
  f.make_base();
  f.runner.behaviour = [](const engine::RunRequest& request, const auto& output) {
    write(request.upper_dir + "/made", "by run");
    output("working\n");
    return 0;
  };
  const Built built = f.build(
      "FROM base\n"
      "ARG version=3\n"
      "ARG unset\n"
      "ENV A=1\n"
      "ARG A=hidden\n"
      "USER app\n"
      "WORKDIR /srv\n"
      "RUN make \\\n  all\n"
      "RUN [\"/bin/true\", \"$A\"]\n"
      "RUN cat <<EOF > /x && cat <<-END\n"
      "one $A\n"
      "EOF\n"
      "\ttwo\n"
      "\tEND\n"
      "RUN <<EOF\necho script\nEOF\n",
      [](engine::BuildRequest& request) {
        request.args = {{"http_proxy", "http://proxy"}, {"version", "4"}, {"stray", "x"}};
      });
  REQUIRE(f.runner.requests.size() == 4);
  const auto& run = f.runner.requests[0];
  CHECK(run.args == Strings{"/bin/sh", "-c", "make   all"});
  CHECK(run.working_dir == "/srv");
  CHECK(run.user == "app");
  CHECK(run.lower_dirs.size() == 2);
  Strings env = run.env;
  std::sort(env.begin(), env.end());
  CHECK(env == Strings{"A=1", "HOME=/home/app", "LANG=C",
                       "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "http_proxy=http://proxy", "version=4"});
  CHECK(f.runner.requests[1].args == Strings{"/bin/true", "$A"});
  CHECK(f.runner.requests[1].lower_dirs.size() == 3);
  CHECK(f.runner.requests[2].args[2] == "cat <<EOF > /x && cat <<-END\none $A\nEOF\ntwo\nEND\n");
  CHECK(f.runner.requests[3].args == Strings{"/bin/sh", "-c", "echo script\n"});
  CHECK(built.file("/made") == "by run");
  CHECK(built.recorder.text == "working\nworking\nworking\nworking\n");
  CHECK(built.image.config.history[7].created_by == "RUN |1 version=4 /bin/sh -c make   all");
  CHECK(built.recorder.warnings ==
        Strings{"Dockerfile: the build argument 'stray' was given, but no ARG asks for it"});
}

TEST_CASE("A here-document with an interpreter line is run as a program and leaves nothing") {
  Fixture f;
  f.make_base();
  std::string seen;
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    seen = sys::read_file(request.upper_dir + request.args.at(0));
    return 0;
  };
  const Built built = f.build("FROM base\nRUN <<EOF\n#!/usr/bin/python3\nprint(1)\nEOF\n");
  CHECK(seen == "#!/usr/bin/python3\nprint(1)\n");
  const auto layer = f.store.find_layer(built.image.chain_ids.back()).value();
  CHECK(std::filesystem::is_empty(layer.diff_dir));
}

TEST_CASE("A failing RUN names the place, the step and the last lines of output") {
  Fixture f;
  f.make_base();
  f.runner.behaviour = [](const auto&, const auto& output) {
    for (int i = 1; i <= 30; ++i) output("line " + std::to_string(i) + "\n");
    return 3;
  };
  const std::string message = f.whole_failure("FROM base\n\nENV A=1\nRUN make it\n");
  CHECK_THAT(message, Catch::StartsWith("Dockerfile:4: [3/3] RUN make it: exit code 3\n"
                                        "   2 |     \n"
                                        "   3 |     ENV A=1\n"
                                        "   4 | >>> RUN make it\n"
                                        "  | line 11\n"));
  CHECK_THAT(message, Catch::EndsWith("\n  | line 30"));
  CHECK(std::filesystem::is_empty(f.paths.build_tmp()));
}

TEST_CASE("WORKDIR makes missing folders only and nests") {
  Fixture f;
  f.make_base();
  const Built built =
      f.build("FROM base\nWORKDIR /tmp\nWORKDIR /test\nUSER app\nWORKDIR deom/x\nWORKDIR ../y\n");
  CHECK(built.image.config.working_dir == "/test/deom/y");
  CHECK(built.image.config.diff_ids.size() == 4);
  CHECK(built.owner("/test") == "0:0");
  if (root_only()) CHECK(built.owner("/test/deom/x") == "1000:1001");
  CHECK(built.mode("/tmp") == 01777);
  CHECK_THAT(f.failure("FROM base\nWORKDIR /etc/passwd/x"),
             Catch::StartsWith("Dockerfile:2: WORKDIR /etc/passwd/x: "));
}

TEST_CASE("Only needed stages are built") {
  Fixture f;
  f.make_base();
  const std::string file =
      "ARG image=base\n"
      "FROM $image AS builder\n"
      "RUN build\n"
      "FROM base AS unused\n"
      "RUN unused\n"
      "FROM builder AS tested\n"
      "RUN test\n"
      "FROM scratch\n"
      "COPY --from=builder /out /out\n"
      "COPY --from=0 /out2 /\n"
      "COPY --from=base /etc/passwd /passwd\n";
  f.runner.behaviour = [](const engine::RunRequest& request, const auto&) {
    write(request.upper_dir + "/out", "built", 0755);
    write(request.upper_dir + "/out2", "two");
    if (::geteuid() == 0) REQUIRE(::chown((request.upper_dir + "/out").c_str(), 7, 8) == 0);
    return 0;
  };
  const Built built = f.build(file);
  CHECK(f.runner.requests.size() == 1);
  CHECK(built.recorder.steps.front() == "[builder 1/2] FROM $image AS builder");
  CHECK(built.file("/out") == "built");
  CHECK(built.file("/out2") == "two");
  CHECK(built.mode("/out") == 0755);
  if (root_only()) CHECK(built.owner("/out") == "7:8");
  CHECK_THAT(built.file("/passwd"), Catch::StartsWith("root:"));
  CHECK(built.image.config.env == Strings{kPath});

  f.build(file, [](engine::BuildRequest& request) { request.target = "Tested"; });
  CHECK(f.runner.requests.size() == 2);
  CHECK(f.runner.requests[1].args[2] == "test");
  CHECK(f.failure(file, [](engine::BuildRequest& request) { request.target = "testd"; }) ==
        "Dockerfile: there is no stage 'testd' to build. Did you mean 'tested'?");
}

TEST_CASE("ARG before FROM is seen in a stage only when declared there") {
  Fixture f;
  f.make_base();
  const Built built = f.build(
      "ARG one=1\nARG two=${one}2\nFROM base AS a\nARG two\nARG TARGETARCH\nARG own=x\nLABEL one=\"$one\" "
      "two=$two "
      "arch=$TARGETARCH\nFROM a\nLABEL own=$own\n");
  const auto& labels = built.image.config.labels;
  CHECK(labels.at("one").empty());
  CHECK(labels.at("two") == "12");
  CHECK(labels.at("arch") == built.image.config.architecture);
  CHECK(labels.at("own") == "x");
  CHECK(built.recorder.warnings ==
        Strings{"Dockerfile:7: UndefinedVar: the variable 'one' has no value here"});
}

TEST_CASE("Triggers of the base image fire first and are not inherited") {
  Fixture f;
  f.make_base([](engine::ImageConfig& config) { config.on_build = {"COPY app /app", "ENV FIRED=1"}; });
  f.put("app", "code");
  const Built built = f.build("FROM base\nENV SEEN=$FIRED\n");
  CHECK(built.file("/app") == "code");
  CHECK(built.image.config.env == Strings{"LANG=C", kPath, "FIRED=1", "SEEN=1"});
  CHECK(built.image.config.on_build.empty());
  CHECK(built.recorder.steps.at(1) == "[2/4] COPY app /app");
}

TEST_CASE("Tags and labels are set on the result") {
  Fixture f;
  const Built built = f.build("FROM scratch\nLABEL a=1 b=2\n", [](engine::BuildRequest& request) {
    request.tags = {"demo:1", "demo"};
    request.labels = {{"b", "3"}};
  });
  CHECK(f.store.find("demo:1")->id == built.result.image_id);
  CHECK(f.store.find("docker.io/library/demo:latest")->id == built.result.image_id);
  CHECK(built.image.config.labels == std::map<std::string, std::string>{{"a", "1"}, {"b", "3"}});
}

TEST_CASE("Errors of the solver name file and line") {
  Fixture f;
  f.make_base();
  CHECK(f.failure("FROM base:2\n") ==
        "Dockerfile:1: the image 'base:2' is not in the store; import or build it first");
  CHECK_THAT(f.failure("FROM Base\n"), Catch::StartsWith("Dockerfile:1: "));
  CHECK(f.failure("FROM $x\n") == "Dockerfile:1: the image name '$x' is empty after expansion");
  CHECK_THAT(f.failure("FROM --platform=linux/riscv64 base"),
             Catch::StartsWith("Dockerfile:1: FROM --platform=linux/riscv64: only linux/"));
  CHECK(f.failure("FROM --platform=$BUILDPLATFORM base\nSTOPSIGNAL SIGNOPE") ==
        "Dockerfile:2: STOPSIGNAL: there is no signal 'SIGNOPE'");
  CHECK(f.failure("FROM base\nSTOPSIGNAL SIGRTMINfoo") ==
        "Dockerfile:2: STOPSIGNAL: there is no signal 'SIGRTMINfoo'");
  CHECK(f.failure("FROM base\nVOLUME /ok data") ==
        "Dockerfile:2: VOLUME: 'data' is not an absolute path; write '/data'");
  CHECK(f.failure("FROM base\nEXPOSE 99999") ==
        "Dockerfile:2: EXPOSE 99999: not a port (1-65535) or range of ports");
  CHECK(f.failure("FROM base\nEXPOSE 80/tpc") ==
        "Dockerfile:2: EXPOSE 80/tpc: the protocol is tcp, udp or sctp");
  CHECK(f.failure("FROM scratch\nRUN x") ==
        "Dockerfile:2: RUN has nothing to run: the stage is still empty (FROM scratch)");
  CHECK(f.failure("FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\nFROM a") ==
        "Dockerfile:2: from=b: files can be taken from an earlier stage only");
  CHECK(f.failure("FROM scratch AS a\nFROM scratch\nCOPY --from=a / /") ==
        "Dockerfile:3: COPY --from=a: it has no files");
  CHECK(f.failure("FROM base\nCOPY --from=nope / /") ==
        "Dockerfile:2: the image 'nope:latest' is not in the store; import or build it first");
  CHECK(f.failure("x", [&](engine::BuildRequest& request) { request.dockerfile = "Nope"; }) ==
        "there is no Dockerfile at " + f.context + "/Nope");
  CHECK(f.failure("x", [](engine::BuildRequest& request) {
    request.dockerfile_inline = "FROM scratch\nRUNN x";
  }) == "dockerfile_inline:2: unknown instruction 'RUNN'. Did you mean 'RUN'?");
}

TEST_CASE("A cancelled build stops between steps and keeps what it made") {
  Fixture f;
  f.make_base();
  f.cancel_at = 2;
  CHECK_THAT(f.failure("FROM base\nWORKDIR /a\nRUN x\n"),
             Catch::StartsWith("Dockerfile:3: the build was cancelled"));
  f.cancel_at = 0;
  CHECK(f.build("FROM base\nWORKDIR /a\nRUN x\n").recorder.cached == std::vector<bool>{true, true, false});
}
