#include "sys/spawn.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <utility>

#include "sys/clone3.h"
#include "sys/error.h"

namespace sys {

namespace {

struct Action {
  int number = -1;  // in the child
  int fd = -1;      // it becomes this one of the caller's; -1: what is opened
  std::string path;
  int flags = 0;
  mode_t mode = 0;
};

}  // namespace

struct Begun::Order {
  std::vector<Action> actions;
  std::string program;
  std::vector<std::string> words;
  std::vector<char*> argv, envp;
  pid_t pid = -1;
  int error = 0;                              // why it was not executed; the child writes it
  std::atomic<pid_t> in_flight{0};            // the kernel clears it when the child has left our memory
  alignas(16) std::array<char, 16384> stack;  // it makes system calls only

  void name(const std::string& what, const std::vector<std::string>& called) {
    program = what;
    words = called;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry) envp.push_back(*entry);
    envp.push_back(nullptr);
  }
  void await() noexcept {
    for (;;) {
      const pid_t now = in_flight.load(std::memory_order_acquire);
      if (now == 0) return;
      ::syscall(SYS_futex, &in_flight, FUTEX_WAIT, now, nullptr, nullptr, 0);
    }
  }
};

namespace {

static_assert(sizeof(std::atomic<pid_t>) == sizeof(pid_t) && std::atomic<pid_t>::is_always_lock_free);

#if defined(__x86_64__)

// The C library's own would write to errno, which is the calling thread's: that one goes on meanwhile.
long call(long number, long a = 0, long b = 0, long c = 0, long d = 0) noexcept {
  long result = number;
  asm volatile(
      "mov %[d], %%r10\n\t"
      "syscall"
      : "+a"(result)
      : "D"(a), "S"(b), "d"(c), [d] "r"(d)
      : "rcx", "r10", "r11", "memory");
  return result;
}

long address_of(const void* place) noexcept {
  return reinterpret_cast<long>(place);
}

constexpr long kSignalSet = _NSIG / 8;  // bytes of the kernel's

// 0, or the negative errno.
long carry_out(const Action& action) noexcept {
  if (action.fd >= 0) return std::min(call(SYS_dup2, action.fd, action.number), 0L);
  const long fd = call(SYS_openat, AT_FDCWD, address_of(action.path.c_str()), action.flags, action.mode);
  if (fd < 0 || fd == action.number) return std::min(fd, 0L);
  const long result = call(SYS_dup2, fd, action.number);
  call(SYS_close, fd);
  return std::min(result, 0L);
}

// In the child, beside the caller.
[[noreturn]] void begin_program(const void* argument) noexcept {
  auto* order = static_cast<Begun::Order*>(const_cast<void*>(argument));
  const char as_default[64]{};  // the kernel's struct sigaction
  for (int number = 1; number < _NSIG; ++number)
    call(SYS_rt_sigaction, number, address_of(as_default), 0, kSignalSet);
  call(SYS_setsid);
  long result = 0;
  for (const Action& action : order->actions)
    if (result == 0) result = carry_out(action);
  const uint64_t none = 0;
  call(SYS_rt_sigprocmask, SIG_SETMASK, address_of(&none), 0, kSignalSet);
  if (result == 0)
    result = call(SYS_execve, address_of(order->program.c_str()), address_of(order->argv.data()),
                  address_of(order->envp.data()));
  order->error = static_cast<int>(-result);
  for (;;) call(SYS_exit_group, 127);
}

long clone_beside(Begun::Order& order, const Fd& cgroup) noexcept {
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_CHILD_CLEARTID;
  arguments.child_tid = reinterpret_cast<uintptr_t>(&order.in_flight);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<uintptr_t>(order.stack.data());
  arguments.stack_size = order.stack.size();
  if (cgroup) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(cgroup.get());
  }
  order.in_flight = 1;
  const long pid = clone3_into(arguments, begin_program, &order);
  if (pid < 0) order.in_flight = 0;
  return pid;
}

// The child's number, or the negative errno.
long begin_order(Begun::Order& order, const Fd& cgroup) noexcept {
  // No handler of ours must run in the child.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, kSignalSet);
  long pid = clone_beside(order, cgroup);
  if (pid < 0 && cgroup) pid = clone_beside(order, Fd());  // removed meanwhile, or closed to processes
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, kSignalSet);
  return pid;
}

#endif

// posix_spawn's functions return the error instead of setting errno.
void require(int error, const char* name, const std::string& object = {}) {
  if (error != 0) throw Error(error, name, object);
}

// Where memory is not shared, or clone3 is not to be had, as under Valgrind; it returns when the program
// runs.
pid_t spawn_order(Begun::Order& order) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  require(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  const std::unique_ptr<posix_spawn_file_actions_t, int (*)(posix_spawn_file_actions_t*)> actions_owner(
      &actions, ::posix_spawn_file_actions_destroy);
  require(::posix_spawnattr_init(&attributes), "posix_spawnattr_init");
  const std::unique_ptr<posix_spawnattr_t, int (*)(posix_spawnattr_t*)> attributes_owner(
      &attributes, ::posix_spawnattr_destroy);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  require(::posix_spawnattr_setsigmask(&attributes, &none), "posix_spawnattr_setsigmask");
  require(::posix_spawnattr_setsigdefault(&attributes, &all), "posix_spawnattr_setsigdefault");
  const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
  require(::posix_spawnattr_setflags(&attributes, static_cast<short>(flags)), "posix_spawnattr_setflags");
  for (const Action& action : order.actions) {
    if (action.fd >= 0) {
      require(::posix_spawn_file_actions_adddup2(&actions, action.fd, action.number), "adddup2");
    } else {
      require(::posix_spawn_file_actions_addopen(&actions, action.number, action.path.c_str(), action.flags,
                                                 action.mode),
              "addopen", action.path);
    }
  }
  pid_t pid = -1;
  require(::posix_spawn(&pid, order.program.c_str(), &actions, &attributes, order.argv.data(), environ),
          "posix_spawn", order.words[0]);
  return pid;
}

}  // namespace

Begun::Begun() noexcept = default;
Begun::Begun(std::unique_ptr<Order> order) noexcept : order_(std::move(order)) {}
Begun::Begun(Begun&& other) noexcept = default;

Begun& Begun::operator=(Begun&& other) noexcept {
  if (order_) order_->await();
  order_ = std::move(other.order_);
  return *this;
}

Begun::~Begun() {
  if (order_) order_->await();
}

pid_t Begun::pid() const noexcept {
  return order_ ? order_->pid : -1;
}

void Begun::settle() {
  if (!order_) return;
  order_->await();
  if (order_->error == 0) return;
  if (order_->pid > 0) wait_for(std::exchange(order_->pid, -1));
  throw Error(order_->error, "execve", order_->words[0]);
}

Spawn::Spawn(int first_free) : order_(std::make_unique<Begun::Order>()), first_free_(first_free) {}
Spawn::~Spawn() = default;

void Spawn::give(int fd, int number) {
  if (fd < 0) return;
  // Moved up first, so that no number is overwritten before its turn.
  held_.emplace_back(check(::fcntl(fd, F_DUPFD_CLOEXEC, first_free_), "fcntl", "F_DUPFD_CLOEXEC"));
  order_->actions.push_back({number, held_.back().get(), {}, 0, 0});
}

void Spawn::open(int number, const std::string& path, int flags, mode_t mode) {
  order_->actions.push_back({number, -1, path, flags, mode});
}

void Spawn::into_cgroup(Fd folder) {
  cgroup_ = std::move(folder);
}

Begun Spawn::begin(const std::string& program, const std::vector<std::string>& words) {
  order_->name(program, words);
  const std::vector<Fd> given = std::move(held_);  // the child has its own, and we none any more
#if defined(__x86_64__)
  if constexpr (kSharesMemory) {
    const long pid = begin_order(*order_, cgroup_);
    if (pid < 0 && pid != -ENOSYS) throw Error(static_cast<int>(-pid), "clone3", words[0]);
    if (pid > 0) {
      order_->pid = static_cast<pid_t>(pid);
      return Begun(std::move(order_));
    }
  }
#endif
  order_->pid = spawn_order(*order_);
  return Begun(std::move(order_));
}

pid_t Spawn::start(const std::string& program, const std::vector<std::string>& words) {
  Begun begun = begin(program, words);
  begun.settle();
  return begun.pid();
}

int wait_for(pid_t child) noexcept {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace sys
