// The tutorial's chapters on images and Dockerfiles, with our commands.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "hello_world.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

// The configuration of the image with this name, as it lies in the store.
nlohmann::json image_of(Sandbox& sandbox, const std::string& repository) {
  std::istringstream lines(sandbox.ok({"image", "ls", "--no-trunc", "--format", "json"}).out);
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    if (row.at("Repository") != repository) continue;
    const std::string id = row.at("ID");
    return nlohmann::json::parse(
        sys::read_file(sandbox.data_root() + "/images/blobs/sha256/" + id.substr(id.find(':') + 1)));
  }
  FAIL("there is no image " << repository);
  return {};
}

// Builds the Dockerfile and runs the image once, with `arguments` as `docker run` would be given them.
std::string output_of(Sandbox& sandbox, const std::string& dockerfile,
                      const std::vector<std::string>& arguments = {}) {
  sandbox.file("Dockerfile", dockerfile);
  sandbox.compose_file("services:\n  app:\n    build: .\n");
  std::vector<std::string> args{"run", "--rm", "-T", "--build", "--quiet-build", "app"};
  args.insert(args.end(), arguments.begin(), arguments.end());
  return sandbox.ok(args).out;
}

}  // namespace

TEST_CASE("tutorial: hello world is a static program in an image from scratch, of one layer") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  it::build_hello_world(sandbox);
  const nlohmann::json image = image_of(sandbox, "yindong/hello-world");
  CHECK(image.at("rootfs").at("diff_ids").size() == 1);
  CHECK(image.at("config").at("Cmd") == nlohmann::json{"/hello"});
  // The history has the instructions but FROM.
  REQUIRE(image.at("history").size() == 2);
  CHECK(image.at("history")[0].at("created_by").get<std::string>().find("ADD hello /") != std::string::npos);
  CHECK_FALSE(image.at("history")[0].value("empty_layer", false));
  CHECK(image.at("history")[1].at("created_by").get<std::string>().find("/hello") != std::string::npos);
  CHECK(image.at("history")[1].value("empty_layer", false));

  sandbox.ok({"up"});
  CHECK(sandbox.log("hello") == "hello world\n");
  // Nothing but the program is in it, and running it changed nothing.
  CHECK(sandbox.ok({"container", "diff", sandbox.project() + "-hello-1"}).out.empty());
  sandbox.finish();
}

TEST_CASE("tutorial: an entrypoint sees variables in shell form, and in exec form through a shell only") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(output_of(sandbox, "FROM busybox\nENV name Docker\nENTRYPOINT echo \"hello $name\"\n") ==
        "hello Docker\n");
  CHECK(output_of(sandbox, "FROM busybox\nENV name Docker\nENTRYPOINT [\"/bin/echo\", \"hello $name\"]\n") ==
        "hello $name\n");
  CHECK(
      output_of(sandbox,
                "FROM busybox\nENV name Docker\nENTRYPOINT [\"/bin/sh\", \"-c\", \"echo hello $name\"]\n") ==
      "hello Docker\n");
  sandbox.finish();
}

TEST_CASE("tutorial: CMD gives way to other words, the last one counts, ENTRYPOINT stays and takes them") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string two = "FROM busybox\nENV name Docker\nCMD echo one\nCMD echo \"hello $name\"\n";
  CHECK(output_of(sandbox, two) == "hello Docker\n");
  CHECK(output_of(sandbox, two, {"/bin/echo", "other"}) == "other\n");
  const std::string entry = "FROM busybox\nENTRYPOINT [\"/bin/echo\", \"entry\"]\nCMD [\"default\"]\n";
  CHECK(output_of(sandbox, entry) == "entry default\n");
  CHECK(output_of(sandbox, entry, {"other", "words"}) == "entry other words\n");
  sandbox.finish();
}

TEST_CASE("tutorial: stress is an entrypoint with an empty CMD that takes its arguments from the user") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("stress", "#!/bin/sh\necho \"stress $# $*\"\n");
  const std::string dockerfile =
      "FROM busybox\nCOPY --chmod=755 stress /usr/bin/stress\nENTRYPOINT [\"/usr/bin/stress\"]\nCMD []\n";
  CHECK(output_of(sandbox, dockerfile) == "stress 0 \n");
  CHECK(output_of(sandbox, dockerfile, {"--vm", "1", "--verbose"}) == "stress 3 --vm 1 --verbose\n");
  sandbox.finish();
}

TEST_CASE("tutorial: the entrypoint is a script found by PATH that starts the command") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("docker-entrypoint.sh", "#!/bin/sh\necho \"preparing for $1\"\nexec \"$@\"\n");
  sandbox.file("mongod", "#!/bin/sh\necho mongod runs as $$\n");
  CHECK(output_of(sandbox,
                  "FROM busybox\nENV PATH=/usr/local/bin:/bin:/usr/bin\n"
                  "COPY --chmod=755 docker-entrypoint.sh mongod /usr/local/bin/\n"
                  "ENTRYPOINT [\"docker-entrypoint.sh\"]\nEXPOSE 27017\nCMD [\"mongod\"]\n") ==
        "preparing for mongod\nmongod runs as 1\n");
  sandbox.finish();
}

TEST_CASE("tutorial: WORKDIR makes its folders, a relative one goes on from the last") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("hello", "hello file\n");
  CHECK(output_of(sandbox,
                  "FROM busybox\nWORKDIR /root\nADD hello test/\nWORKDIR /test\nWORKDIR demo\n"
                  "RUN pwd > /where\nCMD cat /where /root/test/hello; pwd\n") ==
        "/test/demo\nhello file\n/test/demo\n");
  sandbox.finish();
}

TEST_CASE("tutorial: ADD unpacks an archive, COPY does not") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("packed/inside", "from the archive\n");
  REQUIRE(it::run({"tar", "-C", sandbox.directory(), "-czf", sandbox.directory() + "/test.tar.gz", "packed"})
              .code == 0);
  CHECK(output_of(sandbox,
                  "FROM busybox\nADD test.tar.gz /added/\nCOPY test.tar.gz /copied/\n"
                  "CMD cat /added/packed/inside; ls /added /copied\n") ==
        "from the archive\n/added:\npacked\n\n/copied:\ntest.tar.gz\n");
  sandbox.finish();
}

TEST_CASE("tutorial: ENV reaches RUN, one RUN with && is one layer, LABEL describes the image") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(output_of(sandbox,
                  "FROM busybox\nLABEL maintainer=\"yindong@126.com\"\nLABEL version=\"1.0\"\n"
                  "LABEL description=\"This is description\"\nENV MYSQL_VERSION 5.6\n"
                  "RUN echo \"mysql-server=${MYSQL_VERSION}\" > /installed \\\n"
                  "    && touch /cache \\\n    && rm /cache\nCMD cat /installed; ls /cache || true\n") ==
        "mysql-server=5.6\n");
  const nlohmann::json image = image_of(sandbox, sandbox.project() + "-app");
  const nlohmann::json& labels = image.at("config").at("Labels");
  CHECK(labels.at("maintainer") == "yindong@126.com");
  CHECK(labels.at("version") == "1.0");
  CHECK(labels.at("description") == "This is description");
  CHECK(image.at("rootfs").at("diff_ids").size() == 2);
  sandbox.finish();
}
