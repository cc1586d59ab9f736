#include "engine/build/dockerfile.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

using namespace engine::build;

namespace {

Dockerfile parse(const std::string& text) {
  return parse_dockerfile(text, "Dockerfile");
}

template <typename T>
T only(const std::string& instruction) {
  const Dockerfile file = parse("FROM scratch\n" + instruction);
  REQUIRE(file.stages.at(0).instructions.size() == 1);
  return std::get<T>(file.stages[0].instructions[0].node);
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("Continued lines are joined, comments and blanks between them fall out") {
  const Dockerfile file = parse(
      "# a comment\n"
      "from busybox AS Base\r\n"
      "\n"
      "RUN echo a && \\\n"
      "  # not this\n"
      "    echo b \\  \n"
      "\n"
      "    && echo c\n"
      "CMD top\\\\\n");
  REQUIRE(file.stages.size() == 1);
  CHECK(file.stages[0].from().image == "busybox");
  CHECK(file.stages[0].from().stage == "base");
  const auto& run = file.stages[0].instructions.at(0);
  CHECK(run.place.line == 4);
  CHECK(std::get<Run>(run.node).command.words == Strings{"echo a &&     echo b     && echo c"});
  CHECK(file.stages[0].instructions.at(1).place.line == 9);
  CHECK(std::get<Cmd>(file.stages[0].instructions.at(1).node).command.words == Strings{"top\\\\"});
  REQUIRE(file.empty_continuations.size() == 1);
  CHECK(file.empty_continuations[0].line == 7);
}

TEST_CASE("The escape directive changes the continuation character") {
  const Dockerfile file =
      parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN one `\ntwo\nRUN c:\\\n");
  CHECK(file.escape == '`');
  CHECK(std::get<Run>(file.stages[0].instructions.at(0).node).command.words == Strings{"one two"});
  CHECK(std::get<Run>(file.stages[0].instructions.at(1).node).command.words == Strings{"c:\\"});
}

TEST_CASE("A directive after a comment is a comment") {
  CHECK(parse("# hello\n# escape=`\nFROM a").escape == '\\');
}

TEST_CASE("Shell and exec form are told apart") {
  CHECK(only<Run>("RUN make all").command.shell_form);
  const Run run = only<Run>(R"(RUN ["/bin/sh", "-c", "echo \"x\""])");
  CHECK_FALSE(run.command.shell_form);
  CHECK(run.command.words == Strings{"/bin/sh", "-c", "echo \"x\""});
  CHECK(only<Run>("RUN [ -f /x ] && echo yes").command.shell_form);
  CHECK(only<Entrypoint>(R"(ENTRYPOINT [])").command.words.empty());
  const Dockerfile file = parse("FROM a\nCMD ['sh']");
  CHECK(std::get<Cmd>(file.stages[0].instructions[0].node).command.shell_form);
  REQUIRE(file.warnings.size() == 1);
  CHECK(file.warnings[0].starts_with("Dockerfile:2: CMD looks like exec form but is not JSON"));
}

TEST_CASE("Here-documents belong to their instruction") {
  const Dockerfile file = parse(
      "FROM a\n"
      "RUN <<EOF\n"
      "echo one\n"
      "# kept \\\n"
      "EOF\n"
      "COPY <<-\"a.txt\" <<b.txt /etc/\n"
      "\tfirst $x\n"
      "\ta.txt\n"
      "second $x\n"
      "b.txt\n"
      "RUN echo $((1<<2))\n");
  const auto& steps = file.stages[0].instructions;
  REQUIRE(steps.size() == 3);
  const Run& run = std::get<Run>(steps[0].node);
  REQUIRE(run.heredocs.size() == 1);
  CHECK(run.heredocs[0].content == "echo one\n# kept \\\n");
  const Copy& copy = std::get<Copy>(steps[1].node);
  CHECK(copy.sources.empty());
  REQUIRE(copy.files.size() == 2);
  CHECK(copy.files[0].name == "a.txt");
  CHECK_FALSE(copy.files[0].expand);
  CHECK(copy.files[0].content == "first $x\n");
  CHECK(copy.files[1].expand);
  CHECK(steps[2].place.line == 11);
}

TEST_CASE("ENV, LABEL and ARG keep their words as written") {
  CHECK(only<Env>("ENV a=1 b=\"x y\" c=x\\ y").pairs ==
        std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "\"x y\""}, {"c", "x\\ y"}});
  CHECK(only<Env>("ENV MYSQL_VERSION 5.6 beta").pairs ==
        std::vector<std::pair<std::string, std::string>>{{"MYSQL_VERSION", "5.6 beta"}});
  CHECK(only<Label>("LABEL maintainer=\"a@b.c\"").pairs.size() == 1);
  const Arg arg = only<Arg>("ARG a b=2 c=");
  CHECK(arg.names[0].second == std::nullopt);
  CHECK(arg.names[1].second == "2");
  CHECK(arg.names[2].second == "");
}

TEST_CASE("COPY and ADD have flags, sources and a destination") {
  const Copy copy = only<Copy>("COPY --from=build --chown=app:app --chmod=0755 a b* /dest/");
  CHECK(copy.from == "build");
  CHECK(copy.chown == "app:app");
  CHECK(copy.chmod == "0755");
  CHECK(copy.sources == Strings{"a", "b*"});
  CHECK(copy.destination == "/dest/");
  CHECK(only<Copy>(R"(COPY ["a b", "/c d/"])").sources == Strings{"a b"});
  CHECK(only<Copy>("ADD x.tar.gz /").add);
}

TEST_CASE("HEALTHCHECK has options with Go's durations") {
  const Health health =
      only<Health>("HEALTHCHECK --interval=1m30s --timeout=500ms --retries=5 CMD curl -f http://localhost/");
  CHECK(health.interval_ms == 90000);
  CHECK(health.timeout_ms == 500);
  CHECK(health.retries == 5);
  CHECK(health.test.shell_form);
  CHECK(only<Health>("HEALTHCHECK NONE").none);
}

TEST_CASE("ARG may stand before the first FROM") {
  const Dockerfile file = parse("ARG v=3\nFROM a:$v\nFROM b AS c");
  CHECK(file.global_args.size() == 1);
  CHECK(file.stages.size() == 2);
}

TEST_CASE("Errors in a Dockerfile name file and line") {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"",
       "Dockerfile:1: the file has no FROM instruction; it begins with one, such as FROM debian:bookworm"},
      {"RUN x", "Dockerfile:1: only ARG may stand before the first FROM"},
      {"FROM a\n\nCOYP a b", "Dockerfile:3: unknown instruction 'COYP'. Did you mean 'COPY'?"},
      {"FROM a\nWORKDIRR /x", "Dockerfile:2: unknown instruction 'WORKDIRR'. Did you mean 'WORKDIR'?"},
      {"FROM a\nXYZZY", "Dockerfile:2: unknown instruction 'XYZZY'"},
      {"FROM", "Dockerfile:1: FROM takes an image and optionally AS and a stage name: FROM image [AS name]"},
      {"FROM a as 1b",
       "Dockerfile:1: '1b' is no valid stage name: a letter, then letters, digits, '-', '_', '.'"},
      {"FROM a\nRUN --network=nope make",
       "Dockerfile:2: RUN --network=nope: there are default, none, host. Did you mean 'none'?"},
      {"FROM a\nCOPY --link=maybe a b", "Dockerfile:2: COPY --link=maybe is neither true nor false"},
      {"FROM a\nCOPY --link --link a b", "Dockerfile:2: COPY --link is given twice"},
      {"FROM a\nCOPY --parent a b", "Dockerfile:2: COPY has no flag --parent. Did you mean 'parents'?"},
      {"FROM a\nCOPY --exlcude=x a b", "Dockerfile:2: COPY has no flag --exlcude. Did you mean 'exclude'?"},
      {"FROM a\nADD --parents a b", "Dockerfile:2: ADD --parents is not supported: use COPY --parents"},
      {"FROM a\nADD --from=x a b", "Dockerfile:2: ADD --from is not supported: use COPY --from"},
      {"FROM a\nADD --keep-git-dir a b",
       "Dockerfile:2: ADD --keep-git-dir is not supported: git repositories cannot be added; clone them in a "
       "RUN"},
      {"FROM a\nCOPY --checksum=sha256:1 a b",
       "Dockerfile:2: COPY --checksum is not supported: it is for what ADD downloads"},
      {"FROM a\nCOPY a <<EOF\nEOF",
       "Dockerfile:2: COPY has a here-document in the place of its destination, which comes last"},
      {"FROMM a\nRUNN b\nRUN x\nEXPOSE",
       "Dockerfile:1: unknown instruction 'FROMM'. Did you mean 'FROM'?\n"
       "Dockerfile:2: unknown instruction 'RUNN'. Did you mean 'RUN'?\n"
       "Dockerfile:4: EXPOSE needs a port"},
      {"FROM a\nCOPY --chwon=1 a b", "Dockerfile:2: COPY has no flag --chwon. Did you mean 'chown'?"},
      {"FROM a\nCOPY --chown a b", "Dockerfile:2: COPY --chown needs a value: --chown=..."},
      {"FROM a\nCOPY a",
       "Dockerfile:2: COPY needs at least one source and a destination: COPY file /folder/"},
      {"FROM a\nENV x", "Dockerfile:2: ENV x has no value; write x=value"},
      {"FROM a\nENV x=1 y", "Dockerfile:2: ENV: 'y' is not KEY=value; a value with blanks needs quotes"},
      {"FROM a\nRUN", "Dockerfile:2: RUN needs a command"},
      {"FROM a\nRUN <<EOF\nx\n",
       "Dockerfile:2: the here-document 'EOF' is not closed; a line with just EOF must end it"},
      {"FROM a\nSHELL /bin/bash",
       "Dockerfile:2: SHELL needs a JSON array, such as SHELL [\"/bin/bash\", \"-c\"]"},
      {"FROM a\nRUN [1]", "Dockerfile:2: the elements of the JSON array must be strings: [1]"},
      {"FROM a\nHEALTHCHECK curl x", "Dockerfile:2: HEALTHCHECK is followed by CMD or NONE, not 'curl'"},
      {"FROM a\nHEALTHCHECK --interval=5 CMD x",
       "Dockerfile:2: --interval=5 is not a duration such as 30s or 1m30s"},
      {"FROM a\nONBUILD FROM b", "Dockerfile:2: ONBUILD cannot hold FROM, MAINTAINER or another ONBUILD"},
      {"FROM a\nONBUILD RUNN b", "Dockerfile:2: unknown instruction 'RUNN'. Did you mean 'RUN'?"},
      {"# escape=x\nFROM a", "Dockerfile:1: escape must be \\ or `, not 'x'"},
      {"# escape=`\n# escape=`\nFROM a", "Dockerfile:2: the directive 'escape' is given twice"},
      {"# syntax=example/own\nFROM a",
       "Dockerfile:1: the Dockerfile frontend 'example/own' cannot be loaded; only "
       "docker/dockerfile, which is built in, is supported"},
      {"FROM a\nCOPY --from=$x a b",
       "Dockerfile:2: COPY --from=$x: variables are not possible here; name a stage instead: FROM $x AS "
       "name, with "
       "an ARG before the first FROM"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK_THROWS_WITH(parse(row.text), row.message);
  }
  CHECK_THROWS_WITH(parse(std::string("FROM a\nRUN \0x", 13)),
                    "Dockerfile:2: the file has a NUL byte; it is not a text file");
}

TEST_CASE("Of many mistakes ten are told") {
  std::string text = "FROM a\n";
  for (int i = 0; i < 30; ++i) text += "NOPE\n";
  CHECK_THROWS_WITH(parse(text), Catch::Contains("Dockerfile:11: ") && Catch::EndsWith("\nand 20 more"));
}

TEST_CASE("A stage name may be given twice") {
  const auto file = parse("FROM a AS b\nFROM c AS B\nFROM b");
  CHECK(file.stages.size() == 3);
  CHECK(file.stages[1].from().stage == "b");
  CHECK(file.stages[1].from().written_stage == "B");
}

TEST_CASE("What a source of ADD is shows in its spelling") {
  using engine::build::source_kind;
  using engine::build::SourceKind;
  for (const char* text : {"https://x.org/y", "HTTP://x.org", "https://x.org/a.git/b"})
    CHECK(source_kind(text) == SourceKind::kUrl);
  for (const char* text : {"git@github.com:x/y", "git://x/y", "ssh://git@x/y", "https://x.org/y.git",
                           "https://x.org/y.git#main:sub"})
    CHECK(source_kind(text) == SourceKind::kGit);
  for (const char* text : {"a", "httpsx", "git", "git@x", "./https://x"})
    CHECK(source_kind(text) == SourceKind::kPath);
}

TEST_CASE("Words of a megabyte are parsed without deep recursion") {
  const std::string word(1 << 20, 'a');
  CHECK(only<Copy>("ADD git@" + word + " /").sources.at(0).size() == word.size() + 4);
  CHECK_THROWS_AS(parse("FROM a AS " + word + "!"), engine::Error);
  CHECK(only<Run>("RUN " + word).command.words.at(0).size() == word.size());
}
