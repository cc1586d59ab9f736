#include "engine/build/checks.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "fixture.h"

using namespace build_test;
using namespace engine::build;

namespace {

struct Situation {
  engine::BuildRequest request;
  IgnoreRules rules;
  std::map<std::string, engine::ImageConfig> images;

  engine::CheckReport report(const std::string& text) const {
    return check_dockerfile(parse_dockerfile(text, "Dockerfile"), request, rules,
                            [this](const std::string& name) -> std::optional<engine::ImageConfig> {
                              const auto found = images.find(name);
                              return found == images.end() ? std::nullopt : std::optional(found->second);
                            });
  }
  // "line rule", in the order of the lines.
  Strings found(const std::string& text) const {
    Strings out;
    for (const auto& finding : report(text).findings)
      out.push_back(std::to_string(finding.line) + " " + finding.rule);
    return out;
  }
};

Strings found(const std::string& text) {
  return Situation().found(text);
}

}  // namespace

TEST_CASE("A Dockerfile as one should write it has no findings") {
  CHECK(found("ARG TAG=1\nFROM a:$TAG AS one\nARG TAG\nENV A=$TAG\nWORKDIR /srv\nWORKDIR sub\nCOPY . .\n"
              "FROM scratch\nCOPY --from=one /srv /srv\nEXPOSE 80/tcp 53/udp\nENTRYPOINT [\"/srv/run\"]\n"
              "CMD [\"x\"]\nHEALTHCHECK CMD curl localhost\n")
            .empty());
  CHECK(found("from scratch as one\nenv A=1\n").empty());
}

TEST_CASE("Checks of names and casing") {
  CHECK(found("FROM a AS Builder") == Strings{"1 StageNameCasing"});
  CHECK(found("FROM a as b") == Strings{"1 FromAsCasing"});
  CHECK(found("from a AS b") == Strings{"1 FromAsCasing"});
  CHECK(found("FROM a AS b\nFROM c AS b") == Strings{"2 DuplicateStageName"});
  CHECK(found("FROM a AS context") == Strings{"1 ReservedStageName"});
  CHECK(found("FROM a\nRUN x\nrun y\nRun z") ==
        Strings{"3 ConsistentInstructionCasing", "4 ConsistentInstructionCasing"});
  CHECK(found("from a\nrun x\nRUN y") == Strings{"3 ConsistentInstructionCasing"});
  CHECK(found("FROM a\nEXPOSE 80/TCP") == Strings{"2 ExposeProtoCasing"});
}

TEST_CASE("Checks of forms that are out of date or do not do what they look like") {
  CHECK(found("FROM a\nRUN x \\\n\n  y") == Strings{"3 NoEmptyContinuation"});
  CHECK(found("FROM a\nMAINTAINER me") == Strings{"2 MaintainerDeprecated"});
  CHECK(found("FROM a\nENV A b\nLABEL c d") == Strings{"2 LegacyKeyValueFormat", "3 LegacyKeyValueFormat"});
  CHECK(found("FROM a\nCMD x\nENTRYPOINT y") == Strings{"2 JSONArgsRecommended", "3 JSONArgsRecommended"});
  CHECK(found("FROM a\nCMD [\"1\"]\nCMD [\"2\"]\nCMD [\"3\"]\nFROM a\nCMD [\"4\"]") ==
        Strings{"2 MultipleInstructionsDisallowed", "3 MultipleInstructionsDisallowed"});
  CHECK(found("FROM a\nEXPOSE 8080:80") == Strings{"2 ExposeInvalidFormat"});
  CHECK(found("FROM a\nWORKDIR x\nWORKDIR /y\nWORKDIR z") == Strings{"2 WorkdirRelativePath"});
  CHECK(found("FROM --platform=linux/amd64 a") == Strings{"1 FromPlatformFlagConstDisallowed"});
  CHECK(found("FROM --platform=linux/amd64 a AS build-amd64").empty());
  CHECK(found("FROM --platform=$TARGETPLATFORM a") == Strings{"1 RedundantTargetPlatform"});
  CHECK(found("FROM --platform=$BUILDPLATFORM a").empty());
}

TEST_CASE("A shell that was chosen needs no JSON in CMD") {
  CHECK(found("FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nCMD x").empty());
  CHECK(found("FROM a AS b\nSHELL [\"/bin/bash\", \"-c\"]\nFROM b\nCMD x").empty());
  Situation situation;
  situation.images["a"].shell = {"/bin/bash", "-c"};
  CHECK(situation.found("FROM a\nCMD x").empty());
}

TEST_CASE("Variables that look like secrets") {
  CHECK(found("FROM a\nARG NPM_TOKEN\nENV DB_PASSWORD=x api_key=y") ==
        Strings{"2 SecretsUsedInArgOrEnv", "3 SecretsUsedInArgOrEnv", "3 SecretsUsedInArgOrEnv"});
  CHECK(found("ARG SECRET\nFROM a") == Strings{"1 SecretsUsedInArgOrEnv"});
  CHECK(found("FROM a\nENV TOKENS=1 PUBLIC_KEY=y PASSWORD_FILE=/run/x MONKEY=1 KEYBOARD=2").empty());
}

TEST_CASE("A value is never shown, as it may be a secret") {
  const auto report = Situation().report("FROM a\nENV DB_PASSWORD=hunter2");
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].to_string().find("hunter2") == std::string::npos);
  CHECK(
      report.findings[0].to_string().starts_with("Dockerfile:2: SecretsUsedInArgOrEnv: ENV \"DB_PASSWORD\""));
}

TEST_CASE("Variables that have no value") {
  Situation situation;
  situation.images["a"].env = {"VERSION=1"};
  const std::string head = "FROM a\nARG given\n";
  CHECK(situation.found(head + "COPY $given $VERSION/$PATH x").empty());
  CHECK(situation.found(head + "ENV X=${VERSOIN}") == Strings{"3 UndefinedVar"});
  CHECK(situation.report(head + "ENV X=${VERSOIN}").findings[0].message.ends_with("Did you mean 'VERSION'?"));
  CHECK(situation.found(head + "ENV X=${nothing:-y} Y='$nothing' Z=\\$nothing").empty());
  CHECK(situation.found(head + "ENV Y=1 Z=$Y") == Strings{"3 UndefinedVar"});  // all see what was before
  CHECK(situation.found(head + "LABEL a=$b\nWORKDIR /$c\nUSER $d\nEXPOSE $e\nVOLUME $f\nCOPY $g $h\n") ==
        Strings{"3 UndefinedVar", "4 UndefinedVar", "5 UndefinedVar", "6 UndefinedVar", "7 UndefinedVar",
                "8 UndefinedVar", "8 UndefinedVar"});
  CHECK(situation.found(head + "RUN --mount=type=cache,target=/$x true $y") == Strings{"3 UndefinedVar"});
  CHECK(situation.found(head + "COPY <<A <<'B' /x/\n$y\nA\n$z\nB\n") == Strings{"3 UndefinedVar"});
  CHECK(situation.found("FROM a AS b\nARG one=1\nENV two=2\nFROM b\nLABEL x=$one$two").empty());
  CHECK(situation.found("FROM scratch\nLABEL x=$y") == Strings{"2 UndefinedVar"});
}

TEST_CASE("Variables are not judged where nobody knows what the base image sets") {
  CHECK(found("FROM unknown\nLABEL x=$y").empty());
  Situation situation;
  situation.request.contexts["folder"] = {engine::NamedContext::Kind::kFolder, "/srv"};
  CHECK(situation.found("FROM folder\nLABEL x=$y").empty());
}

TEST_CASE("A base image's triggers declare variables and are not judged themselves") {
  Situation situation;
  situation.images["a"].on_build = {"ARG mode", "WORKDIR rel", "ENV path=$nothing"};
  CHECK(situation.found("FROM a\nLABEL x=$mode y=$path").empty());
  CHECK(situation.found("FROM scratch AS b\nONBUILD ENV x=1\nFROM b\nLABEL x=$x").empty());
}

TEST_CASE("Variables in FROM") {
  CHECK(found("FROM a:$TAG") == Strings{"1 UndefinedArgInFrom"});
  CHECK(found("ARG TAGS=1\nFROM a:$TAG") == Strings{"2 UndefinedArgInFrom"});
  CHECK(found("ARG TAG\nFROM a:$TAG") == Strings{"2 InvalidDefaultArgInFrom"});
  CHECK(found("ARG IMAGE\nFROM $IMAGE") == Strings{"2 InvalidDefaultArgInFrom"});
  CHECK(found("ARG IMAGE=b\nARG TAG=$IMAGE\nFROM $IMAGE:$TAG").empty());
  CHECK(found("ARG TAG\nFROM a:${TAG:-1}").empty());
  CHECK(found("FROM b AS build-amd64\nFROM build-$TARGETARCH").empty());
  Situation given;
  given.request.args["TAG"] = "1";
  CHECK(given.found("ARG TAG\nFROM a:$TAG") == Strings{"2 InvalidDefaultArgInFrom"});
}

TEST_CASE("What is ignored is no source, which is asked for only") {
  Situation situation;
  situation.rules = IgnoreRules("secret\n*.log\n!keep.log\nkept\n!kept/a\n", ".dockerignore");
  const std::string text =
      "FROM a\nCOPY secret x.log keep.log kept *.log /x/\nADD https://a/secret secret/f /x/\n";
  CHECK(situation.found(text).empty());
  CHECK(situation.found("# check=experimental=CopyIgnoredFile\n" + text) ==
        Strings{"3 CopyIgnoredFile", "3 CopyIgnoredFile", "4 CopyIgnoredFile"});
}

TEST_CASE("The directive and the build argument say which checks count") {
  const std::string text = "FROM a as B\nCMD x";
  CHECK(found(text).size() == 3);
  CHECK(found("# check=skip=StageNameCasing,FromAsCasing\n" + text) == Strings{"3 JSONArgsRecommended"});
  CHECK(found("# check=skip=all\n" + text).empty());
  CHECK(Situation().report("# check=skip=StageNameCasing;error=true\n" + text).is_error);
  CHECK_FALSE(Situation().report(text).is_error);
  Situation given;
  given.request.args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=all";
  CHECK(given.found("# check=error=true\n" + text).empty());
  CHECK_THROWS_WITH(found("# check=skpi=all\n" + text), Catch::Contains("'skpi=all' is no setting"));
}

TEST_CASE("A build tells what the checks find, and fails where it is told to") {
  Fixture f;
  f.make_base();
  const Built built = f.build("FROM base\nCMD echo $HOME\n", [](engine::BuildRequest& request) {
    request.args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=StageNameCasing";
  });
  REQUIRE(built.recorder.warnings.size() == 1);
  CHECK(built.recorder.warnings[0].starts_with("Dockerfile:2: JSONArgsRecommended: CMD should be"));
  const std::string failure = f.whole_failure("# check=error=true\nFROM base\nRUN never\nCMD x\n");
  CHECK(failure.starts_with("Dockerfile:4: JSONArgsRecommended:"));
  CHECK(failure.ends_with("error=true"));
  CHECK(f.runner.requests.empty());
}

TEST_CASE("A Dockerfile or .dockerignore that is no regular file is refused at once") {
  Fixture f;
  f.make_base();
  REQUIRE(::mkfifo((f.context + "/.dockerignore").c_str(), 0600) == 0);
  CHECK_THAT(f.failure("FROM base\n"), Catch::Contains(".dockerignore: it is no regular file"));
  REQUIRE(::unlink((f.context + "/.dockerignore").c_str()) == 0);
  link("/dev/zero", f.context + "/.dockerignore");
  CHECK_THAT(f.failure("FROM base\n"), Catch::Contains("it is no regular file"));
  REQUIRE(::unlink((f.context + "/.dockerignore").c_str()) == 0);
  REQUIRE(::mkfifo((f.context + "/pipe").c_str(), 0600) == 0);
  CHECK_THAT(f.failure("FROM base\n", [](engine::BuildRequest& request) { request.dockerfile = "pipe"; }),
             Catch::Contains("pipe: it is no regular file"));
}
