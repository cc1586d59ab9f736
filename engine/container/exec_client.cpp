#include <cstdio>

#include "engine/container/exec_order.h"
#include "engine/container/monitor_process.h"
#include "engine/container/relay.h"
#include "engine/container/runtime.h"
#include "engine/error.h"

namespace engine {

namespace {

int await_exec_end(const MonitorProcess& monitor, const Started& started, const std::string& subject) {
  std::string last;
  if (started.console) {
    last = relay_terminal(started.console.get(), monitor.report.get());
  } else if (const auto message = receive_message(monitor.report.get())) {
    last = message->text;
  }
  const int exit_code = exit_code_from(last);
  if (exit_code < 0) throw Error(Error::Kind::kInternal, subject + ": compose-monitor was killed");
  return exit_code;
}

}  // namespace

int exec_in_container(const Spec& spec, const Status& status, const ExecRequest& request) {
  const std::string subject = "cannot run a program in " + (spec.name.empty() ? spec.id : spec.name);
  if (status.state != State::kRunning) {
    throw Error(Error::Kind::kConflict, subject + ": it is " + to_string(status.state) + ", not running");
  }
  if (request.args.empty()) throw Error(Error::Kind::kInvalid, subject + ": no program given");
  MonitorSpawn spawn;
  spawn.arguments = {"exec"};
  spawn.inherit_stdio = true;
  spawn.request =
      to_json(ExecOrder{spec, status.process, request.args, request.env, request.working_dir, request.user,
                        request.tty && !request.detach, request.detach, request.privileged});
  MonitorProcess monitor = spawn_monitor(spawn);
  int exit_code = 0;
  try {
    const Started started = await_start(monitor.report, subject);
    if (!request.detach) exit_code = await_exec_end(monitor, started, subject);
  } catch (const Error& error) {
    monitor.report.reset();
    reap(monitor.pid);
    // As a shell has it: the message, and the code tells which of the two it was.
    if (error.kind() != Error::Kind::kNotFound && error.kind() != Error::Kind::kDenied) throw;
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == Error::Kind::kNotFound ? 127 : 126;
  } catch (...) {
    monitor.report.reset();
    reap(monitor.pid);
    throw;
  }
  monitor.report.reset();
  reap(monitor.pid);
  return exit_code;
}

}  // namespace engine
