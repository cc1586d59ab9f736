#include <catch2/catch.hpp>

#include "at_terminal.h"
#include "sandbox.h"

using it::Sandbox;

namespace {
constexpr char kOneService[] = R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    environment:
      GREETING: hello
    working_dir: /var
    stop_grace_period: 0s
)";
}

TEST_CASE("exec runs inside the container, with its environment and folder") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"sh", "-c", "echo $GREETING; pwd"}) == "hello\n/var\n");
  CHECK(
      sandbox.ok({"exec", "-T", "-e", "GREETING=bye", "-w", "/tmp", "web", "sh", "-c", "echo $GREETING; pwd"})
          .out == "bye\n/tmp\n");
  CHECK(sandbox.ok({"exec", "-T", "-u", "nobody", "web", "id", "-u"}).out == "65534\n");
  CHECK(sandbox.inside("web", {"cat", "/proc/1/cmdline"}) == std::string("sleep\0001000\000", 11));
  sandbox.finish();
}

TEST_CASE("exec gives the command's own exit code, and keeps its streams apart") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  const it::Output output =
      sandbox.compose({"exec", "-T", "web", "sh", "-c", "echo out; echo err >&2; exit 42"});
  CHECK(output.code == 42);
  CHECK(output.out == "out\n");
  CHECK(output.err == "err\n");
  sandbox.finish();
}

TEST_CASE("exec passes standard input through to its end") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  sandbox.options().input = std::string(300000, 'x');
  CHECK(sandbox.inside("web", {"wc", "-c"}) == "300000\n");
  sandbox.options().input.clear();
  sandbox.finish();
}

TEST_CASE("exec of a program that is not there says so with 127, of one that is no program with 126") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  const it::Output missing = sandbox.compose({"exec", "-T", "web", "base"});
  CHECK(missing.code == 127);
  CHECK(missing.err.find("base") != std::string::npos);
  const it::Output not_executable = sandbox.compose({"exec", "-T", "web", "/etc/passwd"});
  CHECK(not_executable.code == 126);
  CHECK(not_executable.err.find("/etc/passwd") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("exec in a service that does not run, or is not there, is refused by name") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  sandbox.ok({"stop"});
  const it::Output stopped = sandbox.compose({"exec", "-T", "web", "true"});
  CHECK(stopped.code == 1);
  CHECK(stopped.err.find("web") != std::string::npos);
  CHECK(stopped.err.find("not running") != std::string::npos);
  const it::Output unknown = sandbox.compose({"exec", "-T", "wbe", "true"});
  CHECK(unknown.code == 1);
  CHECK(unknown.err.find("wbe") != std::string::npos);
  sandbox.finish();
}

TEST_CASE("a container is confined by default") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  const std::string status = sandbox.inside("web", {"cat", "/proc/self/status"});
  CHECK(status.find("CapEff:\t00000000a80425fb") != std::string::npos);
  CHECK(status.find("CapBnd:\t00000000a80425fb") != std::string::npos);
  CHECK(status.find("CapInh:\t0000000000000000") != std::string::npos);
  CHECK(status.find("Seccomp:\t2") != std::string::npos);
  CHECK(sandbox.compose({"exec", "-T", "web", "mount", "-t", "tmpfs", "none", "/mnt"}).code != 0);
  CHECK(sandbox.compose({"exec", "-T", "web", "sh", "-c", "echo 1 > /proc/sys/kernel/panic"}).code != 0);
  CHECK(sandbox.inside("web", {"sh", "-c", "cat /proc/kcore | wc -c"}) == "0\n");
  // Only the shell's own three descriptors, and the folder that is being listed.
  CHECK(sandbox.inside("web", {"sh", "-c", "echo /proc/self/fd/*"}).find("/proc/self/fd/4") ==
        std::string::npos);
  sandbox.finish();
}

TEST_CASE("exec -e NAME hands on a variable that is set but empty") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  web:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n"
      "    environment: {EMPTY: full}\n");
  sandbox.ok({"up", "-d"});
  sandbox.options().env["EMPTY"] = "";
  const std::vector<std::string> command{"web", "sh", "-c", "echo \"${EMPTY-unset} ${NONE-unset}\""};
  std::vector<std::string> args{"exec", "-T", "-e", "EMPTY", "-e", "NONE"};
  args.insert(args.end(), command.begin(), command.end());
  CHECK(sandbox.ok(args).out == " unset\n");
  sandbox.finish();
}

TEST_CASE("a file given to exec as input cannot be written from inside, and its end comes through") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  sandbox.file("given", "kept\n");
  std::string line;
  for (const std::string& word :
       sandbox.command({"exec", "-T", "web", "sh", "-c",
                        "cat; for fd in 0 1 2; do echo spoilt > /proc/self/fd/$fd; done"}))
    line += "'" + word + "' ";
  it::RunOptions options = sandbox.options();
  options.directory = sandbox.directory();
  const it::Output output = it::run({"sh", "-c", line + "< given; cat given"}, options);
  CHECK(output.out.rfind("kept\nspoilt\n", 0) == 0);
  CHECK(output.out.substr(output.out.size() - 5) == "kept\n");
  CHECK(output.err == "spoilt\n");
  sandbox.finish();
}

TEST_CASE("a program goes on when its exec is killed, what it writes then is dropped, and it can be reaped") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  const std::string script =
      "echo begun; until [ -e /tmp/go ]; do sleep 0.05; done; "
      "head -c 300000 /dev/zero && echo done > /tmp/mark";
  {
    it::RunOptions options = sandbox.options();
    options.directory = sandbox.directory();
    it::Process caller(sandbox.command({"exec", "-T", "web", "sh", "-c", script}), options);
    REQUIRE(it::eventually([&] { return caller.out() == "begun\n"; }));
  }  // killed
  sandbox.inside("web", {"touch", "/tmp/go"});
  CHECK(it::eventually([&] {
    return sandbox.compose({"exec", "-T", "web", "cat", "/tmp/mark"}).out == "done\n";
  }));
  sandbox.finish();
}

TEST_CASE("exec's program hears that the reader of its output has gone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  std::string line;
  for (const std::string& word : sandbox.command({"exec", "-T", "web", "yes"})) line += "'" + word + "' ";
  it::RunOptions options = sandbox.options();
  options.directory = sandbox.directory();
  CHECK(it::run({"sh", "-c", line + "| head -n 1"}, options).out == "y\n");
  CHECK(it::eventually([&] {
    return sandbox.inside("web", {"sh", "-c", "cat /proc/[0-9]*/comm"}).find("yes") == std::string::npos;
  }));
  sandbox.finish();
}

TEST_CASE("exec's output waits for its reader in large pieces") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kOneService) + "    volumes: [\"./:/host\"]\n");
  sandbox.ok({"up", "-d"});
  // More than one pipe of a megabyte takes and less than two do: nothing is read before all has been written.
  std::vector<std::string> args = {"sh", "-c", R"("$0" "$@" 2>/dev/null | {
i=0
until [ -e over ]; do i=$((i+1)); [ $i -lt 300 ] || exit 1; sleep 0.1; done
wc -c
})"};
  const std::vector<std::string> exec =
      sandbox.command({"exec", "-T", "web", "sh", "-c", "dd if=/dev/zero bs=64k count=28; touch /host/over"});
  args.insert(args.end(), exec.begin(), exec.end());
  const it::Output output = it::run(args, sandbox.options());
  CHECK(output.code == 0);
  CHECK(output.out == "1835008\n");
  sandbox.finish();
}

TEST_CASE("exec without input gives the program an empty one") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  sandbox.options().input = "not for it";
  CHECK(sandbox.ok({"exec", "-T", "--interactive=false", "web", "wc", "-c"}).out == "0\n");
  sandbox.options().input.clear();
  sandbox.finish();
}

TEST_CASE("exec at a terminal gives the program one, of its size, unless -T") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kOneService);
  sandbox.ok({"up", "-d"});
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{}, std::vector<std::string>{"-i", "--tty"}}) {
    std::vector<std::string> args{"exec"};
    args.insert(args.end(), flags.begin(), flags.end());
    args.insert(args.end(), {"web", "sh", "-c", "test -t 0 && test -t 1 && stty size; exit 4"});
    it::AtTerminal at(sandbox, args);
    CHECK(at.until("33 101\r\n").find("33 101\r\n") != std::string::npos);
    CHECK(at.wait() == 4);
  }
  it::AtTerminal none(sandbox, {"exec", "-T", "web", "sh", "-c", "test -t 1 || echo none"});
  CHECK(none.until("none").find("none") != std::string::npos);
  CHECK(none.wait() == 0);
  sandbox.finish();
}
