// What the kernel alone takes for a container: clone3 into new namespaces, overlay, /proc and pivot_root,
// exec of the program, its end. No state, no log, no confinement, nobody waiting beside. What `container run
// --rm` takes above this is ours to answer for.
//
// usage: bench_floor ROOT COUNT [--net | --enter] [PROGRAM [ARGS...]]     PROGRAM: /bin/true
//   ROOT     a root file system; nothing is written to it
//   --net    a network too: a veth pair on a bridge, an address, a default route
//   --enter  each round runs the program in one container that is there, which runs its /bin/sleep: a process
//            that enters it, and one in it for the program. Prints one figure: all
// Prints a line for each of COUNT rounds, microseconds: all; clone; network; mounts; exec until the end; the
// end until all namespaces are gone from the parent's view (its wait returned). Run it in network and mount
// namespaces of its own; as root.
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "bare.h"

namespace {

using bare::kNamespaces;
using bare::need;

constexpr uint32_t kSubnet = 0x0ad50000;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// When each part was over; the child writes to it too.
struct Times {
  int64_t start = 0, cloned = 0, network = 0, mounted = 0, ended = 0, reaped = 0;
};

[[noreturn]] void child(const std::string& root, const std::string& work, int go, Times& times,
                        char* const* args) {
  try {
    char byte = 0;
    need(::read(go, &byte, 1) == 1, "read");
    bare::pivot_into(bare::mount_root(root, work));
    times.mounted = now_ns();
    ::execv(args[0], args);
    need(false, args[0]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_floor: %s\n", error.what());
  }
  ::_exit(127);
}

// Each round's link has a name of its own: the one before goes only some time after its namespace.
void connect(pid_t pid, int number, const netmgr::Link& bridge, netmgr::NetlinkSocket& route) {
  const sys::Fd netns = sys::open("/proc/" + std::to_string(pid) + "/ns/net", O_RDONLY);
  bare::make_link(route, bridge, "floor" + std::to_string(number), kSubnet, netns);
}

// 0 in the child, which is in namespaces of its own.
pid_t clone_container(sys::Fd& process) {
  int pidfd = -1;
  clone_args clone{};
  clone.flags = kNamespaces | CLONE_PIDFD;
  clone.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  clone.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &clone, sizeof(clone));
  need(pid >= 0, "clone3");
  if (pid > 0) process.reset(pidfd);
  return static_cast<pid_t>(pid);
}

void make_folders(const std::string& work) {
  for (const char* name : {"/upper", "/work", "/merged"}) std::filesystem::create_directories(work + name);
}

struct Round {
  std::string root, work;
  netmgr::NetlinkSocket* route = nullptr;  // null: no network
  const netmgr::Link* bridge = nullptr;
  char* const* args = nullptr;
};

void run(const Round& round, int number, Times& times) {
  std::filesystem::remove_all(round.work);
  make_folders(round.work);
  times.start = now_ns();
  int go[2];
  need(::pipe2(go, O_CLOEXEC) == 0, "pipe2");
  const sys::Fd ours(go[1]), theirs(go[0]);
  sys::Fd process;
  const pid_t pid = clone_container(process);
  if (pid == 0) child(round.root, round.work, theirs.get(), times, round.args);
  times.cloned = now_ns();
  if (round.route != nullptr) connect(pid, number, *round.bridge, *round.route);
  times.network = now_ns();
  need(::write(ours.get(), "x", 1) == 1, "write");
  pollfd wait{process.get(), POLLIN, 0};
  while (::poll(&wait, 1, -1) < 0 && errno == EINTR) continue;
  times.ended = now_ns();
  int status = 0;
  need(::waitpid(pid, &status, 0) == pid, "waitpid");
  times.reaped = now_ns();
  if (status != 0) throw std::runtime_error("the program ended with " + std::to_string(status));
}

// A container that stays, and what to end it by.
class Stays {
 public:
  Stays(const Round& round, Times& times) {
    make_folders(round.work);
    int ends[2];
    need(::pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    const sys::Fd ours(ends[0]);
    sys::Fd theirs(ends[1]);
    need(::write(theirs.get(), "x", 1) == 1, "write");  // which it takes
    char program[] = "/bin/sleep", time[] = "1000000";
    char* args[] = {program, time, nullptr};
    pid_ = clone_container(process_);
    if (pid_ == 0) child(round.root, round.work, ours.get(), times, args);
    theirs.reset();
    pollfd begun{ours.get(), 0, 0};  // its own end is closed by the exec, or with it
    while (::poll(&begun, 1, -1) < 0 && errno == EINTR) continue;
  }
  ~Stays() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Stays(const Stays&) = delete;
  Stays& operator=(const Stays&) = delete;
  int process() const { return process_.get(); }

 private:
  pid_t pid_ = -1;
  sys::Fd process_;
};

[[noreturn]] void enter_and_wait(int container, char* const* args) {
  if (::setns(container, kNamespaces) != 0) ::_exit(126);
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::execv(args[0], args);
    ::_exit(127);
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) ::_exit(127);
  ::_exit(0);
}

int bench_enter(const Round& round, int count, Times& times) {
  const Stays container(round, times);
  for (int n = 0; n < count; ++n) {
    const int64_t start = now_ns();
    const pid_t pid = ::fork();
    need(pid >= 0, "fork");
    if (pid == 0) enter_and_wait(container.process(), round.args);
    int status = 0;
    need(::waitpid(pid, &status, 0) == pid, "waitpid");
    if (status != 0) throw std::runtime_error("the program did not run in the container");
    std::printf("%lld\n", static_cast<long long>((now_ns() - start) / 1000));
  }
  return 0;
}

int bench(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_floor ROOT COUNT [--net | --enter] [PROGRAM [ARGS...]]\n");
    return 1;
  }
  const int count = std::atoi(argv[2]);
  int at = 3;
  const bool net = argc > at && std::strcmp(argv[at], "--net") == 0;
  const bool enter = argc > at && std::strcmp(argv[at], "--enter") == 0;
  if (net || enter) ++at;
  char usual[] = "/bin/true";
  char* usual_args[] = {usual, nullptr};
  Round round;
  round.root = std::filesystem::absolute(argv[1]).string();
  round.work =
      (std::filesystem::temp_directory_path() / ("bench-floor-" + std::to_string(::getpid()))).string();
  round.args = argc > at ? argv + at : usual_args;
  void* shared = ::mmap(nullptr, sizeof(Times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  need(shared != MAP_FAILED, "mmap");
  auto& times = *new (shared) Times;
  if (enter) {
    const int code = bench_enter(round, count, times);
    std::filesystem::remove_all(round.work);
    return code;
  }
  netmgr::NetlinkSocket route(NETLINK_ROUTE);
  std::optional<netmgr::Link> bridge;
  if (net) {
    netmgr::ensure_bridge(route, {"floor0", "floor", {bare::address_in(kSubnet, 1)}});
    bridge = netmgr::find_link(route, "floor0");
    round.route = &route;
    round.bridge = &*bridge;
  }
  for (int n = 0; n < count; ++n) {
    run(round, n + 1, times);
    const auto us = [](int64_t from, int64_t to) { return static_cast<long long>((to - from) / 1000); };
    std::printf("%lld %lld %lld %lld %lld %lld\n", us(times.start, times.reaped),
                us(times.start, times.cloned), us(times.cloned, times.network),
                us(times.network, times.mounted), us(times.mounted, times.ended),
                us(times.ended, times.reaped));
  }
  if (net) netmgr::delete_link(route, "floor0");
  std::filesystem::remove_all(round.work);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return bench(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_floor: %s\n", error.what());
    return 1;
  }
}
