#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <iterator>
#include <thread>

#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"

using container_test::captured_exec;
using container_test::Container;
using container_test::is_root;

namespace {

using Answer = std::pair<int, std::string>;

std::string read_until(int fd, const std::string& wanted) {
  std::string text;
  for (int i = 0; i < 100 && text.find(wanted) == std::string::npos; ++i) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 100) <= 0) continue;
    char buffer[1024];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

}  // namespace

TEST_CASE("exec runs inside the container's namespaces, cgroup and confinement") {
  if (!is_root()) return;
  Container box;
  box.spec.env = {"FROM=spec"};
  CHECK(box.exec("hostname; echo $FROM; exit 3") == Answer(3, "box\nspec\n"));
  CHECK(box.exec("cat /proc/1/cmdline | tr '\\0' ' '").second == "sleep 1000 ");
  CHECK(box.exec("grep CapEff /proc/self/status; grep Seccomp: /proc/self/status").second ==
        "CapEff:\t00000000a80425fb\nSeccomp:\t2\n");
  CHECK(box.exec("grep -v ':/$' /proc/self/cgroup").second.empty());
  CHECK(box.exec("ls -A /proc/self/fd").second == "0\n1\n2\n3\n");
  engine::ExecRequest request;
  request.user = "ann";
  request.working_dir = "/etc";
  request.env = {"EXTRA=1"};
  CHECK(box.exec("id -un; pwd; echo $EXTRA", request) == Answer(0, "ann\n/etc\n1\n"));
  request.privileged = true;
  request.user = "";
  CHECK(box.exec("grep Seccomp: /proc/self/status", request).second == "Seccomp:\t0\n");
  box.stop();
}

TEST_CASE("exec tells a missing program from one that cannot be executed, or not there") {
  if (!is_root()) return;
  Container box;
  box.start();
  engine::ExecRequest request;
  request.args = {"no-such"};
  CHECK(captured_exec(box, request).first == 127);
  request.args = {"/etc/passwd"};
  CHECK(captured_exec(box, request).first == 126);
  request.args = {"true"};
  request.working_dir = "/not/there";
  CHECK(captured_exec(box, request).first == 126);
  box.stop();
  engine::MonitorServer monitors(box.spec.monitors_cgroup);
  CHECK_THROWS_AS(engine::exec_in_container(monitors, box.spec.name, box.spec.run_dir, box.status(), request),
                  engine::Error);
}

TEST_CASE("A detached exec goes on by itself") {
  if (!is_root()) return;
  Container box;
  engine::ExecRequest request;
  request.detach = true;
  CHECK(box.exec("sleep 0.2; echo done > /tmp/mark", request) == Answer(0, ""));
  CHECK(box.exec("i=0; while [ ! -s /tmp/mark ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done; cat "
                 "/tmp/mark")
            .second == "done\n");
}

TEST_CASE(
    "exec with a terminal passes input, output, size and the exit code, and restores the caller's mode") {
  if (!is_root()) return;
  Container box;
  box.start();
  const sys::Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master);
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  const sys::Fd terminal = sys::open(::ptsname(master.get()), O_RDWR | O_NOCTTY);
  winsize size{33, 101, 0, 0};
  REQUIRE(::ioctl(master.get(), TIOCSWINSZ, &size) == 0);
  termios before{};
  REQUIRE(::tcgetattr(terminal.get(), &before) == 0);

  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    for (int fd = 0; fd < 3; ++fd) ::dup2(terminal.get(), fd);
    engine::ExecRequest request;
    request.tty = true;
    request.args = {"sh", "-c", "tty; read line; stty size; echo got $line; exit 5"};
    int code = 99;
    try {
      engine::MonitorServer monitors(box.spec.monitors_cgroup);
      code = engine::exec_in_container(monitors, box.spec.name, box.spec.run_dir, box.status(), request);
    } catch (const std::exception& error) {
      sys::write_all(2, error.what());
    }
    ::_exit(code);
  }
  CHECK(read_until(master.get(), "/dev/pts/0\r\n").find("/dev/pts/0") != std::string::npos);
  sys::write_all(master.get(), "hello\r");
  const std::string output = read_until(master.get(), "got hello\r\n");
  CHECK(output.find("33 101") != std::string::npos);
  CHECK(output.find("got hello") != std::string::npos);
  int status = 0;
  ::waitpid(pid, &status, 0);
  CHECK(WEXITSTATUS(status) == 5);
  termios after{};
  REQUIRE(::tcgetattr(terminal.get(), &after) == 0);
  CHECK(after.c_lflag == before.c_lflag);
  CHECK(after.c_oflag == before.c_oflag);
}

TEST_CASE("exec with a terminal takes more input than the program reads while it writes") {
  if (!is_root()) return;
  Container box;
  box.start();
  constexpr size_t kPasted = 400000, kShown = 2000000;
  sys::Pipe input = sys::pipe(), output = sys::pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(input.read.get(), 0);
    ::dup2(output.write.get(), 1);
    input = {};
    output = {};
    engine::ExecRequest request;
    request.tty = true;
    request.args = {"sh", "-c",
                    "stty raw -echo; echo ready; head -c " + std::to_string(kShown) +
                        " /dev/zero | tr '\\0' y; head -c " + std::to_string(kPasted) + " | wc -c; exit 4"};
    int code = 99;
    try {
      engine::MonitorServer monitors(box.spec.monitors_cgroup);
      code = engine::exec_in_container(monitors, box.spec.name, box.spec.run_dir, box.status(), request);
    } catch (const std::exception& error) {
      sys::write_all(2, error.what());
    }
    ::_exit(code);
  }
  input.read.reset();
  output.write.reset();
  const std::string first = read_until(output.read.get(), "ready");
  CHECK(first.find("ready") != std::string::npos);
  std::thread paste([&] {
    const std::string text(kPasted, 'x');
    ::signal(SIGPIPE, SIG_IGN);
    for (size_t done = 0; done < text.size();) {
      const ssize_t n = ::write(input.write.get(), text.data() + done, text.size() - done);
      if (n <= 0) return;
      done += static_cast<size_t>(n);
    }
  });
  // Some may have come with "ready", which has one of its own.
  size_t shown = static_cast<size_t>(std::count(first.begin(), first.end(), 'y')) - 1;
  std::string rest;
  pollfd ready{output.read.get(), POLLIN, 0};
  while (::poll(&ready, 1, 5000) > 0) {
    char buffer[4096];
    const ssize_t n = ::read(output.read.get(), buffer, sizeof buffer);
    if (n <= 0) break;
    shown += static_cast<size_t>(std::count(buffer, buffer + n, 'y'));
    std::remove_copy(buffer, buffer + n, std::back_inserter(rest), 'y');
  }
  CHECK(shown == kShown);
  CHECK(rest.find(std::to_string(kPasted)) != std::string::npos);
  if (shown != kShown) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  paste.join();
  CHECK(WEXITSTATUS(status) == 4);
}

TEST_CASE("A user who is not root can open the terminal made for him by its path") {
  if (!is_root()) return;
  Container box;
  box.spec.tty = true;
  box.spec.user = "ann";
  box.spec.args = {"sh", "-c", "echo opened > $(tty); echo code=$?; sleep 1000"};
  box.start();
  for (int i = 0; i < 500 && box.log().find("code=") == std::string::npos; ++i) ::usleep(10000);
  CHECK(box.log().find("opened") != std::string::npos);
  CHECK(box.log().find("code=0") != std::string::npos);
  engine::ExecRequest request;
  request.tty = true;
  request.user = "ann";
  CHECK(box.exec("echo opened > $(tty)", request) == Answer(0, "opened\r\n"));
}
