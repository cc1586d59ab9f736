#include "engine/monitor/health_probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/container/run_files.h"
#include "engine/container/setup_error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace monitor {

namespace {

constexpr size_t kMostOutput = 4096;

// The fourth field of /proc/PID/stat, behind the program's name in brackets; 0 when it is gone.
// A zombie has ended: 0 as well.
pid_t parent_of(pid_t pid) {
  const std::string text = sys::read_file_if_exists("/proc/" + std::to_string(pid) + "/stat").value_or("");
  const size_t at = text.rfind(") ");
  if (at == std::string::npos || text[at + 2] == 'Z') return 0;
  return std::atoi(text.c_str() + at + 4);
}

using Parents = std::vector<std::pair<pid_t, pid_t>>;  // a process and its parent

Parents all_parents() {
  Parents parents;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    if (const pid_t pid = std::atoi(entry->d_name); pid > 0) parents.emplace_back(pid, parent_of(pid));
  }
  return parents;
}

// All that the process has started and that still belongs to it, whatever group or session it is in. Before
// the process itself is killed: what has lost its parent is not known as its own any more. One that starts
// others faster than they are looked for is given up on.
void kill_descendants(pid_t root) {
  constexpr int kRounds = 8;
  for (int round = 0; round < kRounds; ++round) {
    const Parents parents = all_parents();
    std::vector<pid_t> tree = {root};
    std::vector<sys::Fd> pidfds;
    for (size_t i = 0; i < tree.size(); ++i) {
      for (const auto& [pid, parent] : parents) {
        if (parent != tree[i]) continue;
        sys::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (!pidfd || parent_of(pid) != parent) continue;
        tree.push_back(pid);
        pidfds.push_back(std::move(pidfd));
      }
    }
    // From the leaves, or the rest would lose its parents.
    for (auto process = pidfds.rbegin(); process != pidfds.rend(); ++process)
      sys::send_signal(*process, SIGKILL);
    if (pidfds.empty()) return;
  }
}

}  // namespace

HealthProbe::HealthProbe(const engine::Spec& spec, const engine::Cgroup& cgroup, int container,
                         const engine::HealthState& check)
    : timeout_ms_(check.timeout_ms()), deadline_ms_(engine::monotonic_ms() + check.timeout_ms()) {
  result_.started_ms = engine::unix_ms();
  try {
    sys::Pipe pipe = sys::pipe();
    sys::check(::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
    engine::EntryLaunch launch{spec,
                               cgroup,
                               container,
                               check.command(),
                               spec.env,
                               spec.working_dir,
                               spec.user,
                               false,
                               spec.privileged,
                               {-1, pipe.write.get(), pipe.write.get()}};
    launch.limit_ms = std::min(check.timeout_ms(), launch.limit_ms);
    process_ = engine::launch_in_container(launch);
    output_ = std::move(pipe.read);
  } catch (const engine::SetupError& error) {
    result_.exit_code = error.exit_code();
    result_.output = error.what();
  } catch (const std::exception& error) {
    result_.exit_code = engine::kExitSetupFailed;
    result_.output = error.what();
  }
  if (process_.pidfd) return;
  result_.ended_ms = engine::unix_ms();
  failed_ = result_;
}

HealthProbe::~HealthProbe() {
  if (process_.pidfd) end();
}

void HealthProbe::read_output() {
  char buffer[4096];
  for (int i = 0; i < 16; ++i) {
    const ssize_t n = ::read(output_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) output_.reset();
    if (n <= 0) return;
    // The rest is read and dropped: a check that talks much must not block on a full pipe.
    const size_t room = kMostOutput - std::min(kMostOutput, result_.output.size());
    result_.output.append(buffer, std::min(room, static_cast<size_t>(n)));
  }
}

void HealthProbe::kill() {
  // It leads a session of its own; as long as it is not reaped its number cannot mean another group.
  ::kill(-process_.process.pid, SIGKILL);
  sys::send_signal(process_.pidfd, SIGKILL);
}

int HealthProbe::end() {
  kill();
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(process_.pidfd.get()), &info, WEXITED) != 0 && errno == EINTR)
    continue;
  process_.pidfd.reset();
  return engine::exit_code_of(info.si_code, info.si_status);
}

engine::HealthResult HealthProbe::finish() {
  result_.exit_code = end();
  if (output_) read_output();
  output_.reset();
  result_.ended_ms = engine::unix_ms();
  return result_;
}

engine::HealthResult HealthProbe::time_out() {
  kill_descendants(process_.process.pid);
  if (output_) read_output();
  drop();
  result_.exit_code = -1;
  result_.output =
      "health check exceeded its timeout of " + std::to_string(timeout_ms_) + " ms\n" + result_.output;
  result_.output.resize(std::min(kMostOutput, result_.output.size()));
  result_.ended_ms = engine::unix_ms();
  return result_;
}

void HealthProbe::drop() {
  kill();
  output_.reset();
  dropped_ = true;
}

}  // namespace monitor
