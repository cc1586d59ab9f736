#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/container/cgroup.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/error.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;
using engine::Health;
using engine::State;
using engine::Status;

namespace {

std::vector<nlohmann::json> lines(const std::string& log) {
  std::vector<nlohmann::json> found;
  for (size_t at = 0; at < log.size();) {
    const size_t end = log.find('\n', at);
    found.push_back(nlohmann::json::parse(log.substr(at, end - at)));
    at = end + 1;
  }
  return found;
}

}  // namespace

TEST_CASE("A container's exit code, output and times are recorded") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c", "echo out; echo err >&2; printf partial; exit 7"};
  box.start();
  const Status status = box.wait_for_end();
  CHECK(status.state == State::kExited);
  CHECK(status.exit_code == 7);
  CHECK_FALSE(status.stopped_by_user);
  CHECK_FALSE(status.oom_killed);
  CHECK(status.started_ms > 0);
  CHECK(status.finished_ms >= status.started_ms);
  std::string out, err;
  for (const auto& line : lines(box.log())) {
    (line["stream"] == "stdout" ? out : err) += line["log"].get<std::string>();
    CHECK(line["time"].get<std::string>().size() == 30);
  }
  CHECK(out == "out\npartial");
  CHECK(err == "err\n");
}

TEST_CASE("A missing program is 127, one that cannot be executed 126, and nothing is left") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "always";  // a start that fails is not repeated
  box.spec.args = {"no-such-program"};
  try {
    box.start();
    FAIL("started");
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kNotFound);
    CHECK(std::string(error.what()).find("no-such-program") != std::string::npos);
  }
  CHECK(box.status().exit_code == 127);
  CHECK(box.status().state == State::kCreated);

  box.spec.args = {"/etc/passwd"};
  CHECK_THROWS_AS(box.start(), engine::Error);
  CHECK(box.status().exit_code == 126);

  box.write_lower("/bin/script", "#!/no/interpreter\n", 0755);
  box.spec.args = {"script"};
  CHECK_THROWS_WITH(box.start(), Catch::Contains("interpreter"));
  CHECK(box.status().exit_code == 127);

  box.spec.args = {"true"};
  box.spec.user = "nobody-there";
  CHECK_THROWS_WITH(box.start(), Catch::Contains("nobody-there"));
  CHECK(box.status().exit_code == 125);
  CHECK(::access((box.spec.run_dir + "/control").c_str(), F_OK) != 0);
}

TEST_CASE("Stop sends the signal, waits, then kills") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c", "trap 'exit 3' TERM; echo up; while :; do sleep 0.1; done"};
  box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  box.stop(10000);
  CHECK(box.status().exit_code == 3);
  CHECK(box.status().state == State::kExited);
  CHECK(box.status().stopped_by_user);

  box.spec.args = {"sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"};
  box.spec.restart = "always";
  box.start();
  box.stop(200);
  CHECK(box.status().exit_code == 137);
  CHECK(box.status().state == State::kExited);
  box.stop(200);  // no-op
}

TEST_CASE("A container's host ports are free once its stop has been answered") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sleep", "1000"};
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto bound = [&] {
    sys::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) fd.reset();
    return fd;
  };
  for (int round = 0; round < 10; ++round) {
    sys::Fd port = bound();
    REQUIRE(port);
    socklen_t size = sizeof place;
    REQUIRE(::getsockname(port.get(), reinterpret_cast<sockaddr*>(&place), &size) == 0);
    box.start({port.get()});
    port.reset();
    CHECK_FALSE(bound());
    box.stop(0);
  }
}

TEST_CASE("Kill reaches the program and only an ending signal keeps it from restarting") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "always";
  box.spec.args = {"sh", "-c", "trap 'exit 5' USR1; echo up; while :; do sleep 0.1; done"};
  box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  CHECK(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGUSR1));
  box.wait_until([](const Status& s) { return s.state == State::kRunning && s.restart_count == 1; });
  CHECK(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGKILL));
  CHECK(box.wait_for_end().exit_code == 137);
  CHECK_FALSE(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGKILL));
}

TEST_CASE("on-failure restarts a bounded number of times with growing waits") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "on-failure";
  box.spec.restart_max = 2;
  box.spec.args = {"sh", "-c", "date +%s%N >/dev/null; echo run; exit 4"};
  box.start();
  const Status status = box.wait_for_end();
  CHECK(status.state == State::kExited);
  CHECK(status.exit_code == 4);
  CHECK(status.restart_count == 2);
  CHECK(lines(box.log()).size() == 3);
}

TEST_CASE("A stop during the wait before a restart ends it for good") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "always";
  box.spec.args = {"false"};
  box.start();
  box.wait_until([](const Status& s) { return s.state == State::kRestarting && s.restart_count >= 2; });
  box.stop();
  CHECK(box.status().state == State::kExited);
}

TEST_CASE(
    "With a health check that takes too long goes all it has started, in sessions of their own as well") {
  if (!is_root()) return;
  Container box;
  box.spec.healthcheck.test = {"CMD-SHELL", "setsid sleep 4321 & (sleep 4322 & sleep 4323) & sleep 4324"};
  box.spec.healthcheck.interval_ms = 1000;
  box.spec.healthcheck.timeout_ms = 500;
  box.spec.healthcheck.retries = 1;
  box.start();
  box.wait_until([](const Status& s) { return s.health == Health::kUnhealthy; });
  CHECK(box.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").second.find("sleep 432") == std::string::npos);
}

TEST_CASE("Killing the monitor leaves the container running, and stop still works") {
  if (!is_root()) return;
  Container box;
  const sys::ProcessId process = box.start();
  const sys::Fd monitor = sys::open_pidfd(box.status().monitor);
  REQUIRE(sys::send_signal(monitor, SIGKILL));
  while (sys::is_alive(box.status().monitor)) ::usleep(1000);
  CHECK(sys::is_alive(process));
  CHECK(box.status().state == State::kRunning);
  box.stop(0);
  CHECK_FALSE(sys::is_alive(process));
  CHECK(box.status().state == State::kExited);
  CHECK(box.status().exit_code == 137);
}

TEST_CASE("A new monitor takes over a running container with its log and restart policy") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "on-failure";
  box.spec.restart_max = 1;
  box.spec.args = {"sh", "-c", "echo one; trap 'echo two; exit 9' USR1; while :; do sleep 0.05; done"};
  box.start();
  while (box.log().find("one") == std::string::npos) ::usleep(10000);
  CHECK_FALSE(engine::adopt_container(box.spec.run_dir, box.spec.state_dir));
  REQUIRE(sys::send_signal(sys::open_pidfd(box.status().monitor), SIGKILL));
  while (sys::is_alive(box.status().monitor)) ::usleep(1000);
  CHECK(engine::adopt_container(box.spec.run_dir, box.spec.state_dir));
  CHECK(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGUSR1));
  box.wait_until([](const Status& s) { return s.restart_count == 1 && s.state == State::kRunning; });
  CHECK(box.log().find("two") != std::string::npos);
  box.stop();
}

TEST_CASE("Memory beyond the limit ends in OOM and 137") {
  if (!is_root()) return;
  Container box;
  box.spec.resources.memory = 16 << 20;
  box.spec.args = {"sh", "-c", "dd if=/dev/zero of=/dev/null bs=64M count=1"};
  box.spec.args = {"dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"};
  box.start();
  const Status status = box.wait_for_end();
  CHECK(status.exit_code == 137);
  CHECK(status.oom_killed);
}

TEST_CASE("A child that is killed for want of memory ends alone, and the container's end tells of it") {
  if (!is_root()) return;
  Container box;
  box.spec.resources.memory = 16 << 20;
  box.spec.args = {"sh", "-c", "dd if=/dev/zero of=/dev/null bs=64M count=1; echo code=$?; exit 3"};
  box.start();
  const Status status = box.wait_for_end();
  CHECK(box.log().find("code=137") != std::string::npos);
  CHECK(status.exit_code == 3);
  CHECK(status.oom_killed);
}

TEST_CASE("A container with init reaps orphans and ends as its program ends") {
  if (!is_root()) return;
  Container box;
  box.spec.init = true;
  box.spec.args = {
      "sh", "-c",
      "trap 'exit 6' TERM; cat /proc/1/cmdline | tr '\\0' ' '; echo; echo up; while :; do sleep 0.1; done"};
  box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  CHECK(box.log().find("/dev/init") != std::string::npos);
  box.stop(10000);
  CHECK(box.status().exit_code == 6);
  box.spec.args = {"no-such-program"};
  CHECK_THROWS_AS(box.start(), engine::Error);
  CHECK(box.status().exit_code == 127);
}

TEST_CASE(
    "The output of a container with a terminal is logged, and its monitor's death does not hang it up") {
  if (!is_root()) return;
  Container box;
  box.spec.tty = true;
  box.spec.args = {"sh", "-c", "tty; echo up; while :; do sleep 0.1; done"};
  const sys::ProcessId process = box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  CHECK(box.log().find("/dev/pts/0") != std::string::npos);
  REQUIRE(sys::send_signal(sys::open_pidfd(box.status().monitor), SIGKILL));
  ::usleep(300000);
  CHECK(sys::is_alive(process));
  box.stop();
}

TEST_CASE("An idle monitor stays below 2 MB and does not wake") {
  if (!is_root()) return;
  Container box;
  sys::make_dirs(box.root + "/net");
  box.spec.networks = {{box.root + "/net", "10.9.8.7", {"web"}}};
  box.spec.dns_server = true;
  box.spec.dns_upstreams = {"127.0.0.1"};
  const auto begin = std::chrono::steady_clock::now();
  box.start();
  const auto took = std::chrono::steady_clock::now() - begin;
  ::usleep(1'300'000);  // it gives back what the start took a second after
  const std::string proc = "/proc/" + std::to_string(box.status().monitor.pid);
  const auto kib = [&](const std::string& file, const std::string& key) {
    const std::string text = sys::read_file(proc + file);
    return std::atol(text.c_str() + text.find("\n" + key + ":") + key.size() + 2);
  };
  WARN("started in " << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us");
  const long resident = kib("/smaps_rollup", "Rss");
  WARN("Rss " << resident << " Pss " << kib("/smaps_rollup", "Pss") << " private "
              << kib("/smaps_rollup", "Private_Dirty") << " KiB");
#ifndef __SANITIZE_ADDRESS__
  CHECK(resident <= 2048);
#endif
  const long switches = kib("/status", "voluntary_ctxt_switches");
  ::usleep(300000);
  CHECK(kib("/status", "voluntary_ctxt_switches") == switches);
  CHECK(box.exec("cat /etc/hosts; true").first == 0);
}

TEST_CASE("Groups a container made in its cgroup go with it, with and without its monitor") {
  if (!is_root()) return;
  for (const bool orphan : {false, true}) {
    Container box;
    const sys::ProcessId process = box.start();
    engine::ExecRequest request;
    request.detach = true;
    box.exec("exec sleep 1000", request);
    const engine::Cgroup cgroup(box.spec.cgroup);
    for (const auto& hierarchy : cgroup.hierarchies()) {
      const std::string folder = cgroup.folder(hierarchy);
      sys::make_dirs(folder + "/inner/deep");
      sys::make_dirs(folder + "/other");
      std::istringstream pids(sys::read_file(folder + "/cgroup.procs"));
      for (int pid = 0; pids >> pid;) {
        if (pid == process.pid) continue;
        try {
          sys::write_knob(folder + "/inner/deep/cgroup.procs", std::to_string(pid));
        } catch (const sys::Error&) {
          continue;  // cpuset: not before it has processors
        }
      }
    }
    if (orphan) {
      REQUIRE(sys::send_signal(sys::open_pidfd(box.status().monitor), SIGKILL));
      while (sys::is_alive(box.status().monitor)) ::usleep(1000);
    }
    box.stop(0);
    CHECK(engine::read_recorded_status(box.spec.state_dir).state == State::kExited);
  }
}

TEST_CASE("A container whose monitor answers nothing can be stopped and killed") {
  if (!is_root()) return;
  for (const bool kill : {false, true}) {
    Container box;
    box.spec.restart = "always";
    const sys::ProcessId process = box.start();
    REQUIRE(sys::send_signal(sys::open_pidfd(box.status().monitor), SIGSTOP));
    if (kill) {
      engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGKILL);
    } else {
      box.stop(0);
    }
    CHECK_FALSE(sys::is_alive(process));
    CHECK(box.status().state == State::kExited);
    CHECK(box.status().exit_code == 137);
    CHECK(box.status().stopped_by_user);
  }
}

TEST_CASE("A container keeps nothing open that its starter had inherited") {
  if (!is_root()) return;
  Container box;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);  // without close-on-exec
  const sys::Fd read(ends[0]), low(ends[1]), high(::fcntl(ends[1], F_DUPFD, 200));
  box.start();
  ::dup2(read.get(), low.get());
  ::dup2(read.get(), high.get());
  pollfd end{read.get(), POLLIN, 0};
  CHECK(::poll(&end, 1, 2000) == 1);
  CHECK((end.revents & POLLHUP) != 0);
}

TEST_CASE("A new monitor knows the start period, and that the user asked for the end") {
  if (!is_root()) return;
  Container box;
  box.spec.restart = "always";
  box.spec.args = {"sh", "-c", "trap '' TERM; trap 'exit 3' USR1; echo up; while :; do sleep 0.05; done"};
  box.spec.healthcheck.test = {"CMD", "false"};
  box.spec.healthcheck.interval_ms = box.spec.healthcheck.start_interval_ms = 50;
  box.spec.healthcheck.start_period_ms = 600000;
  box.spec.healthcheck.retries = 1;
  box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  CHECK(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGTERM));
  REQUIRE(sys::send_signal(sys::open_pidfd(box.status().monitor), SIGKILL));
  while (sys::is_alive(box.status().monitor)) ::usleep(1000);
  REQUIRE(engine::adopt_container(box.spec.run_dir, box.spec.state_dir));
  const size_t checks = box.status().health_log.size();
  box.wait_until([&](const Status& s) { return s.health_log.size() >= std::min<size_t>(5, checks + 2); });
  CHECK(box.status().health == Health::kStarting);
  CHECK(engine::kill_container(box.spec.run_dir, box.spec.state_dir, SIGUSR1));
  const Status status = box.wait_for_end();
  CHECK(status.state == State::kExited);
  CHECK(status.restart_count == 0);
}

TEST_CASE("A watcher that does not listen any more takes nobody's answer away") {
  if (!is_root()) return;
  Container box;
  box.spec.args = {"sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"};
  box.start();
  while (box.log().find("up") == std::string::npos) ::usleep(10000);
  const auto connect = [&] {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s/control", box.spec.run_dir.c_str());
    sys::Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
  };
  const auto answer = [](const sys::Fd& socket) {
    char text[16384];
    pollfd ready{socket.get(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 5000) == 1);
    const ssize_t n = ::recv(socket.get(), text, sizeof text, 0);
    return std::string(text, n > 0 ? static_cast<size_t>(n) : 0);
  };
  const auto ask = [](const sys::Fd& socket, const std::string& text) {
    REQUIRE(::send(socket.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  };
  const sys::Fd deaf = connect();
  ask(deaf, R"({"op":"watch"})");
  CHECK(answer(deaf).find("running") != std::string::npos);
  REQUIRE(::shutdown(deaf.get(), SHUT_RD) == 0);
  const sys::Fd other = connect();
  ask(other, R"({"op":"kill","signal":15})");
  CHECK(answer(other) == R"({"running":true})");
  box.stop();
}

TEST_CASE(
    "A stop that finds the monitor's lock taken asks again instead of waiting for the container's end") {
  if (!is_root()) return;
  Container box;
  box.start();
  const std::string socket = box.spec.run_dir + "/control";
  REQUIRE(::rename(socket.c_str(), (socket + ".away").c_str()) == 0);
  std::atomic<bool> stopped = false;
  std::thread stop([&] {
    box.stop(0);
    stopped = true;
  });
  ::usleep(200000);
  CHECK_FALSE(stopped);
  REQUIRE(::rename((socket + ".away").c_str(), socket.c_str()) == 0);
  for (int i = 0; i < 500 && !stopped; ++i) ::usleep(10000);
  CHECK(stopped);
  if (!stopped) sys::send_signal(sys::open_pidfd(box.status().process), SIGKILL);
  stop.join();
}

TEST_CASE("A start that fails after the program began leaves nothing that runs") {
  if (!is_root()) return;
  Container box;
  sys::make_dirs(box.root + "/shared");
  box.spec.mounts.push_back(container_test::bind(box.root + "/shared", "/shared"));
  sys::write_file_atomic(box.root + "/file", "");
  box.spec.networks = {{box.root + "/file/net", "10.9.8.7", {"web"}}};
  box.spec.args = {"sh", "-c", "while :; do echo $((n = n + 1)) > /shared/beat; sleep 0.02; done"};
  CHECK_THROWS_AS(box.start(), engine::Error);
  CHECK(box.status().state == State::kCreated);
  CHECK_FALSE(box.status().error.empty());
  ::usleep(100000);
  const auto beat = sys::read_file_if_exists(box.root + "/shared/beat");
  ::usleep(200000);
  CHECK(sys::read_file_if_exists(box.root + "/shared/beat") == beat);
}

TEST_CASE("A monitor leaves its caller's cgroups for one of its own") {
  if (!is_root()) return;
  Container box;
  box.start();
  const engine::Cgroup monitors(box.spec.monitors_cgroup);
  for (const auto& hierarchy : monitors.hierarchies()) {
    INFO(monitors.folder(hierarchy));
    std::istringstream pids(
        sys::read_file_if_exists(monitors.folder(hierarchy) + "/cgroup.procs").value_or(""));
    bool found = false;
    for (int pid = 0; pids >> pid;) found = found || pid == box.status().monitor.pid;
    CHECK(found);
  }
}
