// Images between stores and other tools: docker 20.10 (a daemon of our own), skopeo, umoci. A part whose tool
// is not on the machine is skipped with a line.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

bool has_tool(const std::string& name) {
  if (it::run({"sh", "-c", "command -v " + name}).code == 0) return true;
  std::fprintf(stderr, "skipped, %s is not installed: %s\n", name.c_str(),
               Catch::getResultCapture().getCurrentTestName().c_str());
  return false;
}

it::Output must(const std::vector<std::string>& args) {
  it::Output output = it::run(args);
  INFO(args[0] << ' ' << (args.size() > 1 ? args[1] : "") << ": " << output.out << output.err);
  REQUIRE(output.code == 0);
  return output;
}

// A docker daemon of the test's own: no network, its state below `folder`, its mounts in a namespace of its
// own.
class Docker {
 public:
  explicit Docker(const std::string& folder) : folder_(folder) {
    daemon_.emplace(std::vector<std::string>{
        "unshare", "-m", "dockerd", "--iptables=false", "--ip6tables=false", "--ip-masq=false",
        "--bridge=none", "--host=unix://" + socket(), "--data-root=" + folder + "/data",
        "--exec-root=" + folder + "/exec", "--pidfile=" + folder + "/pid"});
    is_up_ = it::eventually([this] { return command({"version"}).code == 0; }, std::chrono::seconds(40));
    if (!is_up_)
      std::fprintf(stderr, "skipped, dockerd does not start here: %s\n",
                   daemon_->err().substr(0, 2000).c_str());
  }
  ~Docker() {
    daemon_->signal(SIGTERM);  // it ends its containerd too
    daemon_->wait(std::chrono::seconds(30));
  }
  Docker(const Docker&) = delete;
  Docker& operator=(const Docker&) = delete;

  bool is_up() const { return is_up_; }
  it::Output command(std::vector<std::string> args) const {
    args.insert(args.begin(), {"docker", "-H", "unix://" + socket()});
    return it::run(args);
  }
  std::string ok(const std::vector<std::string>& args) const {
    const it::Output output = command(args);
    INFO("docker " << args[0] << ": " << output.out << output.err);
    REQUIRE(output.code == 0);
    return output.out.substr(0, output.out.find_last_not_of('\n') + 1);
  }

 private:
  std::string socket() const { return folder_ + "/docker.sock"; }
  std::string folder_;
  std::optional<it::Process> daemon_;
  bool is_up_ = false;
};

// Lines of `tar -tv`.
std::vector<std::string> listing(const std::string& tar) {
  std::istringstream lines(must({"tar", "-tvf", tar}).out);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  return all;
}

// An image of two layers with a link, a whiteout and a set-uid file.
void build_image(Sandbox& sandbox) {
  sandbox.file("Dockerfile",
               "FROM busybox\nRUN echo one > /one && ln /one /two && chmod 4755 /one && echo gone > /gone\n"
               "RUN rm /gone && ln -s one /three && mkdir /full && echo x > /full/x\n"
               "ENV COLOUR=red\nCMD [\"cat\", \"/two\"]\n");
  sandbox.compose_file("services:\n  app:\n    image: interop:1\n    build: .\n");
  sandbox.ok({"build"});
}

std::string id_of(Sandbox& sandbox, const std::string& name) {
  const std::string out = sandbox.ok({"image", "inspect", "-f", "{{.Id}}", name}).out;
  return out.substr(0, out.find('\n'));
}

}  // namespace

TEST_CASE("an image that is saved, removed and loaded runs as before") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  build_image(sandbox);
  const std::string id = id_of(sandbox, "interop:1");
  sandbox.ok({"image", "save", "-o", "x.tar", "interop:1"});
  CHECK(sandbox.ok({"image", "save", "interop:1"}).out == sys::read_file(sandbox.directory() + "/x.tar"));
  sandbox.ok({"image", "rm", "interop:1"});
  CHECK(sandbox.compose({"image", "inspect", "interop:1"}).code == 1);
  CHECK(sandbox.ok({"image", "load", "-i", "x.tar"}).out == "Loaded image: interop:1\n");
  CHECK(id_of(sandbox, "interop:1") == id);
  sandbox.compose_file("services:\n  app:\n    image: interop:1\n");
  CHECK_THAT(sandbox.ok({"up", "--no-color"}).out, Catch::Contains("one"));
  sandbox.finish();
}

TEST_CASE("the image commands say what docker's say") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  build_image(sandbox);
  sandbox.ok({"image", "tag", "interop:1", "other:2"});
  CHECK(sandbox.ok({"image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "other"}).out == "other:2\n");
  CHECK(sandbox.ok({"image", "ls", "-f", "reference=inter*", "--format", "{{.Tag}}"}).out == "1\n");
  CHECK(sandbox.ok({"image", "ls", "-q", "-f", "dangling=true"}).out.empty());
  CHECK_THAT(sandbox.ok({"image", "history", "--no-trunc", "interop:1"}).out,
             Catch::Contains("COLOUR=red") && Catch::Contains("<missing>"));
  CHECK(sandbox.ok({"image", "history", "-H=false", "--format", "{{.Size}}", "interop:1"}).out.substr(0, 2) ==
        "0\n");
  CHECK(sandbox
            .ok({"image", "inspect", "-f", "{{range .Config.Env}}{{.}} {{end}}{{len .RootFS.Layers}}",
                 "interop:1"})
            .out.find("COLOUR=red") != std::string::npos);
  CHECK(sandbox.ok({"image", "rm", "other:2"}).out == "Untagged: other:2\n");
  const it::Output refused = sandbox.compose({"image", "prune"});
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Catch::Contains("-f"));
  CHECK(sandbox.ok({"image", "prune", "-f"}).out == "Total reclaimed space: 0B\n");
  CHECK_THAT(sandbox.ok({"image", "prune", "-a", "-f"}).out,
             Catch::Contains("untagged: interop:1") && Catch::Contains("Total reclaimed space: "));
  const it::Output both = sandbox.compose({"image", "inspect", "no:1"});
  CHECK(both.code == 1);
  CHECK(both.out == "[]\n");
  sandbox.finish();
}

TEST_CASE("a build goes on while its cache and its base are removed") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file(
      "Dockerfile",
      "FROM busybox\nRUN echo a > /a\nRUN echo ready > /ready && sleep 2\nRUN cat /a /ready > /both\n");
  sandbox.compose_file("services:\n  app:\n    image: slow:1\n    build: .\n");
  sandbox.file("first/Dockerfile", "FROM busybox\nRUN echo a > /a\n");
  sandbox.file("first.yaml", "services:\n  app:\n    image: first:1\n    build: first\n");
  sandbox.ok({"-f", "first.yaml", "build"});
  it::Process build(sandbox.command({"build"}), sandbox.options());
  const bool started =
      it::eventually([&] { return (build.out() + build.err()).find("sleep 2") != std::string::npos; });
  CHECK(started);
  sandbox.ok({"image", "rm", "first:1"});
  sandbox.ok({"builder", "prune", "-a", "-f"});
  sandbox.ok({"image", "rm", "busybox"});
  const it::Output output = build.wait();
  INFO(output.out << output.err);
  REQUIRE(output.code == 0);
  sandbox.file("run.yaml", "services:\n  app:\n    image: slow:1\n    command: [\"cat\", \"/both\"]\n");
  CHECK_THAT(sandbox.ok({"-f", "run.yaml", "up", "--no-color"}).out, Catch::Contains("ready"));
  sandbox.finish();
}

TEST_CASE("docker loads what we save, and what it saves runs here") {
  if (!it::is_root() || !has_tool("dockerd") || !has_tool("docker")) return;
  Sandbox sandbox;
  build_image(sandbox);
  const std::string folder = sandbox.directory() + "/docker";
  sys::make_dirs(folder);
  {
    const Docker docker(folder);
    if (!docker.is_up()) return;
    sandbox.ok({"image", "save", "-o", "ours.tar", "interop:1", "busybox"});
    const std::string loaded = docker.ok({"load", "-i", sandbox.directory() + "/ours.tar"});
    CHECK_THAT(loaded,
               Catch::Contains("Loaded image: interop:1") && Catch::Contains("Loaded image: busybox:latest"));
    CHECK(docker.ok({"inspect", "-f", "{{.Id}}", "interop:1"}) == id_of(sandbox, "interop:1"));
    // The files as docker sees them are those that were built.
    docker.ok({"create", "--name", "theirs", "interop:1"});
    docker.ok({"export", "-o", sandbox.directory() + "/theirs-root.tar", "theirs"});
    const auto files = listing(sandbox.directory() + "/theirs-root.tar");
    const auto has = [&](const std::string& end) {
      return std::any_of(files.begin(), files.end(),
                         [&](const std::string& line) { return line.ends_with(end); });
    };
    CHECK(has(" three -> one"));
    CHECK(has(" full/x"));
    CHECK_FALSE(has(" gone"));
    // On top of it a layer of docker's own; its archive has what we saved in docker's form.
    docker.ok({"commit", "-c", "CMD [\"cat\", \"/full/x\"]", "theirs", "theirs:2"});
    docker.ok({"save", "-o", sandbox.directory() + "/theirs.tar", "theirs:2", "interop:1"});
    const std::string id = docker.ok({"inspect", "-f", "{{.Id}}", "theirs:2"});
    sandbox.ok({"image", "prune", "-a", "-f"});
    CHECK_THAT(sandbox.ok({"image", "load", "-i", "theirs.tar"}).out,
               Catch::Contains("Loaded image: theirs:2") && Catch::Contains("Loaded image: interop:1"));
    CHECK(id_of(sandbox, "theirs:2") == id);
    docker.ok({"rm", "theirs"});
  }
  sandbox.compose_file("services:\n  app:\n    image: theirs:2\n");
  CHECK_THAT(sandbox.ok({"up", "--no-color"}).out, Catch::Contains("x"));
  sandbox.finish();
}

TEST_CASE("skopeo reads what we save in both its forms, and what it writes loads here") {
  if (!it::is_root() || !has_tool("skopeo")) return;
  Sandbox sandbox;
  build_image(sandbox);
  const std::string folder = sandbox.directory(), id = id_of(sandbox, "interop:1");
  sandbox.ok({"image", "save", "-o", "ours.tar", "interop:1"});
  const auto copy = [&](const std::string& from, const std::string& to) {
    must({"skopeo", "--insecure-policy", "--tmpdir", folder, "copy", "-q", from, to});
  };
  copy("docker-archive:" + folder + "/ours.tar", "oci-archive:" + folder + "/oci.tar:interop:1");
  copy("oci-archive:" + folder + "/ours.tar:1", "docker-archive:" + folder + "/docker.tar:interop:1");
  copy("oci-archive:" + folder + "/ours.tar:1", "dir:" + folder + "/dir");
  for (const char* archive : {"oci.tar", "docker.tar"}) {
    INFO(archive);
    sandbox.ok({"image", "rm", "-f", "interop:1"});
    CHECK(sandbox.ok({"image", "load", "-i", archive}).out == "Loaded image: interop:1\n");
    // The layers are the same; skopeo may write the configuration in its own way for another form.
    CHECK(sandbox.ok({"image", "inspect", "-f", "{{len .RootFS.Layers}} {{json .Config.Cmd}}", "interop:1"})
              .out == "3 [\"cat\",\"/two\"]\n");
    sandbox.compose_file("services:\n  app:\n    image: interop:1\n");
    CHECK_THAT(sandbox.ok({"up", "--no-color"}).out, Catch::Contains("one"));
    sandbox.ok({"down"});
  }
  sandbox.finish();
}

TEST_CASE("umoci unpacks what we save") {
  if (!it::is_root() || !has_tool("umoci")) return;
  Sandbox sandbox;
  build_image(sandbox);
  const std::string folder = sandbox.directory();
  sandbox.ok({"image", "save", "-o", "ours.tar", "interop:1"});
  sys::make_dirs(folder + "/layout");
  must({"tar", "-xf", folder + "/ours.tar", "-C", folder + "/layout"});
  must({"umoci", "unpack", "--image", folder + "/layout:1", folder + "/bundle"});
  const std::string root = folder + "/bundle/rootfs";
  CHECK(sys::read_file(root + "/two") == "one\n");
  CHECK(::access((root + "/gone").c_str(), F_OK) != 0);
  struct stat one {
  }, two{};
  REQUIRE(::stat((root + "/one").c_str(), &one) == 0);
  REQUIRE(::stat((root + "/two").c_str(), &two) == 0);
  CHECK(one.st_ino == two.st_ino);
  CHECK((one.st_mode & 07777) == 04755);
  // A layout in a folder loads too.
  sandbox.ok({"image", "rm", "interop:1"});
  CHECK(sandbox.ok({"image", "load", "-i", "layout"}).out == "Loaded image: interop:1\n");
  sandbox.finish();
}
