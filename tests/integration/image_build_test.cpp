// `image build`, which is `docker build`.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;
using nlohmann::json;

namespace {

json inspected(Sandbox& sandbox, const std::string& image) {
  return json::parse(sandbox.ok({"image", "inspect", image}).out).at(0);
}

}  // namespace

TEST_CASE("image build makes an image of a Dockerfile, under every name, with arguments and labels") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("app/Dockerfile",
               "FROM busybox AS base\nARG WORD\nRUN echo \"$WORD\" > /word\nFROM base\nCOPY file /file\n");
  sandbox.file("app/file", "taken\n");
  const it::Output output = sandbox.ok({"image", "build", "-t", "demo:1", "-t", "demo:two", "--build-arg",
                                        "WORD=hello", "--label", "kind=test", "--iidfile", "id", "app"});
  CHECK(output.out.empty());
  const std::string id = sys::read_file(sandbox.directory() + "/id");
  CHECK(inspected(sandbox, "demo:1").at("Id") == id);
  CHECK(inspected(sandbox, "demo:two").at("Id") == id);
  CHECK(inspected(sandbox, "demo:1").at("Config").at("Labels").at("kind") == "test");
  CHECK(sandbox.ok({"container", "run", "--rm", "demo:1", "cat", "/word", "/file"}).out == "hello\ntaken\n");
  // The same again comes from the cache and is the same image; -q prints its id and nothing else.
  const it::Output again =
      sandbox.ok({"image", "build", "-q", "--build-arg", "WORD=hello", "--label", "kind=test", "app"});
  CHECK(again.out == id + "\n");
  CHECK(again.err.empty());
  CHECK(sandbox.ok({"image", "build", "-q", "--target", "base", "--build-arg", "WORD=x", "app"}).out !=
        id + "\n");
}

TEST_CASE("image build takes the Dockerfile from elsewhere or from standard input, secrets and contexts") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("app/file", "one\n");
  sandbox.file("more/file", "two\n");
  sandbox.file("other.Dockerfile",
               "FROM busybox\nCOPY file /file\nCOPY --from=side file /side\n"
               "RUN --mount=type=secret,id=word cat /run/secrets/word > /told\n");
  sandbox.file("word", "hush");
  sandbox.ok({"image", "build", "-t", "a", "-f", "other.Dockerfile", "--build-context", "side=more",
              "--secret", "id=word,src=word", "app"});
  CHECK(sandbox.ok({"container", "run", "--rm", "a", "cat", "/file", "/side", "/told"}).out ==
        "one\ntwo\nhush");
  sandbox.options().input = "FROM busybox\nRUN echo alone > /said\n";
  sandbox.ok({"image", "build", "-t", "b", "-"});
  CHECK(sandbox.ok({"container", "run", "--rm", "b", "cat", "/said"}).out == "alone\n");
  sandbox.options().input = "FROM busybox\nCOPY file /file\n";
  sandbox.ok({"image", "build", "-t", "c", "-f", "-", "app"});
  CHECK(sandbox.ok({"container", "run", "--rm", "c", "cat", "/file"}).out == "one\n");
}

TEST_CASE("image build limits RUN as it is told and checks without building") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile",
               "FROM busybox\nRUN ulimit -n > /n; ip link | grep -c ether > /links || true; "
               "grep -c 192.0.2.9 /etc/hosts > /hosts\n");
  sandbox.ok({"image", "build", "-t", "a", "--ulimit", "nofile=77", "--network", "none", "--add-host",
              "there:192.0.2.9", "."});
  CHECK(sandbox.ok({"container", "run", "--rm", "a", "cat", "/n", "/links", "/hosts"}).out == "77\n0\n1\n");
  sandbox.file("Dockerfile", "FROM busybox\nCMD echo shell\n");
  const it::Output check = sandbox.compose({"image", "build", "--check", "."});
  CHECK(check.code == 1);
  CHECK(check.out.find("JSONArgsRecommended") != std::string::npos);
}

TEST_CASE("image build says what is wrong with how it is called") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN exit 3\n");
  const auto error = [&](const std::vector<std::string>& args) {
    std::vector<std::string> all{"image", "build"};
    all.insert(all.end(), args.begin(), args.end());
    const it::Output output = sandbox.compose(all);
    CHECK(output.code != 0);
    return output.err;
  };
  CHECK(error({}).find("needs PATH") != std::string::npos);
  CHECK(error({"-t"}).find("--tag needs a value") != std::string::npos);
  CHECK(error({"xx:5000/hello-world", "."}).find("-t xx:5000/hello-world .") != std::string::npos);
  CHECK(error({"https://example.org/x.git"}).find("give a folder of this machine") != std::string::npos);
  CHECK(error({"missing"}).find("is no folder") != std::string::npos);
  CHECK(error({"-f", "Nofile", "."}).find("there is no Dockerfile") != std::string::npos);
  CHECK(error({"--network", "mine", "."}).find("default, none and host are") != std::string::npos);
  CHECK(error({"-o", "out", "."}).find("--output is not supported yet") != std::string::npos);
  const std::string failed = error({"."});
  CHECK(failed.find("exit code") != std::string::npos);
  CHECK(failed.find("Dockerfile:2") != std::string::npos);
}
