// Flags about images: what is built, fetched and sent, and what is shown of it.
#include <nlohmann/json.hpp>

#include "docker_registry.h"

using it::DockerRegistry;
using it::Output;
using it::Sandbox;

namespace {

constexpr char kSite[] = "127.0.0.1:5000";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("build takes arguments, an agent's keys, dependencies and newer bases as its flags say") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile",
               "FROM busybox\nARG WORD=none\nARG SHELL_WORD=none\nRUN echo $WORD $SHELL_WORD | tee /word\n");
  sandbox.file("Dockerfile.ssh", "FROM busybox\nRUN --mount=type=ssh,required=true true\n");
  sandbox.compose_file(
      "services:\n  web: {build: ., depends_on: [db], command: [cat, /word]}\n  db: {build: .}\n"
      "  key: {build: {context: ., dockerfile: Dockerfile.ssh}}\n");
  sandbox.options().env["SHELL_WORD"] = "outside";
  const Output one = sandbox.ok({"build", "--build-arg", "WORD=given", "--build-arg", "SHELL_WORD", "web"});
  CHECK_FALSE(contains(one.err, "Image " + sandbox.project() + "-db "));
  CHECK(sandbox.ok({"run", "--rm", "-T", "--no-deps", "web"}).out == "given outside\n");
  const Output both = sandbox.ok({"build", "--with-dependencies", "--dry-run", "web"});
  CHECK(contains(both.out, "Build Image " + sandbox.project() + "-db"));
  sandbox.ok({"build", "web"});
  CHECK_FALSE(contains(sandbox.ok({"build", "web"}).err, "none none"));
  CHECK(contains(sandbox.ok({"build", "--no-cache", "web"}).err, "none none"));
  CHECK_FALSE(contains(sandbox.ok({"build", "-q", "--no-cache", "web"}).err, "none none"));
  sandbox.ok({"build", "-m", "64m", "web"});
  CHECK(sandbox.compose({"build", "--memory", "much", "web"}).code != 0);
  const Output ssh = sandbox.compose({"build", "--ssh", "default=/nowhere/key", "key"});
  INFO(ssh.err);
  CHECK(ssh.code == 1);
  CHECK(contains(ssh.err, "/nowhere/key"));
  const Output pull = sandbox.compose({"build", "--pull", "--no-cache", "web"});
  CHECK(pull.code == 1);  // no registry can be reached from here
  CHECK(contains(pull.err, "busybox"));
  sandbox.finish();
}

TEST_CASE(
    "docker's flags for builders are taken where they ask for what is done, and refused with the reason") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file("services: {web: {build: .}}\n");
  sandbox.ok({"build", "--builder", "default", "--provenance=false", "--sbom", "false"});
  CHECK(contains(sandbox.compose({"build", "--builder", "farm"}).err,
                 "--builder farm: images are built by compose itself; there is no other builder"));
  CHECK(contains(sandbox.compose({"build", "--provenance", "mode=max"}).err,
                 "--provenance mode=max: attestations are not made"));
  CHECK(contains(sandbox.compose({"build", "--sbom=true"}).err, "--sbom true: attestations are not made"));
  sandbox.finish();
}

TEST_CASE("up, run and create build, fetch or do neither, and show as much of it as they are asked to") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo built\n");
  sandbox.compose_file("services: {web: {build: ., command: [echo, ran], stop_grace_period: 0s}}\n");
  CHECK(sandbox.compose({"up", "-d", "--no-build"}).code == 1);
  const Output loud = sandbox.ok({"up", "-d"});
  CHECK(contains(loud.err, "RUN echo built"));
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo again\n");
  CHECK_FALSE(contains(sandbox.ok({"up", "-d"}).err, "RUN echo"));
  const Output quiet = sandbox.ok({"up", "-d", "--build", "--quiet-build", "--quiet-pull"});
  CHECK(contains(quiet.err, "Image " + sandbox.project() + "-web  Built"));
  CHECK_FALSE(contains(quiet.err, "RUN echo"));
  sandbox.file("Dockerfile", "FROM busybox\nRUN echo third\n");
  const Output run = sandbox.ok({"run", "--rm", "-T", "--build", "--quiet-build", "--quiet-pull", "web"});
  CHECK(contains(run.err, "Built"));
  CHECK_FALSE(contains(run.err, "RUN echo"));
  CHECK(run.out == "ran\n");
  CHECK(sandbox.ok({"run", "--quiet", "--rm", "-T", "web"}).err.empty());
  CHECK(sandbox.compose({"run", "--pull", "sometimes", "-T", "web"}).code == 1);
  sandbox.compose_file("services: {web: {image: nowhere/at-all}}\n");
  for (const char* command : {"run", "create", "up"}) {
    const Output never = sandbox.compose({command, "--pull", "never", "web"});
    CHECK(never.code == 1);
    CHECK(contains(never.err, "nowhere/at-all"));
  }
  CHECK(sandbox.compose({"create", "--pull", "missing", "--quiet-pull"}).code == 1);
  sandbox.finish();
}

TEST_CASE(
    "pull and push take dependencies along, stay quiet, and go on over failures when they are told to") {
  if (!it::is_root() || !DockerRegistry::is_installed()) return;
  Sandbox sandbox;
  DockerRegistry registry(sandbox, kSite);
  const std::string site = kSite;
  sandbox.file("Dockerfile", "FROM busybox\n");
  sandbox.compose_file("services:\n  web: {build: ., image: " + site +
                       "/web, depends_on: [db]}\n  db: {build: ., image: " + site +
                       "/db}\n  bad: {build: ., image: 127.0.0.1:1/bad}\n");
  sandbox.ok({"build"});
  const auto catalog = [&] { return it::run({"curl", "-fs", "http://" + site + "/v2/_catalog"}).out; };
  sandbox.ok({"push", "web"});
  CHECK(catalog() == "{\"repositories\":[\"web\"]}\n");
  const Output quiet = sandbox.ok({"push", "-q", "--include-deps", "web"});
  CHECK(catalog() == "{\"repositories\":[\"db\",\"web\"]}\n");
  CHECK_FALSE(contains(quiet.err, "Pushing layer"));
  CHECK(sandbox.compose({"push"}).code == 1);
  CHECK(sandbox.compose({"push", "--ignore-push-failures"}).code == 0);
  for (const char* image : {"/web", "/db"}) sandbox.ok({"image", "rm", site + image});
  sandbox.ok({"pull", "--quiet", "web"});
  CHECK(sandbox.ok({"image", "ls", "-q", site + "/db"}).out.empty());
  sandbox.ok({"pull", "--include-deps", "web"});
  CHECK_FALSE(sandbox.ok({"image", "ls", "-q", site + "/db"}).out.empty());
  CHECK(contains(sandbox.ok({"pull", "--ignore-buildable"}).err, "Image can be built"));
  CHECK(sandbox.compose({"pull", "bad"}).code == 1);
  CHECK(sandbox.ok({"pull", "--ignore-pull-failures", "bad"}).code == 0);
  CHECK(contains(sandbox.ok({"pull", "--policy", "missing", "web"}).err, "already present locally"));
  CHECK(sandbox.compose({"pull", "--policy", "never"}).code == 1);
  registry.stop();
  sandbox.finish();
}
