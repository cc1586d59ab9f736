// The least that `container run --rm` and `exec` take when a command and a process that stays with the
// container are programs of their own, and the container is as confined as a default one: what the kernel
// asks for such a chain on this machine, with nothing read, recorded or told. floor.cpp is the same without
// the programs and the confinement.
//
// usage: bench_chain bridge                                       makes the bridge that `run --net` uses
//        bench_chain run ROOT WORK FILTER GROUPS [--net]          /bin/true in a new container
//        bench_chain exec PROCESS FILTER GROUPS                   /bin/true in the container of PROCESS
//   ROOT    a root file system; nothing is written to it         WORK  a folder to be made
//   FILTER  a seccomp filter, as struct sock_filter has it        GROUPS  folders of control groups,
//   separated by commas: run makes one named after its process below each of them, exec enters them
// Exits with 0 when the program has ended with 0. Run it in network and mount namespaces of its own; as root.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bare.h"
#include "engine/container/message.h"

namespace {

using bare::kNamespaces;

constexpr int kSocket = 3;  // of the second program, to the first
constexpr const char* kBridge = "chain0";
constexpr uint32_t kSubnet = 0x0ad60000;

// Ends the process at once: it may run on the stack of the one that made it.
void need(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  ::_exit(125);
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

void write_text(const std::string& path, const char* text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  need(fd >= 0 && ::write(fd, text, std::strlen(text)) > 0, path.c_str());
  ::close(fd);
}

// ---- in the container

// What Docker's default container keeps of root's capabilities.
constexpr uint64_t kKept = 0xa80425fb;

void confine(const std::vector<sock_filter>& filter) {
  for (unsigned number = 0; ::prctl(PR_CAPBSET_READ, number) >= 0; ++number)
    if ((kKept >> number & 1) == 0) need(::prctl(PR_CAPBSET_DROP, number) == 0, "PR_CAPBSET_DROP");
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  need(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0, "seccomp");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = static_cast<uint32_t>(kKept);
  need(::syscall(SYS_capset, &header, data) == 0, "capset");
}

[[noreturn]] void become_program() {
  char program[] = "/bin/true";
  char* args[] = {program, nullptr};
  char* none[] = {nullptr};
  ::execve(program, args, none);
  need(false, program);
  ::_exit(127);
}

void mount_at(const char* type, const std::string& target, unsigned long flags, const char* options) {
  ::mkdir(target.c_str(), 0755);
  need(::mount(type, target.c_str(), type, flags, options) == 0, target.c_str());
}

void make_dev(const std::string& dev) {
  mount_at("tmpfs", dev, MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k");
  const struct {
    const char* name;
    unsigned major, minor;
  } nodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
               {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
  for (const auto& node : nodes)
    need(::mknod((dev + '/' + node.name).c_str(), S_IFCHR | 0666, ::makedev(node.major, node.minor)) == 0,
         node.name);
  need(::symlink("/proc/self/fd", (dev + "/fd").c_str()) == 0, "symlink");
  mount_at("devpts", dev + "/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  mount_at("tmpfs", dev + "/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m");
  mount_at("mqueue", dev + "/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

void cover(const std::string& path, const std::string& null) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode))
    need(::mount("tmpfs", path.c_str(), "tmpfs", MS_RDONLY, "size=4k") == 0, path.c_str());
  else
    need(::mount(null.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0, path.c_str());
}

void enter_root(const std::string& root, const std::string& work) {
  constexpr unsigned long kInert = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const std::string merged = bare::mount_root(root, work);
  mount_at("sysfs", merged + "/sys", kInert | MS_RDONLY, nullptr);
  make_dev(merged + "/dev");
  for (const char* name : {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                           "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
                           "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap"})
    cover(merged + name, merged + "/dev/null");
  for (const char* name : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}) {
    const std::string path = merged + name;
    if (::access(path.c_str(), F_OK) != 0) continue;
    need(::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0, path.c_str());
    need(::mount(nullptr, path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | kInert, nullptr) == 0,
         path.c_str());
  }
  bare::pivot_into(merged);
}

// ---- the program that stays with the container

std::vector<sock_filter> read_filter(const char* path) {
  std::vector<sock_filter> filter(BPF_MAXINSNS);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = ::read(fd, filter.data(), filter.size() * sizeof(sock_filter));
  need(fd >= 0 && size > 0, path);
  ::close(fd);
  filter.resize(static_cast<size_t>(size) / sizeof(sock_filter));
  return filter;
}

int wait_for(pid_t pid, int pidfd) {
  pollfd end{pidfd, POLLIN, 0};
  while (::poll(&end, 1, -1) < 0 && errno == EINTR) continue;
  int status = 0;
  need(::waitpid(pid, &status, 0) == pid, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// `go`: what the first program says once the network is there.
int keep_run(char** args) {
  const std::string root = args[0], work = args[1];
  std::vector<std::string> groups = parts_of(args[3]);
  for (std::string& group : groups) {
    group += "/chain-" + std::to_string(::getpid());
    need(::mkdir(group.c_str(), 0755) == 0, group.c_str());
  }
  for (const char* name : {"", "/upper", "/work", "/merged"}) ::mkdir((work + name).c_str(), 0755);
  const std::vector<sock_filter> filter = read_filter(args[2]);
  const auto go = engine::receive_message(kSocket);
  need(go.has_value(), "the command has ended");
  int pidfd = -1;
  clone_args clone{};
  clone.flags = (kNamespaces & ~uint64_t{CLONE_NEWCGROUP}) | CLONE_PIDFD;
  if (go->fd) clone.flags &= ~uint64_t{CLONE_NEWNET};
  clone.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  clone.exit_signal = SIGCHLD;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &clone, sizeof clone));
  need(pid >= 0, "clone3");
  if (pid == 0) {
    if (go->fd) need(::setns(go->fd.get(), CLONE_NEWNET) == 0, "setns");
    for (const std::string& group : groups) write_text(group + "/cgroup.procs", "0");
    need(::unshare(CLONE_NEWCGROUP) == 0, "unshare");
    enter_root(root, work);
    confine(filter);
    become_program();
  }
  const int code = wait_for(pid, pidfd);
  for (const std::string& group : groups) need(::rmdir(group.c_str()) == 0, group.c_str());
  return code;
}

int keep_exec(char** args) {
  const std::vector<std::string> groups = parts_of(args[2]);
  const std::vector<sock_filter> filter = read_filter(args[1]);
  const int container = static_cast<int>(::syscall(SYS_pidfd_open, std::atoi(args[0]), 0));
  need(container >= 0, "pidfd_open");
  need(engine::receive_message(kSocket).has_value(), "the command has ended");
  const pid_t first = ::vfork();
  if (first == 0) {
    for (const std::string& group : groups) write_text(group + "/cgroup.procs", "0");
    need(::setns(container, kNamespaces) == 0, "setns");
    confine(filter);
    const pid_t second = ::fork();
    if (second == 0) become_program();
    ::_exit(second > 0 ? wait_for(second, static_cast<int>(::syscall(SYS_pidfd_open, second, 0))) : 126);
  }
  int status = 0;
  need(first > 0 && ::waitpid(first, &status, 0) == first, "waitpid");
  return WEXITSTATUS(status);
}

// ---- the command

sys::Fd begin(char** argv, const char* word) {
  engine::SocketPair ends = engine::message_sockets();
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::dup2(ends.theirs.get(), kSocket);
    if (ends.theirs.get() == kSocket) ::fcntl(kSocket, F_SETFD, 0);
    std::vector<char*> args(argv, argv + 1);
    args.push_back(const_cast<char*>(word));
    for (char** more = argv + 2; *more != nullptr; ++more) args.push_back(*more);
    args.push_back(nullptr);
    ::execv("/proc/self/exe", args.data());
    ::_exit(127);
  }
  need(pid > 0, "vfork");
  return std::move(ends.ours);
}

// The namespace is ours from then on.
sys::Fd make_network() {
  netmgr::NetlinkSocket route(NETLINK_ROUTE);
  const auto bridge = netmgr::find_link(route, kBridge);
  need(bridge.has_value(), "bench_chain bridge has not been run");
  need(::unshare(CLONE_NEWNET) == 0, "unshare");
  sys::Fd netns = sys::open("/proc/self/ns/net", O_RDONLY);
  bare::make_link(route, *bridge, "chain" + std::to_string(::getpid()), kSubnet, netns);
  return netns;
}

int make_bridge() {
  netmgr::NetlinkSocket route(NETLINK_ROUTE);
  netmgr::ensure_bridge(route, {kBridge, "chain", {bare::address_in(kSubnet, 1)}});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string word = argc > 1 ? argv[1] : "";
    if (word == "bridge") return make_bridge();
    if (word == "keep-run" || word == "keep-exec") {
      const int code = word == "keep-run" ? keep_run(argv + 2) : keep_exec(argv + 2);
      engine::send_message(kSocket, std::to_string(code));
      return 0;
    }
    const bool run = word == "run" && argc >= 6;
    if (!run && (word != "exec" || argc != 5)) {
      std::fprintf(stderr, "usage: see tests/bench/chain.cpp\n");
      return 64;
    }
    const sys::Fd keeper = begin(argv, run ? "keep-run" : "keep-exec");
    const bool net = run && argc > 6 && std::strcmp(argv[6], "--net") == 0;
    const sys::Fd netns = net ? make_network() : sys::Fd();
    engine::send_message(keeper.get(), "go", netns.get());
    const auto code = engine::receive_message(keeper.get());
    return code ? std::atoi(code->text.c_str()) : 125;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_chain: %s\n", error.what());
    return 1;
  }
}
