// One-off containers: `compose run`.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "leftovers.h"
#include "run_scene.h"

using it::kApp;
using it::Sandbox;

namespace {

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::vector<std::string> names(Sandbox& sandbox, std::vector<std::string> args) {
  args.insert(args.begin(), "ps");
  args.insert(args.end(), {"--format", "{{.Name}}"});
  std::istringstream lines(sandbox.ok(args).out);
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);) found.push_back(line);
  return found;
}

}  // namespace

TEST_CASE("run starts what the service needs, then a container of its own beside the replicas") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  CHECK(sandbox.ok({"run", "-T", "app"}).out == "from the file\n");
  CHECK(names(sandbox, {}) == std::vector<std::string>{sandbox.project() + "-db-1"});
  const auto all = names(sandbox, {"-a"});
  REQUIRE(all.size() == 2);
  const std::string prefix = sandbox.project() + "-app-run-", name = all[0];
  REQUIRE(name.rfind(prefix, 0) == 0);
  CHECK(name.size() == prefix.size() + 12);
  CHECK(name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos);
  for (const nlohmann::json& row : sandbox.containers()) {
    if (row.at("Name") != name) continue;
    CHECK(row.at("State") == "exited");
    CHECK(row.at("Labels").get<std::string>().find("com.docker.compose.oneoff=True") != std::string::npos);
  }
  // It is none of the service's containers.
  CHECK(sandbox.log("app").empty());
  CHECK(sandbox.ids("app").empty());
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.containers().size() == 3);
  sandbox.ok({"up", "-d", "--remove-orphans"});  // as docker compose: one-off containers that have ended go
  CHECK(sandbox.containers().size() == 2);
  sandbox.finish();
}

TEST_CASE("run gives the command's words and exit code, and only its output on standard output") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const it::Output output = sandbox.compose(
      {"run", "--rm", "-T", "app", "sh", "-c", "echo out $#; echo err >&2; exit 42", "sh", "--rm", "-x"});
  CHECK(output.code == 42);
  CHECK(output.out == "out 2\n");
  CHECK(output.err.find("err\n") != std::string::npos);
  CHECK(output.err.find("Creating") != std::string::npos);
  CHECK(sandbox.compose({"run", "--rm", "-T", "app", "nosuch"}).code == 127);
  CHECK(sandbox.compose({"run", "--rm", "-T", "app", "/etc/passwd"}).code == 126);
  CHECK(sandbox.ok({"run", "--rm", "-T", "-q", "app"}).err.empty());
  CHECK(sandbox.containers().size() == 1);  // db
  sandbox.finish();
}

TEST_CASE("run passes standard input through to its end, and every byte of the output") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  std::string bytes;
  for (int i = 0; i < 500000; ++i) bytes += static_cast<char>(i * 7);
  sandbox.options().input = bytes;
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "cat"}).out == bytes);
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "wc", "-c"}).out == "500000\n");
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "-i=false", "app", "wc", "-c"}).out == "0\n");
  // A program that does not want it is no reason to wait.
  CHECK(sandbox.ok({"run", "--rm", "--no-deps", "-T", "app", "true"}).out.empty());
  sandbox.options().input.clear();
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}

TEST_CASE("run ends when nobody reads its output any more") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::RunOptions options = sandbox.options();
  const std::string command = sandbox.command({"run", "--rm", "--no-deps", "-T", "app", "yes"})[0] +
                              " run --rm --no-deps -T app yes | head -n 1";
  const it::Output output = it::run({"sh", "-c", command}, options);
  CHECK_FALSE(output.timed_out);
  CHECK(output.out == "y\n");
  CHECK(it::eventually([&] { return sandbox.containers().empty(); }));
  sandbox.finish();
}

TEST_CASE("run lays its flags over the service") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.file("vars", "GREETING=file\nFROM_FILE=yes\n");
  sandbox.options().env["OUTSIDE"] = "out";
  const std::string show =
      "echo $GREETING $KEPT $FROM_FILE $OUTSIDE; pwd; id -u; cat /mine/vars; hostname -i";
  const it::Output output =
      sandbox.ok({"run",  "-T",      "--no-deps",       "--name", "mine",      "-e",     "GREETING=flag",
                  "-e",   "OUTSIDE", "--env-from-file", "vars",   "-u",        "nobody", "-w",
                  "/tmp", "-v",      ".:/mine:ro",      "-l",     "role=test", "app",    "sh",
                  "-c",   show});
  CHECK(output.out.rfind("flag kept yes out\n/tmp\n65534\nGREETING=file\nFROM_FILE=yes\n", 0) == 0);
  const auto rows = sandbox.containers();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("Name") == "mine");
  CHECK(rows[0].at("Labels").get<std::string>().find("role=test") != std::string::npos);
  CHECK(sandbox.compose({"run", "-T", "--no-deps", "--name", "mine", "app"}).code == 1);

  CHECK(sandbox.ok({"run", "--rm", "-T", "--no-deps", "--entrypoint", "echo 'a  b'", "app"}).out == "a  b\n");
  CHECK(sandbox.ok({"run", "--rm", "-T", "--no-deps", "--entrypoint", "echo", "app", "c"}).out == "c\n");
  const std::vector<std::string> bounding{"app", "grep", "CapBnd", "/proc/self/status"};
  const auto capabilities = [&](std::vector<std::string> flags) {
    std::vector<std::string> args{"run", "--rm", "-T", "--no-deps"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), bounding.begin(), bounding.end());
    return trimmed(sandbox.ok(args).out);
  };
  CHECK(capabilities({"--cap-drop", "ALL"}) == "CapBnd:\t0000000000000000");
  CHECK(capabilities({"--cap-drop", "ALL", "--cap-add", "CHOWN"}) == "CapBnd:\t0000000000000001");

  const it::Output wrong = sandbox.compose({"run", "-p", "99999:1", "-v", "x:y", "--cap-add", "FLY", "app"});
  CHECK(wrong.code == 1);
  for (const char* flag : {"--publish: ", "--volume: ", "--cap-add: "})
    CHECK(wrong.err.find(flag) != std::string::npos);
  CHECK(sandbox.compose({"run", "-p", "1:1", "-P", "app"}).code == 1);
  sandbox.finish();
}

TEST_CASE("run publishes ports and answers to the service's names only when asked to") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string serve = "echo hello > /tmp/index.html; exec httpd -f -h /tmp -p 80";
  const auto run_detached = [&](std::vector<std::string> flags) {
    std::vector<std::string> args{"run", "-d", "--no-deps"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"app", "sh", "-c", serve});
    return trimmed(sandbox.ok(args).out);
  };
  const auto answers = [](const char* url) {
    return it::eventually([&] { return it::http(url) == "hello\n"; });
  };
  const std::string plain = run_detached({});
  CHECK(plain.rfind(sandbox.project() + "-app-run-", 0) == 0);
  CHECK(it::http("http://127.0.0.1:8123/").empty());
  const std::string own = run_detached({"-p", "8124:80"});
  CHECK(answers("http://127.0.0.1:8124/"));
  const std::string service = run_detached({"-P", "--use-aliases"});
  CHECK(answers("http://127.0.0.1:8123/"));
  // The name leads to the one container that took it.
  const it::Output looked_up = sandbox.ok(
      {"run", "--rm", "-T", "--no-deps", "app", "sh", "-c",
       "nslookup app 127.0.0.11 | grep -c '^Address: '; ping -c 1 -W 1 " + plain + " > /dev/null; echo $?"});
  CHECK(looked_up.out == "1\n0\n");
  // As docker compose: only with -a; `kill` reaches them, `stop` does not.
  CHECK(names(sandbox, {}).empty());
  CHECK(names(sandbox, {"-a"}).size() == 3);
  sandbox.ok({"stop", "-t", "0"});
  CHECK(answers("http://127.0.0.1:8124/"));
  sandbox.ok({"kill", "app"});
  CHECK(it::eventually([&] {
    for (const auto& row : sandbox.containers()) {
      if (row.at("State") != "exited") return false;
    }
    return true;
  }));
  sandbox.finish();
}

TEST_CASE("run enables the profile of the service it names, and waits for the conditions of depends_on") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  app:
    image: busybox
    profiles: [tools]
    command: ["cat", "/shared/ready"]
    volumes: ["shared:/shared"]
    depends_on:
      job: {condition: service_completed_successfully}
  job:
    image: busybox
    command: ["sh", "-c", "echo prepared > /shared/ready"]
    volumes: ["shared:/shared"]
  broken:
    image: busybox
    command: ["false"]
  never:
    image: busybox
    depends_on:
      broken: {condition: service_completed_successfully}
volumes:
  shared:
)");
  CHECK(sandbox.ok({"run", "--rm", "-T", "app"}).out == "prepared\n");
  const it::Output failed = sandbox.compose({"run", "--rm", "-T", "never", "echo", "ran"});
  CHECK(failed.code == 1);
  CHECK(failed.out.empty());
  CHECK(names(sandbox, {"-a"}) ==
        std::vector<std::string>{sandbox.project() + "-broken-1", sandbox.project() + "-job-1"});
  CHECK(sandbox.compose({"run", "nosuch"}).err.find("no such service: nosuch") != std::string::npos);
  sandbox.finish();
}

TEST_CASE(
    "run --rm takes the container and its anonymous volumes away, also when it is interrupted or killed") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const auto nothing_left = [&] {
    return sandbox.containers().empty() && it::entries(sandbox.data_root() + "/volumes").empty();
  };
  const std::string script = "trap 'echo stopping; exit 3' INT TERM; echo begun; while :; do sleep 0.1; done";
  const std::vector<std::string> args{"run", "--rm",       "--no-deps", "-T", "--name", "victim",
                                      "-v",  "/anonymous", "app",       "sh", "-c",     script};
  sandbox.ok({"run", "--rm", "--no-deps", "-T", "-v", "/anonymous", "app", "touch", "/anonymous/x"});
  CHECK(nothing_left());
  for (const int signal : {SIGINT, SIGTERM}) {
    it::Process process(sandbox.command(args), sandbox.options());
    REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
    CHECK(it::entries(sandbox.data_root() + "/volumes").size() == 1);
    process.signal(signal);
    const it::Output output = process.wait();
    CHECK(output.out == "begun\nstopping\n");
    CHECK(output.code == 3);
    CHECK(nothing_left());
  }
  {
    it::Process process(sandbox.command(args), sandbox.options());
    REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
    process.signal(SIGKILL);
    process.wait();
  }
  // It goes on without us, and takes itself away at its end.
  CHECK(names(sandbox, {"-a"}) == std::vector<std::string>{"victim"});
  sandbox.ok({"container", "kill", "-s", "TERM", "victim"});
  CHECK(it::eventually(nothing_left));
  sandbox.finish();
}

TEST_CASE("a program that does not heed two signals is killed by the third") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::Process process(sandbox.command({"run", "--rm", "--no-deps", "-T", "app", "sh", "-c",
                                       "trap 'echo no' INT; echo begun; while :; do sleep 0.1; done"}),
                      sandbox.options());
  REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
  process.signal(SIGINT);
  REQUIRE(it::eventually([&] { return process.out() == "begun\nno\n"; }));
  process.signal(SIGINT);
  REQUIRE(it::eventually([&] { return process.out() == "begun\nno\nno\n"; }));
  process.signal(SIGINT);
  CHECK(process.wait().code == 137);
  sandbox.finish();
}

TEST_CASE(
    "run tells that its container's monitor was killed, and still has its exit code where there is one") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  it::Process process(sandbox.command({"run", "--rm", "--no-deps", "-T", "--name", "widow", "app", "sh", "-c",
                                       "echo begun; while [ ! -e /tmp/end ]; do sleep 0.1; done"}),
                      sandbox.options());
  REQUIRE(it::eventually([&] { return process.out() == "begun\n"; }));
  for (const int pid : it::processes_of(sandbox.run_root())) {
    if (it::command_line(pid).find("compose-monitor") != std::string::npos) ::kill(pid, SIGKILL);
  }
  REQUIRE(it::eventually([&] { return process.err().find("was killed") != std::string::npos; }));
  CHECK(process.running());
  sandbox.ok({"container", "kill", "widow"});
  CHECK(process.wait().code >= 137);  // 255 where the kernel does not tell strangers
  CHECK(it::eventually([&] { return sandbox.containers().empty(); }));
  sandbox.finish();
}

TEST_CASE("run -d --rm leaves nothing when its container has ended") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.ok({"run", "-d", "--rm", "--no-deps", "-v", "/anonymous", "app", "true"});
  CHECK(it::eventually([&] {
    return it::entries(sandbox.data_root() + "/containers").empty() &&
           it::entries(sandbox.data_root() + "/volumes").empty();
  }));
  sandbox.finish();
}

TEST_CASE("run --dry-run tells what it would do and does nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const std::string plan = sandbox.ok({"run", "--dry-run", "app", "ls"}).out;
  CHECK(plan.find("-app-run-") != std::string::npos);
  CHECK(plan.find("-db-1") != std::string::npos);
  CHECK(sandbox.containers().empty());
  sandbox.finish();
}
