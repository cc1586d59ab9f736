#include <poll.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>

#include "engine/container/cgroup.h"
#include "engine/container/exit_status.h"
#include "engine/container/launch.h"
#include "engine/container/run_files.h"
#include "engine/container/spec.h"
#include "engine/monitor/jobs.h"
#include "engine/monitor/report.h"
#include "sys/error.h"

namespace monitor {

namespace {

// Removes the step's cgroup, and with it what still runs in there, however the step ends.
class CgroupGuard {
 public:
  explicit CgroupGuard(const engine::Cgroup& cgroup) : cgroup_(cgroup) {}
  ~CgroupGuard() {
    try {
      cgroup_.remove();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
  CgroupGuard(const CgroupGuard&) = delete;
  CgroupGuard& operator=(const CgroupGuard&) = delete;

 private:
  const engine::Cgroup& cgroup_;
};

// Until the step ends. The caller never sends anything: what becomes readable is its end, a wish to cancel.
void await(const engine::Launched& launched, int report) {
  pollfd fds[2] = {{launched.pidfd.get(), POLLIN, 0}, {report, POLLIN, 0}};
  for (;;) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) sys::fail("poll");
    if (fds[0].revents != 0) return;
    if (fds[1].revents == 0) continue;
    sys::send_signal(launched.pidfd, SIGKILL);
    fds[1].fd = -1;
  }
}

}  // namespace

int run_step(const std::string& programs) {
  const sys::Fd report(engine::kReportFd);
  const sys::Fd netns(engine::kNetnsFd);
  const sys::Fd request(engine::kRequestFd);
  const sys::Fd output(engine::kOutputFd);
  try {
    const engine::Spec spec = engine::spec_from_json(sys::read_all(request.get()));
    engine::Cgroup cgroup(spec.cgroup);
    int exit_code = 0;
    {
      const CgroupGuard guard(cgroup);
      cgroup.create(spec.resources, engine::device_access(spec));
      const engine::Launched launched = engine::launch_container({spec,
                                                                  cgroup,
                                                                  netns.get(),
                                                                  {-1, output.get(), output.get()},
                                                                  programs + "/compose-init",
                                                                  /*die_with_parent=*/true,
                                                                  /*once=*/true});
      report_started(report.get(), launched.process);
      await(launched, report.get());
      exit_code = engine::take_exit_status(launched.pidfd.get());
    }
    report_exit(report.get(), exit_code);
    return 0;
  } catch (const std::exception& error) {
    report_failure(report.get(), error);
    return 1;
  }
}

}  // namespace monitor
