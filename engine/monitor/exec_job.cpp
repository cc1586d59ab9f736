#include <poll.h>
#include <signal.h>

#include <cerrno>

#include "engine/container/cgroup.h"
#include "engine/container/exec_order.h"
#include "engine/container/exit_status.h"
#include "engine/container/launch.h"
#include "engine/container/run_files.h"
#include "engine/error.h"
#include "engine/monitor/jobs.h"
#include "engine/monitor/report.h"
#include "sys/error.h"

namespace monitor {

namespace {

// Until the program ends. When the caller goes before, so does the program: nobody would know of it any more.
void await(const engine::Launched& launched, int report) {
  pollfd fds[2] = {{launched.pidfd.get(), POLLIN, 0}, {report, POLLIN, 0}};
  for (;;) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) sys::fail("poll");
    if (fds[0].revents != 0) return;
    if (fds[1].revents == 0) continue;
    ::kill(-launched.process.pid, SIGKILL);  // its session; not yet reaped, so the number is still its own
    sys::send_signal(launched.pidfd, SIGKILL);
    fds[1].fd = -1;
  }
}

}  // namespace

int run_exec() {
  const sys::Fd report(engine::kReportFd);
  const sys::Fd request(engine::kRequestFd);
  try {
    const engine::ExecOrder order = engine::exec_order_from_json(sys::read_all(request.get()));
    const sys::Fd container = sys::open_pidfd(order.container);
    if (!container) {
      throw engine::Error(engine::Error::Kind::kConflict, "container " + order.spec.name + " is not running");
    }
    const engine::Cgroup cgroup(order.spec.cgroup);
    engine::EntryLaunch launch{order.spec,        cgroup,     container.get(), order.args,       order.env,
                               order.working_dir, order.user, order.tty,       order.privileged, {0, 1, 2}};
    if (order.detach) launch.stdio = {};
    const engine::Launched launched = engine::launch_in_container(launch);
    report_started(report.get(), launched.process, launched.console.get());
    // Its parent becomes the host's first process, since ours is outside of the container; that one reaps it.
    if (order.detach) return 0;
    await(launched, report.get());
    report_exit(report.get(), engine::take_exit_status(launched.pidfd.get()));
    return 0;
  } catch (const std::exception& error) {
    report_failure(report.get(), error);
    return 1;
  }
}

}  // namespace monitor
