#include "engine/container/monitor_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "engine/container/cgroup.h"
#include "engine/container/message.h"
#include "engine/container/monitor_request.h"
#include "engine/error.h"
#include "fixture.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"

using container_test::Container;
using container_test::is_root;
using engine::State;

namespace {

sys::ProcessId parent_of(pid_t pid) {
  const std::string status = sys::read_file("/proc/" + std::to_string(pid) + "/status");
  const pid_t parent = std::atoi(status.c_str() + status.find("PPid:") + 5);
  return {parent, sys::start_time_of(parent).value_or(0)};
}

std::string command_of(pid_t pid) {
  std::string text = sys::read_file("/proc/" + std::to_string(pid) + "/cmdline");
  for (char& c : text)
    if (c == '\0') c = ' ';
  return text;
}

}  // namespace

TEST_CASE("A request for a monitor arrives with its descriptors, and one without them is refused") {
  engine::SocketPair ends = engine::message_sockets();
  sys::Pipe pipe = sys::pipe();
  REQUIRE(engine::send_request(ends.ours.get(), {{"container", "/run/x", "0"}, "/tmp/log", {3, 17}},
                               {pipe.write.get(), pipe.read.get()}));
  auto received = engine::receive_request(ends.theirs.get());
  REQUIRE(received);
  CHECK(received->request.arguments == std::vector<std::string>{"container", "/run/x", "0"});
  CHECK(received->request.log == "/tmp/log");
  CHECK(received->request.numbers == std::vector<int>{3, 17});
  REQUIRE(received->descriptors.size() == 2);
  sys::write_all(received->descriptors[0].get(), "through");
  received->descriptors.clear();
  pipe.write.reset();
  CHECK(sys::read_all(pipe.read.get()) == "through");

  REQUIRE(engine::send_message(ends.ours.get(), R"({"arguments":["container"],"numbers":[3]})"));
  CHECK_THROWS_WITH(engine::receive_request(ends.theirs.get()), Catch::Contains("without its descriptors"));
  ends.ours.reset();
  CHECK_FALSE(engine::receive_request(ends.theirs.get()));
  CHECK_FALSE(engine::send_request(ends.theirs.get(), {{"container"}, "", {3}}, {pipe.read.get()}));
}

TEST_CASE("A monitor is no child of who starts the container, and shows whose it is") {
  if (!is_root()) return;
  Container box;
  box.start();
  const pid_t monitor = box.status().monitor.pid;
  CHECK(command_of(monitor).find(" container " + box.spec.run_dir + " 0 ") != std::string::npos);
  const pid_t server = parent_of(monitor).pid;
  CHECK(server != ::getpid());
  CHECK(command_of(server).find(" serve ") != std::string::npos);
  CHECK(::waitpid(-1, nullptr, WNOHANG) <= 0);  // who has forked the server is reaped
  CHECK(::getsid(monitor) == monitor);
  CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(monitor) + "/cwd") == "/");
}

TEST_CASE("Containers start after their server has been killed, and one that starts goes on without it") {
  if (!is_root()) return;
  Container first;
  first.start();
  const sys::ProcessId monitor = first.status().monitor;
  const sys::ProcessId server = parent_of(monitor.pid);
  REQUIRE(::kill(server.pid, SIGKILL) == 0);
  while (sys::is_alive(server)) ::usleep(1000);
  CHECK(sys::is_alive(monitor));
  CHECK(first.exec("echo still there").second == "still there\n");
  first.stop(0);
  first.start();
  CHECK(first.status().state == State::kRunning);
  CHECK(parent_of(first.status().monitor.pid).pid != server.pid);
}

TEST_CASE("A server for one start becomes the container's monitor, and the start after it has another") {
  if (!is_root()) return;
  Container box;
  box.monitors().warm_up(engine::MonitorServer::Use::kOne);
  box.start();
  const sys::ProcessId monitor = box.status().monitor;
  CHECK(command_of(monitor.pid).find(" container " + box.spec.run_dir + " 0 ") != std::string::npos);
  CHECK(parent_of(monitor.pid).pid == ::getpid());  // nobody was forked
  CHECK(::getsid(monitor.pid) != ::getsid(0));
  const engine::Cgroup group(box.spec.monitors_cgroup);
  const auto is_inside = [&](const engine::CgroupHierarchy& hierarchy) {
    const auto text = sys::read_file_if_exists(group.folder(hierarchy) + "/cgroup.procs");
    const std::string inside = '\n' + text.value_or("");
    return inside.find('\n' + std::to_string(monitor.pid) + '\n') != std::string::npos;
  };
  for (const engine::CgroupHierarchy& hierarchy : group.hierarchies()) {
    INFO(group.folder(hierarchy));
    for (int i = 0; i < 1000 && !is_inside(hierarchy); ++i) ::usleep(1000);  // once it has told of the start
    CHECK(is_inside(hierarchy));
  }
  CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(monitor.pid) + "/cwd") == "/");
  CHECK(box.exec("echo in it").second == "in it\n");
  box.stop(0);
  box.start();
  CHECK(box.status().state == State::kRunning);
  CHECK(command_of(parent_of(box.status().monitor.pid).pid).find(" serve ") != std::string::npos);
}

TEST_CASE("Sockets for names that a server has made serve a container in their network, and no other") {
  if (!is_root()) return;
  for (const bool is_theirs : {true, false}) {
    CAPTURE(is_theirs);
    Container box;
    engine::MonitorServer monitors(box.spec.monitors_cgroup);
    monitors.warm_up(engine::MonitorServer::Use::kOneWithNames);
    const sys::Fd made = monitors.take_namespace();
    const sys::Fd other = is_theirs ? sys::Fd() : netmgr::new_namespace();
    REQUIRE(made);
    box.spec.dns_server = true;
    box.spec.args = {"sleep", "1000"};
    engine::start_container(monitors, {box.spec, is_theirs ? made.get() : other.get(), {}, -1, {}, {}});
    const std::string folder = "/proc/" + std::to_string(box.status().process.pid) + "/net/";
    for (const char* protocol : {"udp", "tcp"}) {
      const std::string sockets = sys::read_file(folder + protocol);
      const size_t first = sockets.find(" 0B00007F:");  // 127.0.0.11
      CHECK(first != std::string::npos);
      CHECK(sockets.find(" 0B00007F:", first + 1) == std::string::npos);
    }
    if (is_theirs) continue;
    // Those in the other one went with it.
    const netmgr::NamespaceScope inside(made);
    CHECK(sys::read_file("/proc/thread-self/net/udp").find(" 0B00007F:") == std::string::npos);
  }
}

TEST_CASE("What a start's caller cannot make is why it failed, and nothing is left of it") {
  if (!is_root()) return;
  const auto fail = [] { throw engine::Error(engine::Error::Kind::kUnavailable, "no such bridge"); };
  for (const bool in_files : {true, false}) {
    CAPTURE(in_files);
    Container box;
    box.spec.args = {"sleep", "1000"};
    box.spec.host_network = true;
    engine::ContainerStart start{box.spec, -1, {}, -1, {}, {}};
    if (in_files) {
      start.files = [&](const engine::Spec&) { fail(); };
    } else {
      start.meanwhile = fail;
    }
    CHECK_THROWS_WITH(engine::start_container(box.monitors(), start), "no such bridge");
    CHECK(box.status().state == State::kCreated);
    CHECK(box.status().exit_code == 125);
    CHECK(box.status().error == "no such bridge");
    CHECK(::access(container_test::cgroup_folder(box.spec, "memory").c_str(), F_OK) != 0);
  }
}

TEST_CASE("A server for one exec runs it, and a second exec has another") {
  if (!is_root()) return;
  Container box;
  box.start();
  engine::MonitorServer monitors(box.spec.monitors_cgroup);
  monitors.warm_up(engine::MonitorServer::Use::kExec);
  engine::ExecRequest request;
  std::string output;
  request.output = [&](std::string_view text) { output += text; };
  request.interactive = false;
  for (const char* word : {"first", "second"}) {
    output.clear();
    request.args = {"sh", "-c", std::string("echo ") + word + "; exit 7"};
    CHECK(engine::exec_in_container(monitors, box.spec.name, box.spec.run_dir, box.status(), request) == 7);
    CHECK(output == std::string(word) + "\n");
  }
}

TEST_CASE("A server that is let go of ends, and the next start has another") {
  if (!is_root()) return;
  engine::MonitorServer monitors("/compose-test-" + std::to_string(::getpid()) + "/served");
  monitors.warm_up();
  monitors.warm_up();
  monitors.end();
  const engine::Cgroup group("/compose-test-" + std::to_string(::getpid()) + "/served");
  for (const auto& hierarchy : group.hierarchies()) {
    INFO(hierarchy.mount_point);
    for (int i = 0; i < 100 && !sys::read_file(group.folder(hierarchy) + "/cgroup.procs").empty(); ++i)
      ::usleep(1000);
    CHECK(::rmdir(group.folder(hierarchy).c_str()) == 0);
    ::rmdir((hierarchy.mount_point + "/compose-test-" + std::to_string(::getpid())).c_str());
  }
  Container box;
  box.start();
  const sys::ProcessId before = parent_of(box.status().monitor.pid);
  box.stop(0);
  ::usleep(2500000);  // it has nothing to do for two seconds
  CHECK_FALSE(sys::is_alive(before));
  box.start();
  CHECK(box.status().state == State::kRunning);
}

TEST_CASE("Containers that are started at once by several threads get a monitor each") {
  if (!is_root()) return;
  constexpr int kMany = 6;
  std::vector<std::unique_ptr<Container>> boxes;
  boxes.reserve(kMany);
  for (int i = 0; i < kMany; ++i) boxes.push_back(std::make_unique<Container>());
  engine::MonitorServer monitors(boxes[0]->spec.monitors_cgroup);
  std::vector<std::thread> threads;
  threads.reserve(kMany);
  std::atomic<int> started = 0;
  for (const auto& box : boxes) {
    threads.emplace_back([&] {
      box->spec.args = {"sleep", "1000"};
      box->spec.host_network = true;
      engine::start_container(monitors, {box->spec, -1, {}, -1, {}, {}});
      ++started;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(started == kMany);
  std::set<pid_t> pids;
  for (const auto& box : boxes) pids.insert(box->status().monitor.pid);
  CHECK(pids.size() == kMany);
  monitors.end();
}

TEST_CASE("More host ports than one message has room for are held all the same") {
  if (!is_root()) return;
  Container box;
  std::vector<sys::Fd> held;
  std::vector<int> numbers;
  for (int i = 0; i < 300; ++i) {
    held.push_back(sys::open("/dev/null", O_RDONLY));
    numbers.push_back(held.back().get());
  }
  box.start(numbers);
  const std::string folder = "/proc/" + std::to_string(box.status().monitor.pid) + "/fd";
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const int number = std::atoi(entry.path().filename().c_str());
    if (number >= 16 && number < 316 && std::filesystem::read_symlink(entry.path()) == "/dev/null") ++found;
  }
  CHECK(found == 300);
}
