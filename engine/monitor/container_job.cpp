#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "engine/container/cgroup.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "engine/container/setup_error.h"
#include "engine/error.h"
#include "engine/monitor/jobs.h"
#include "engine/monitor/report.h"
#include "engine/monitor/supervisor.h"
#include "sys/error.h"
#include "sys/file.h"

namespace monitor {

namespace {

// Goes on as the hook's program; returns when there is none.
void become(const std::vector<std::string>& hook) {
  if (hook.empty()) return;
  std::vector<char*> argv;
  argv.reserve(hook.size() + 1);
  for (const std::string& word : hook) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execv(argv[0], argv.data());
  std::perror(argv[0]);
}

constexpr int kAnswerMs = 10000;  // of a caller who may be stopped

// The host's ports: who hears that the container has ended may start it again at once.
void let_go(int held) {
  constexpr auto kFirst = static_cast<unsigned>(engine::kHeldFds);
  if (held > 0) ::syscall(SYS_close_range, kFirst, kFirst + static_cast<unsigned>(held) - 1, 0U);
}

// Tells who is attached of the end, and hears whether he has removed the container; what goes by itself he
// does.
bool is_tidied(const sys::Fd& report, int exit_code) {
  // Not before him, who is about to end, when he answers.
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  report_exit(report.get(), exit_code);
  pollfd caller{report.get(), POLLIN, 0};
  if (::poll(&caller, 1, kAnswerMs) <= 0) return false;
  const auto answer = engine::receive_message(report.get());
  return answer && answer->text == engine::kTidiedMessage;
}

enum class Keeping { kStarted, kAttached, kAdopted };

int supervise(KeeperJob job, Keeping keeping) {
  const bool attached = keeping == Keeping::kAttached;
  sys::Fd start_lock(engine::kStartLockFd);  // a start that fails is over when all is taken back
  sys::Fd report(engine::kReportFd);
  sys::Fd netns(engine::kNetnsFd);
  sys::Fd gate(engine::kGateFd);
  AttachedStreams streams;
  if (attached) {
    streams.out.reset(engine::kOutputFd);
    streams.err.reset(engine::kErrorFd);
    streams.in.reset(engine::kInputFd);
  }
  try {
    std::vector<std::string> hook;
    std::string state_dir;
    int exit_code = 0;
    bool was_stopped = false;
    std::optional<Remains> remains;
    {
      engine::Spec spec = engine::spec_from_json(sys::read_file(engine::spec_file(job.run_dir)));
      state_dir = spec.state_dir;
      const std::string monitors_cgroup = spec.monitors_cgroup;
      if (!job.apart) leave_caller(monitors_cgroup);
      Supervisor supervisor(std::move(spec), std::move(netns), job.programs + "/compose-init");
      if (attached) supervisor.attach(std::move(streams));
      if (job.names) supervisor.listen_by(std::move(*job.names));
      if (keeping == Keeping::kAdopted) {
        supervisor.adopt();
      } else {
        supervisor.wait_at(std::move(gate));
        supervisor.start();
      }
      start_lock.reset();
      report_started(report.get(), supervisor.status().process,
                     attached ? supervisor.take_console().get() : -1);
      if (!attached) report.reset();
      if (job.joins_late) engine::Cgroup(monitors_cgroup).enter_born();
      supervisor.run();
      let_go(job.held);  // before it says that it has ended
      hook = supervisor.exit_hook();
      exit_code = supervisor.status().exit_code;
      was_stopped = supervisor.status().stopped_by_user;
      remains.emplace(supervisor.take_remains(attached));
    }
    if (attached && is_tidied(report, exit_code)) return 0;
    report.reset();
    remains.reset();
    // Who stops a container may be about to remove it, and has it reach the disk if not.
    if (!was_stopped) engine::sync_status(state_dir);
    become(hook);
    return 0;
  } catch (const std::exception& error) {
    report_failure(report.get(), error);
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace

int monitor_container(KeeperJob job) {
  return supervise(std::move(job), Keeping::kStarted);
}

int monitor_attached(KeeperJob job) {
  return supervise(std::move(job), Keeping::kAttached);
}

int adopt_container(KeeperJob job) {
  return supervise(std::move(job), Keeping::kAdopted);
}

void leave_caller(const std::string& monitors_cgroup) {
  if (engine::Cgroup(monitors_cgroup).fork_inside() != 0) ::_exit(0);
  ::setsid();
  sys::check(::chdir("/"), "chdir", "/");
}

}  // namespace monitor
