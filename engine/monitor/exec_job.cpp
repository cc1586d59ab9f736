#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "engine/container/cgroup.h"
#include "engine/container/exec_order.h"
#include "engine/container/exit_status.h"
#include "engine/container/launch.h"
#include "engine/container/message.h"
#include "engine/container/run_files.h"
#include "engine/error.h"
#include "engine/monitor/jobs.h"
#include "engine/monitor/report.h"
#include "sys/error.h"
#include "sys/file.h"

namespace monitor {

namespace {

// What the program writes, for the time when its caller is gone: a reader that takes it all and keeps
// nothing, so that the program neither waits nor fails for want of one.
class Drain {
 public:
  Drain(sys::Fd out, sys::Fd err) : fds_{std::move(out), std::move(err)} {}

  void add_to(pollfd* entries) const {
    for (size_t i = 0; i < 2; ++i) entries[i] = {fds_[i].get(), POLLIN, 0};
  }
  void serve(const pollfd* entries) {
    char buffer[4096];
    for (size_t i = 0; i < 2; ++i) {
      if (!fds_[i] || entries[i].revents == 0) continue;
      const ssize_t n = (entries[i].revents & POLLIN) != 0 ? ::read(fds_[i].get(), buffer, sizeof buffer) : 0;
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) fds_[i].reset();
    }
  }
  void drop() {
    for (sys::Fd& fd : fds_) fd.reset();
  }
  // Somebody has the other end: the program, or what it left in the background.
  bool has_writers() const {
    for (const sys::Fd& fd : fds_) {
      pollfd entry{fd.get(), 0, 0};
      if (fd && ::poll(&entry, 1, 0) >= 0 && (entry.revents & POLLHUP) == 0) return true;
    }
    return false;
  }
  void until_end() {
    while (fds_[0] || fds_[1]) {
      pollfd entries[2];
      add_to(entries);
      if (::poll(entries, 2, -1) > 0) serve(entries);
    }
  }

 private:
  std::array<sys::Fd, 2> fds_;
};

// Until the program ends. When the caller goes before, the program goes on, as Docker has it.
void await(const engine::Spec& spec, const engine::Launched& launched, sys::Fd& report, Drain& drain) {
  for (;;) {
    pollfd fds[4] = {{launched.pidfd.get(), POLLIN, 0}, {report.get(), POLLIN, 0}, {-1, 0, 0}, {-1, 0, 0}};
    if (!report) drain.add_to(fds + 2);
    if (::poll(fds, 4, -1) < 0 && errno != EINTR) sys::fail("poll");
    if (fds[0].revents != 0) return;
    if (!report) drain.serve(fds + 2);
    if (!report || fds[1].revents == 0) continue;
    if (engine::receive_message(report.get())) {
      drain.drop();
      continue;
    }
    report.reset();
    // What ends or limits the caller's groups is not meant for the program.
    engine::Cgroup(spec.monitors_cgroup).enter();
  }
}

// What the program has left in the background writes on, after the caller has taken what there was. The
// caller waits for our end: this is done by a process of its own.
void drain_beside(sys::Fd report, Drain drain) {
  if (::fork() != 0) return;
  ::setsid();
  pollfd caller{report.get(), POLLIN, 0};
  while (::poll(&caller, 1, -1) < 0 || engine::receive_message(report.get())) continue;
  report.reset();
  drain.until_end();
  ::_exit(0);
}

engine::Spec spec_of(const engine::ExecOrder& order) {
  const auto text = sys::read_file_if_exists(engine::spec_file(order.run_dir));
  if (!text) throw engine::Error(engine::Error::Kind::kConflict, "the container is not running");
  engine::Spec spec = engine::spec_from_json(*text);
  spec.rows = order.rows;  // the container's own size is that of another terminal
  spec.columns = order.columns;
  return spec;
}

std::vector<std::string> laid_over(std::vector<std::string> variables, const std::vector<std::string>& more) {
  for (const std::string& entry : more) {
    const std::string key = entry.substr(0, entry.find('=') + 1);
    std::erase_if(variables, [&](const std::string& old) { return old.starts_with(key); });
    variables.push_back(entry);
  }
  return variables;
}

}  // namespace

int run_exec(bool piped) {
  sys::Fd report(engine::kReportFd);
  const sys::Fd request(engine::kRequestFd);
  sys::Fd output(engine::kOutputFd), error(engine::kErrorFd), input(engine::kInputFd);
  Drain drain(sys::Fd(piped ? engine::kHeldFds : -1), sys::Fd(piped ? engine::kHeldFds + 1 : -1));
  try {
    const engine::ExecOrder order = engine::exec_order_from_json(sys::read_all(request.get()));
    const engine::Spec spec = spec_of(order);
    const sys::Fd container = sys::open_pidfd(order.container);
    if (!container) {
      throw engine::Error(engine::Error::Kind::kConflict, "container " + spec.name + " is not running");
    }
    const engine::Cgroup cgroup(spec.cgroup);
    engine::EntryLaunch launch{.spec = spec,
                               .cgroup = cgroup,
                               .container = container.get(),
                               .args = order.args,
                               .env = laid_over(spec.env, order.env),
                               .working_dir = order.working_dir,
                               .user = order.user.empty() ? spec.user : order.user,
                               .tty = order.tty,
                               .privileged = order.privileged,
                               .stdio = {input.get(), output.get(), error.get()}};
    launch.own_stdio = piped;
    if (order.detach) launch.stdio = {};
    launch.once = true;
    engine::Launched launched = engine::launch_in_container(launch);
    for (sys::Fd* end : {&input, &output, &error}) end->reset();
    report_started(report.get(), launched.process, launched.console.get());
    // Its parent becomes the host's first process, since ours is outside of the container; that one reaps it.
    if (order.detach) return 0;
    if (order.tty) drain = Drain(std::move(launched.console), {});
    await(spec, launched, report, drain);
    const int exit_code = engine::take_exit_status(launched.pidfd.get());
    if (report) report_exit(report.get(), exit_code);
    if (piped && drain.has_writers()) drain_beside(std::move(report), std::move(drain));
    return 0;
  } catch (const std::exception& failure) {
    report_failure(report.get(), failure);
    return 1;
  }
}

}  // namespace monitor
