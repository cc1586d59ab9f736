#include "engine/container/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "engine/container/apparmor.h"
#include "engine/container/clone.h"
#include "engine/container/message.h"
#include "engine/container/mount_source.h"
#include "engine/container/namespaces.h"
#include "engine/container/program.h"
#include "engine/container/rootfs.h"
#include "engine/container/run_files.h"
#include "engine/container/setup_error.h"
#include "sys/clone3.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr const char* kConsole = "console";
constexpr int64_t kMostStartMs = 30000;

void set_stdio(const Stdio& stdio) {
  const int wanted[3] = {stdio.in, stdio.out, stdio.err};
  sys::Fd held[3];  // above 2 first, or one could be overwritten before its turn
  for (int i = 0; i < 3; ++i) {
    held[i] = wanted[i] >= 0 ? sys::dup(wanted[i]) : sys::open("/dev/null", O_RDWR);
    if (held[i].get() < 3) held[i] = sys::dup(held[i].get());
  }
  for (int i = 0; i < 3; ++i) sys::check(::dup2(held[i].get(), i), "dup2");
}

// Before the program runs, so that it finds the size it will be shown in.
void set_size(int master, const Spec& spec) {
  winsize size{};
  size.ws_row = spec.rows;
  size.ws_col = spec.columns;
  if (spec.rows > 0 && spec.columns > 0)
    sys::check(::ioctl(master, TIOCSWINSZ, &size), "ioctl", "TIOCSWINSZ");
}

void use_terminal(Console console, int report) {
  if (!send_message(report, kConsole, console.master.get())) sys::fail("sendmsg", "console");
  const int fd = console.terminal.get();
  set_stdio({fd, fd, fd});
}

void set_oom_score(int score) {
  if (score == 0) return;
  in_step("set oom_score_adj to " + std::to_string(score),
          [&] { sys::write_knob("/proc/self/oom_score_adj", std::to_string(score)); });
}

std::string read_filter(const Spec& spec) {
  if (spec.seccomp_bpf.empty()) return {};
  return in_step("read seccomp filter", [&] { return sys::read_file(spec.seccomp_bpf); });
}

Program program_of(const Spec& spec, bool privileged) {
  Program program;
  program.hostname = spec.hostname;
  program.groups = spec.groups;
  program.no_new_privs = spec.no_new_privs;
  program.seccomp_flags = spec.seccomp_flags;
  program.capabilities = privileged ? ~CapabilityMask{0} : capability_mask(spec.capabilities);
  return program;
}

void set_names(const Spec& spec) {
  if (!spec.uts.mode.empty()) return;  // they are another's
  if (!spec.hostname.empty()) {
    in_step("set hostname", [&] {
      sys::check(::sethostname(spec.hostname.data(), spec.hostname.size()), "sethostname", spec.hostname);
    });
  }
  if (!spec.domainname.empty()) {
    in_step("set domainname", [&] {
      sys::check(::setdomainname(spec.domainname.data(), spec.domainname.size()), "setdomainname",
                 spec.domainname);
    });
  }
}

// A number that a child process can set and its parent reads.
class SharedNumber {
 public:
  SharedNumber()
      : place_(::mmap(nullptr, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (place_ == MAP_FAILED) sys::fail("mmap");
  }
  ~SharedNumber() { ::munmap(place_, sizeof(pid_t)); }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  // In the child: what it makes in its turn does not have the number within its reach.
  void keep_from_children() {
    sys::check(::madvise(place_, sizeof(pid_t), MADV_DONTFORK), "madvise", "MADV_DONTFORK");
  }
  pid_t& value() { return *static_cast<pid_t*>(place_); }

 private:
  void* place_;
};

void wait_at(int gate) {
  if (gate < 0) return;
  const auto message = receive_message(gate);
  if (!message)
    throw SetupError("start the program", "the command that was to see to its network has ended before");
  if (message->text != kGoOn) throw SetupError("", message->text);
}

[[noreturn]] void container_main(const ContainerLaunch& launch, const std::string& filter,
                                 const Lenders& lenders, const std::vector<sys::Fd>& devices,
                                 SharedNumber& entered, bool& settled, int report) {
  entered.keep_from_children();
  const Spec& spec = launch.spec;
  if (!spec.host_network && !lenders.net) {
    in_step("join the network namespace",
            [&] { sys::check(::setns(launch.netns, CLONE_NEWNET), "setns", "network"); });
  }
  set_oom_score(spec.oom_score_adj);
  use_apparmor(spec.apparmor);
  in_step("join the cgroup", [&] { launch.cgroup.join_v1(); });
  if (!spec.host_cgroup_namespace)
    in_step("make a cgroup namespace", [] { sys::check(::unshare(CLONE_NEWCGROUP), "unshare", "cgroup"); });
  join_lenders(spec, lenders);
  set_names(spec);
  // They may be a network interface's.
  const bool waits_early = !spec.sysctls.empty();
  wait_at(launch.gate);
  if (waits_early) wait_at(launch.gate);
  if (!spec.tty) set_stdio(launch.stdio);
  const sys::Fd shm = shared_memory(spec, lenders);
  const sys::Fd proc = shared_proc(spec, lenders);
  Console console = enter_rootfs(spec, launch.cgroup, launch.init_program, {devices, shm, proc});
  if (spec.tty) {
    set_size(console.master.get(), spec);
    use_terminal(std::move(console), report);
  }

  Program program = program_of(spec, spec.privileged);
  program.args = spec.args;
  program.env = spec.env;
  program.working_dir = spec.working_dir;
  program.user = spec.user;
  program.limits = standard_limits_without(spec.ulimits);
  program.asked_limits = spec.ulimits;
  program.seccomp = filter;
  program.terminal = spec.tty;
  program.init = spec.init;
  program.own_stdio = true;
  program.die_with_parent = launch.die_with_parent;
  program.report = report;
  if (lenders.pid) program.apart = &entered.value();
  program.at_exec = &settled;
  if (!waits_early) wait_at(launch.gate);
  exec_program(program);
}

[[noreturn]] void entry_main(const EntryLaunch& launch, const std::string& filter,
                             const std::vector<ResourceLimit>& limits, SharedNumber& entered, int report) {
  entered.keep_from_children();
  set_oom_score(launch.spec.oom_score_adj);
  use_apparmor(launch.spec.apparmor);
  in_step("join the cgroup", [&] { launch.cgroup.join_v1(); });
  // What the host's /dev/null is must be settled before the container's tree is in view.
  if (!launch.tty) set_stdio(launch.stdio);
  constexpr int kNamespaces =
      CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID;
  in_step("enter the container", [&] { sys::check(::setns(launch.container, kNamespaces), "setns"); });
  if (launch.tty) {
    const sys::Fd root = sys::open("/", O_PATH | O_DIRECTORY);
    in_step("open a terminal", [&] {
      const sys::Fd pts = sys::open_in_root(root.get(), "/dev/pts", O_PATH | O_DIRECTORY | O_NOFOLLOW);
      Console console = open_terminal(pts.get());
      set_size(console.master.get(), launch.spec);
      use_terminal(std::move(console), report);
    });
  }
  Program program = program_of(launch.spec, launch.privileged || launch.spec.privileged);
  program.args = launch.args;
  program.env = launch.env;
  program.working_dir = launch.working_dir.empty() ? launch.spec.working_dir : launch.working_dir;
  program.user = launch.user;
  program.limits = limits;
  program.seccomp = filter;
  program.terminal = launch.tty;
  program.own_stdio = launch.own_stdio;
  program.report = report;
  program.apart = &entered.value();
  exec_program(program);
}

// Runs in the child: whatever goes wrong becomes one message "<exit code> <text>".
template <typename Main>
[[noreturn]] void run_child(int report, bool& settled, Main main) {
  try {
    main();
  } catch (const SetupError& error) {
    send_message(report, std::to_string(error.exit_code()) + ' ' + error.what());
  } catch (const std::exception& error) {
    send_message(report, std::to_string(kExitSetupFailed) + ' ' + error.what());
  }
  settled = true;
  ::_exit(kExitSetupFailed);
}

void reap(const sys::Fd& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0 && errno == EINTR) continue;
}

// False when nothing has come by `deadline` (monotonic).
bool wait_until(int64_t deadline, const sys::Fd& report) {
  for (;;) {
    pollfd fd{report.get(), POLLIN, 0};
    const int64_t left = std::clamp<int64_t>(deadline - monotonic_ms(), 0, 1 << 30);
    const int ready = ::poll(&fd, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) sys::fail("poll");
    if (ready == 0 && monotonic_ms() >= deadline) return false;
  }
}

// A process on its way to the program.
struct Newborn {
  pid_t pid = 0;
  sys::Fd pidfd;
  const pid_t* apart = nullptr;  // Program::apart; null: it becomes the program itself
};

// From the first process, which is over or about to be, to the second; without pidfd when there is none.
void pass_on(Newborn& newborn) {
  if (newborn.apart == nullptr) return;
  reap(newborn.pidfd);
  newborn.pid = *newborn.apart;
  newborn.apart = nullptr;
  // A child of ours that nobody has reaped: the number is its own.
  newborn.pidfd.reset(newborn.pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, newborn.pid, 0)) : -1);
}

// Whoever can see a process may have stopped it, so that it would never end by itself.
void end(Newborn& newborn) {
  sys::send_signal(newborn.pidfd, SIGKILL);
  const bool second = newborn.apart != nullptr;
  if (second) pass_on(newborn);
  if (second && newborn.pidfd) sys::send_signal(newborn.pidfd, SIGKILL);
  if (newborn.pidfd) reap(newborn.pidfd);
}

// Waits for the exec, which closes the child's end, or for the report of what went wrong. `limit_ms` 0: as
// long as it takes.
Launched await_exec(Newborn newborn, const sys::Fd& report, int64_t limit_ms) {
  Launched launched;
  const int64_t deadline = monotonic_ms() + limit_ms;
  for (;;) {
    if (limit_ms > 0 && !wait_until(deadline, report)) {
      end(newborn);
      throw SetupError("start the program", "not done within " + std::to_string(limit_ms) +
                                                " ms; was it stopped by a process of the container?");
    }
    auto message = receive_message(report.get());
    if (!message) break;
    if (message->fd) {
      launched.console = std::move(message->fd);
      continue;
    }
    end(newborn);
    char* rest = nullptr;
    const long code = std::strtol(message->text.c_str(), &rest, 10);
    throw SetupError("", *rest == ' ' ? rest + 1 : rest, static_cast<int>(code));
  }
  pass_on(newborn);
  if (!newborn.pidfd)
    throw SetupError("start the program",
                     "it was killed before it began; by the end of its container, or a seccomp profile?");
  launched.process.pid = newborn.pid;
  // A program that is over already has no start time any more; it is still ours to reap, so the pid is safe.
  launched.process.start_time = sys::start_time_of(newborn.pid).value_or(0);
  launched.pidfd = std::move(newborn.pidfd);
  return launched;
}

// "Pid:\t123" (man 2 pidfd_open); -1 when the process is gone.
pid_t pid_of(int pidfd) {
  const std::string text = sys::read_file("/proc/self/fdinfo/" + std::to_string(pidfd));
  const size_t at = text.find("Pid:");
  return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + 4);
}

// Only where nobody but root of the host can reach the new process: in, or on its way into, a pid namespace
// that is the container's own. Who can stop it would have us wait with it, beyond any limit.
bool may_share(bool once, const Spec& spec) {
  return sys::kSharesMemory && once && spec.pid.mode.empty();
}

// The new process runs `main`, in our memory or in a copy of it.
template <typename Main>
pid_t clone_child(bool sharing, uint64_t namespaces, const sys::Fd& folder, sys::Fd& pidfd,
                  const Main& main) {
  if (sharing)
    return clone_sharing(
        namespaces, folder, pidfd, [](const void* it) { (*static_cast<const Main*>(it))(); }, &main);
  const pid_t pid = clone_process(namespaces, folder, pidfd);
  if (pid == 0) main();
  return pid;
}

template <typename Main>
pid_t clone_into_container(const EntryLaunch& launch, sys::Fd& pidfd, const Main& main) {
  const bool sharing = may_share(launch.once, launch.spec);
  const sys::Fd folder = launch.cgroup.birth_folder();
  try {
    return clone_child(sharing, 0, folder, pidfd, main);
  } catch (const sys::Error& error) {
    if (error.code() != EBUSY) throw;
    const sys::Fd beside = launch.cgroup.birth_folder_beside(pid_of(launch.container));
    if (!beside) throw;
    return clone_child(sharing, 0, beside, pidfd, main);
  }
}

// It was killed on its way, by root of the host: what it left of our memory, the allocator's too, is not to
// be relied upon. Who started us clears away.
[[noreturn]] void abandon(pid_t pid) {
  static constexpr char kWhy[] = R"({"ok":false,"message":"its first process was killed before it began"})";
  ::send(kReportFd, kWhy, sizeof kWhy - 1, MSG_NOSIGNAL);
  ::waitpid(pid, nullptr, 0);
  ::_exit(kExitSetupFailed);
}

}  // namespace

Launched launch_container(const ContainerLaunch& launch) {
  const std::string filter = read_filter(launch.spec);
  const Lenders lenders = open_lenders(launch.spec);
  const std::vector<sys::Fd> devices = open_devices(launch.spec);
  SocketPair report = message_sockets();
  SharedNumber entered;
  bool settled = false;  // the new process has got somewhere; seen where the memory is shared
  const auto child = [&, ours = report.ours.get(), theirs = report.theirs.get()] {
    ::close(ours);
    run_child(theirs, settled,
              [&] { container_main(launch, filter, lenders, devices, entered, settled, theirs); });
  };
  const bool sharing = may_share(launch.once, launch.spec);
  sys::Fd pidfd;
  const pid_t pid = clone_child(sharing, CLONE_NEWNS | own_namespaces(launch.spec),
                                launch.cgroup.birth_folder(), pidfd, child);
  report.theirs.reset();
  if (sharing && !settled) abandon(pid);
  Newborn newborn{pid, std::move(pidfd), lenders.pid ? &entered.value() : nullptr};
  // In a pid namespace of its own nobody but us can reach the new process yet.
  return await_exec(std::move(newborn), report.ours, launch.spec.pid.mode.empty() ? 0 : kMostStartMs);
}

Launched launch_in_container(const EntryLaunch& launch) {
  const std::string filter = launch.privileged ? std::string() : read_filter(launch.spec);
  const std::vector<ResourceLimit> limits = limits_of(pid_of(launch.container));
  SocketPair report = message_sockets();
  SharedNumber entered;
  const auto child = [&, ours = report.ours.get(), theirs = report.theirs.get()] {
    ::close(ours);
    bool settled = false;  // of no interest: the caller ends soon
    run_child(theirs, settled, [&] { entry_main(launch, filter, limits, entered, theirs); });
  };
  sys::Fd pidfd;
  const pid_t pid = clone_into_container(launch, pidfd, child);
  report.theirs.reset();
  return await_exec({pid, std::move(pidfd), &entered.value()}, report.ours, launch.limit_ms);
}

int exit_code_of(int code, int status) {
  return code == CLD_EXITED ? status : 128 + status;
}

}  // namespace engine
