#include <sched.h>
#include <unistd.h>

#include "engine/container/message.h"
#include "engine/container/root_view.h"
#include "engine/container/run_files.h"
#include "engine/monitor/jobs.h"
#include "engine/monitor/report.h"
#include "sys/error.h"

namespace monitor {

int show_root() {
  const sys::Fd report(engine::kReportFd);
  const sys::Fd request(engine::kRequestFd);
  try {
    const engine::Spec spec = engine::spec_from_json(sys::read_all(request.get()));
    sys::check(::unshare(CLONE_NEWNS), "unshare", "mount namespace");
    const sys::Fd root = engine::mount_root_view(spec);
    report_started(report.get(), {::getpid(), sys::start_time_of(::getpid()).value_or(0)}, root.get());
    // The caller says nothing: what comes is its end, however it came about.
    engine::receive_message(report.get());
    return 0;
  } catch (const std::exception& error) {
    report_failure(report.get(), error);
    return 1;
  }
}

}  // namespace monitor
