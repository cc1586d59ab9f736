#include "fixture.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "engine/container/cgroup.h"
#include "engine/container/seccomp.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace container_test {

namespace {

// A network namespace with nothing but loopback, made on a thread so that ours stays as it is.
sys::Fd new_netns() {
  sys::Fd fd;
  std::thread([&fd] {
    if (::unshare(CLONE_NEWNET) != 0) return;
    const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0)
      fd = sys::open("/proc/thread-self/ns/net", O_RDONLY);
  }).join();
  REQUIRE(fd);
  return fd;
}

void make_rootfs(const std::string& lower) {
  for (const char* folder : {"/bin", "/etc", "/tmp", "/proc", "/dev", "/sys", "/home/ann"}) {
    sys::make_dirs(lower + folder);
  }
  sys::write_file_atomic(lower + "/bin/busybox", sys::read_file("/bin/busybox"), 0755);
  for (const char* applet :
       {"sh",      "sleep", "cat",      "echo",     "id",    "ls",  "true", "false",  "mount",
        "unshare", "stat",  "mkdir",    "rm",       "touch", "ln",  "head", "printf", "kill",
        "ps",      "tty",   "stty",     "hostname", "env",   "pwd", "test", "mknod",  "wc",
        "dd",      "grep",  "readlink", "chroot",   "tr",    "seq", "date", "umount", "sort",
        "cut",     "nc",    "usleep",   "df",       "setsid"}) {
    REQUIRE(::symlink("/bin/busybox", (lower + "/bin/" + applet).c_str()) == 0);
  }
  sys::write_file_atomic(lower + "/etc/passwd",
                         "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
  sys::write_file_atomic(lower + "/etc/group",
                         "root:x:0:\nann:x:1000:\nvideo:x:44:ann,root\naudio:x:29:ann\n");
}

std::string monitors_cgroup() {
  return "/compose-test-" + std::to_string(::getpid()) + "/monitors";
}

}  // namespace

bool is_root() {
  if (::geteuid() == 0) return true;
  WARN("skipped: containers need root");
  return false;
}

std::string cgroup_folder(const engine::Spec& spec, const std::string& controller) {
  const engine::Cgroup cgroup(spec.cgroup);
  for (const auto& hierarchy : cgroup.hierarchies()) {
    if (cgroup.unified()) return cgroup.folder(hierarchy);
    for (const auto& name : hierarchy.controllers) {
      if (name == controller) return cgroup.folder(hierarchy);
    }
  }
  return {};
}

Container::Container() : netns_(new_netns()), monitors_(monitors_cgroup()) {
  char name[] = "/tmp/compose-container-test-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  root = name;
  make_rootfs(lower());
  for (const char* folder : {"/upper", "/work", "/run", "/state"}) sys::make_dirs(root + folder);
  spec.id = sys::random_hex(64);
  spec.name = "test-1";
  spec.hostname = "box";
  spec.lower_dirs = {lower()};
  spec.upper_dir = root + "/upper";
  spec.work_dir = root + "/work";
  spec.capabilities = engine::effective_capabilities({}, {}, false);
  const engine::SeccompFile filter = engine::cached_default_seccomp(root, spec.capabilities);
  spec.seccomp_bpf = filter.path;
  spec.seccomp_flags = filter.flags;
  spec.cgroup = "/compose-test-" + std::to_string(::getpid()) + "/" + spec.id;
  spec.monitors_cgroup = monitors_cgroup();
  spec.log_path = root + "/state/log.json";
  spec.run_dir = root + "/run";
  spec.state_dir = root + "/state";
}

Container::~Container() {
  monitors_.end();
  try {
    engine::kill_container(spec.run_dir, spec.state_dir, SIGKILL);
    wait_for_end();
    const sys::ProcessId monitor = status().monitor;
    for (int i = 0; i < 200 && sys::is_alive(monitor); ++i) ::usleep(10000);
    // Nothing may be left: no process, no cgroup, no mount (else remove_tree refuses).
    const engine::Cgroup cgroup(spec.cgroup);
    for (const auto& hierarchy : cgroup.hierarchies()) {
      CHECK(::access(cgroup.folder(hierarchy).c_str(), F_OK) != 0);
      const std::string parent = hierarchy.mount_point + spec.cgroup.substr(0, spec.cgroup.rfind('/'));
      for (const char* group : {"/monitors", ""})
        ::rmdir((parent + group).c_str());  // unless another test's is in
    }
    sys::remove_tree(root);
  } catch (const std::exception& error) {
    UNSCOPED_INFO(error.what());
    CHECK(false);
  }
}

sys::ProcessId Container::start(const std::vector<int>& held) {
  if (spec.args.empty()) spec.args = {"sleep", "1000"};
  return engine::start_container(monitors_, {spec, netns_.get(), held, -1, {}, {}}).process;
}

engine::Attached Container::attach(bool input) {
  return engine::start_attached(monitors_, {spec, netns_.get(), {}, -1, {}, {}}, input);
}

std::pair<int, std::string> Container::step(const std::string& script) {
  spec.args = {"/bin/sh", "-c", script};
  sys::Pipe pipe = sys::pipe();
  std::string output;
  std::thread reader([&] { output = sys::read_all(pipe.read.get()); });
  int code = -1;
  try {
    code = engine::run_step(spec, netns_, pipe.write.get(), -1);
  } catch (...) {
    pipe.write.reset();
    reader.join();
    throw;
  }
  pipe.write.reset();
  reader.join();
  return {code, output};
}

std::pair<int, std::string> captured_exec(const Container& container, const engine::ExecRequest& request) {
  sys::Pipe pipe = sys::pipe();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::signal(SIGPIPE, SIG_IGN);  // as the program does: input may come after the end of who would read it
    ::dup2(pipe.write.get(), 1);
    ::dup2(pipe.write.get(), 2);
    int code = 99;
    try {
      engine::MonitorServer monitors(container.spec.monitors_cgroup);
      code = engine::exec_in_container(monitors, container.spec.name, container.spec.run_dir,
                                       container.status(), request);
    } catch (const std::exception& error) {
      sys::write_all(1, error.what());
    }
    ::_exit(code);
  }
  pipe.write.reset();
  std::string output = sys::read_all(pipe.read.get());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return {WEXITSTATUS(status), output};
}

std::pair<int, std::string> Container::exec(const std::string& script, engine::ExecRequest request) {
  if (!engine::kill_container(spec.run_dir, spec.state_dir, 0)) start();
  request.args = {"/bin/sh", "-c", script};
  if (request.env.empty()) request.env = spec.env;
  return captured_exec(*this, request);
}

engine::Status Container::wait_for_end() {
  return engine::watch_status(spec.run_dir, spec.state_dir, 20000,
                              [](const engine::Status&) { return true; });
}

engine::Status Container::wait_until(const std::function<bool(const engine::Status&)>& wanted) {
  bool seen = false;
  const auto status =
      engine::watch_status(spec.run_dir, spec.state_dir, 10000, [&](const engine::Status& now) {
        seen = wanted(now);
        return !seen;
      });
  INFO(to_json(status));
  REQUIRE(seen);
  return status;
}

void Container::stop(int64_t grace_ms) {
  engine::stop_container(spec.run_dir, spec.state_dir, engine::signal_number(spec.stop_signal), grace_ms);
}

std::string Container::log() const {
  return sys::read_file_if_exists(spec.log_path).value_or("");
}

void Container::write_lower(const std::string& path, const std::string& text, unsigned mode) {
  sys::write_file_atomic(lower() + path, text, mode);
}

}  // namespace container_test
