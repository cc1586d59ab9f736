#include "engine/container/program.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/container/clone.h"
#include "engine/container/mount_fd.h"
#include "engine/container/rootfs.h"
#include "engine/container/setup_error.h"
#include "engine/container/user.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace engine {

namespace {

constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

class Environment {
 public:
  explicit Environment(const std::vector<std::string>& given) : lines_(given) {}
  void set_default(const std::string& key, const std::string& value) {
    if (find(key) == nullptr) lines_.push_back(key + '=' + value);
  }
  const char* find(const std::string& key) const {
    for (const std::string& line : lines_) {
      if (line.size() > key.size() && line[key.size()] == '=' && line.starts_with(key)) {
        return line.c_str() + key.size() + 1;
      }
    }
    return nullptr;
  }
  std::vector<char*> pointers() const {
    std::vector<char*> list;
    list.reserve(lines_.size() + 1);
    for (const std::string& line : lines_) list.push_back(const_cast<char*>(line.c_str()));
    list.push_back(nullptr);
    return list;
  }

 private:
  std::vector<std::string> lines_;
};

std::string present_hostname() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "";
}

void reset_signals() {
  // The kernel's call: the C library keeps two signals to itself, and a caller may have left those ignored
  // too.
  const char as_default[64]{};  // the kernel's struct sigaction, all of it zero
  for (int number = 1; number < NSIG; ++number)
    ::syscall(SYS_rt_sigaction, number, as_default, nullptr, size_t{NSIG / 8});
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void join_new_keyring() {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr, 0, 0, 0) >= 0) return;
  // A kernel without keys has no keyring to share; EPERM comes from an outer container's filter, which then
  // keeps keyctl from the container as well.
  if (errno != ENOSYS && errno != EPERM) sys::fail("keyctl", "join session keyring");
}

void enter_working_dir(int root, const std::string& path) {
  if (path.empty()) return;
  // Magic links are refused: /proc/self/fd/7 as working directory must not lead out (CVE-2024-21626).
  const sys::Fd dir = sys::open_in_root(root, path, O_PATH | O_DIRECTORY);
  sys::check(::fchdir(dir.get()), "chdir", path);
  char now[4096];
  // The raw call: the kernel marks a place outside of our root as "(unreachable)", the C library hides that.
  const long n = ::syscall(SYS_getcwd, now, sizeof now);
  if (n <= 0 || now[0] != '/') throw SetupError("enter " + path, "it is outside of the container");
}

void give_stdio_to(const Identity& identity, bool own) {
  for (int fd = 0; fd < 3; ++fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode) || status.st_uid == identity.uid) continue;
    // An anonymous pipe has no name anybody could be surprised at; a FIFO of the caller's stays his.
    if (own || is_on(fd, PIPEFS_MAGIC))
      sys::check(::fchown(fd, identity.uid, static_cast<gid_t>(-1)), "fchown");
  }
}

void load_seccomp(const std::string& bytes, uint32_t flags) {
  if (bytes.empty()) return;
  if (bytes.size() % sizeof(sock_filter) != 0) throw SetupError("load seccomp", "the filter file is damaged");
  sock_fprog program{};
  program.len = static_cast<unsigned short>(bytes.size() / sizeof(sock_filter));
  program.filter = reinterpret_cast<sock_filter*>(const_cast<char*>(bytes.data()));
  sys::check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program), "seccomp");
}

// What the caller has open, folders of the host among it, must not be there any more when the program is
// looked for, nor when anybody can look at this process.
void close_all_but(int report) {
  const auto first = 3U;
  const auto kept = static_cast<unsigned>(report);
  if (report < 3) {
    sys::check(::syscall(SYS_close_range, first, ~0U, 0U), "close_range");
    return;
  }
  if (kept > first) sys::check(::syscall(SYS_close_range, first, kept - 1, 0U), "close_range");
  sys::check(::syscall(SYS_close_range, kept + 1, ~0U, 0U), "close_range");
}

void begin_session(bool terminal) {
  ::setsid();
  if (terminal) sys::check(::ioctl(0, TIOCSCTTY, 0), "ioctl", "TIOCSCTTY");
}

void go_on_apart(pid_t& number) {
  const pid_t child = clone_sibling(number);
  if (child > 0) ::_exit(0);
  if (child == 0) return;
  const int error = errno;
  std::string why = std::strerror(error);
  if (error == EAGAIN) why += "; its pids_limit leaves no room for a process beside the one that starts it";
  if (error == EPERM || error == ENOSYS)
    why += "; its seccomp profile has to allow clone, or add no-new-privileges to security_opt";
  throw SetupError("start the program's process", why);
}

void become(const Identity& identity) {
  sys::check(::setgroups(identity.groups.size(), identity.groups.data()), "setgroups");
  sys::check(::setresgid(identity.gid, identity.gid, identity.gid), "setresgid");
  sys::check(::setresuid(identity.uid, identity.uid, identity.uid), "setresuid");
}

[[noreturn]] void refuse_exec(const std::string& name, int error, bool file_exists) {
  const std::string step = "exec \"" + name + '"';
  if (error == ENOENT && file_exists) {
    throw SetupError(step, "its interpreter (#! line or dynamic loader) is missing in the container",
                     kExitNotFound);
  }
  if (error == ENOENT || error == ENOTDIR) {
    throw SetupError(step, "executable file not found in the container", kExitNotFound);
  }
  throw SetupError(step, std::strerror(error), kExitNotExecutable);
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// What the name may mean, in the order in which it is looked for. Throws SetupError when there is no such
// file; a name with a slash means itself.
std::vector<std::string> places_of(const std::string& name, const char* path) {
  if (name.find('/') != std::string::npos) return {name};
  std::vector<std::string> found;
  const std::string places = path == nullptr || *path == '\0' ? kDefaultPath : path;
  for (size_t from = 0; from <= places.size();) {
    size_t to = places.find(':', from);
    if (to == std::string::npos) to = places.size();
    std::string candidate = (to == from ? "." : places.substr(from, to - from)) + '/' + name;
    from = to + 1;
    if (is_file(candidate)) found.push_back(std::move(candidate));
  }
  if (found.empty()) refuse_exec(name, ENOENT, false);
  return found;
}

// Calls `attempt` (which only returns by failing, with errno) for each place.
template <typename Attempt>
[[noreturn]] void try_each(const std::string& name, const std::vector<std::string>& places, Attempt attempt) {
  int error = ENOENT;
  for (const std::string& place : places) {
    attempt(place);
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  refuse_exec(name, error, is_file(places.front()));
}

}  // namespace

void exec_program(const Program& program) {
  if (program.args.empty() || program.args[0].empty()) {
    throw SetupError("exec", "no command: the image has none and none was given", kExitNotFound);
  }
  sys::Fd root = sys::open("/", O_PATH | O_DIRECTORY);
  Identity identity = in_step("look up user", [&] { return resolve_user(root.get(), program.user); });
  in_step("look up groups", [&] { add_groups(root.get(), program.groups, identity); });
  Environment environment(program.env);
  environment.set_default("PATH", kDefaultPath);
  environment.set_default("HOSTNAME", program.hostname.empty() ? present_hostname() : program.hostname);
  environment.set_default("HOME", identity.home);
  if (program.terminal) environment.set_default("TERM", "xterm");

  reset_signals();
  if (program.apart == nullptr) begin_session(program.terminal);
  in_step("join a new session keyring", join_new_keyring);
  in_step("enter working directory", [&] { enter_working_dir(root.get(), program.working_dir); });
  ::umask(0022);
  ::setpriority(PRIO_PROCESS, 0, 0);  // whoever is not allowed to stays as nice as his caller
  in_step("hand over stdio", [&] {
    give_stdio_to(identity, program.own_stdio);
    // A terminal was made for this program alone.
    if (program.terminal) sys::check(::fchown(0, identity.uid, static_cast<gid_t>(-1)), "fchown", "terminal");
  });

  // While we still have what it takes to raise a hard limit.
  set_asked_limits(program.asked_limits);
  const CapabilityMask capabilities = program.capabilities & own_capabilities();
  in_step("limit capabilities", [&] { limit_bounding_set(capabilities); });
  // From here on nothing is opened, and the filter may be one that forbids this call.
  root.reset();
  close_all_but(program.report);
  const auto filter = [&] {
    in_step("load seccomp filter", [&] { load_seccomp(program.seccomp, program.seccomp_flags); });
  };
  // Not later: without no_new_privs a filter can only be loaded while we still have CAP_SYS_ADMIN.
  if (!program.no_new_privs) filter();
  in_step("become user " + program.user, [&] { become(identity); });
  in_step("set capabilities", [&] { set_capabilities(identity.uid == 0 ? capabilities : 0); });
  // All that takes memory comes before the copy that is made next: each page it touched it would copy.
  std::vector<char*> argv;
  argv.reserve(program.args.size() + 1);
  for (const std::string& arg : program.args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const std::vector<char*> envp = environment.pointers();
  const std::vector<std::string> places = places_of(program.args[0], environment.find("PATH"));
  if (program.apart != nullptr) {
    go_on_apart(*program.apart);
    begin_session(program.terminal);
  }
  // After the change of user, which clears it.
  if (program.die_with_parent) sys::check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl", "PR_SET_PDEATHSIG");
  in_step("set resource limits", [&] { set_limits(program.limits); });
  if (program.no_new_privs) {
    sys::check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "PR_SET_NO_NEW_PRIVS");
    filter();  // and so it need not allow what comes before
  }
  const auto exec = [&](const char* path, char* const* arguments) {
    if (program.at_exec != nullptr) *program.at_exec = true;
    ::execve(path, arguments, envp.data());
    if (program.at_exec != nullptr) *program.at_exec = false;
  };
  try_each(program.args[0], places, [&](const std::string& path) {
    if (!program.init) {
      exec(path.c_str(), argv.data());
      return;
    }
    // Asked beforehand, so that a missing program is an error of the start and not of compose-init.
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) return;
    std::vector<char*> with_init = {const_cast<char*>(kInitTarget), const_cast<char*>(path.c_str())};
    with_init.insert(with_init.end(), argv.begin(), argv.end());
    exec(kInitTarget, with_init.data());
  });
}

}  // namespace engine
