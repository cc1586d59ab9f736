#include <fcntl.h>

#include <cstdio>

#include "engine/container/attached.h"
#include "engine/container/exec_order.h"
#include "engine/container/monitor_process.h"
#include "engine/container/runtime.h"
#include "engine/container/terminal.h"
#include "engine/error.h"

namespace engine {

namespace {

// Large, as each turn of the relay moves what a pipe holds.
constexpr int kRoom = 1 << 20;

// The pipes between us and the program.
struct ExecPipes {
  explicit ExecPipes(bool with_input) : output(sys::pipe()), error(sys::pipe()) {
    if (with_input) input = sys::pipe();
    for (const int fd : {output.write.get(), input.write.get()}) ::fcntl(fd, F_SETPIPE_SZ, kRoom);
  }
  sys::Pipe input, output, error;
};

// Ends with the connection, or else waiting for the monitor would never end.
RelayEnd await_exec_end(sys::Fd& report, Started started, std::optional<ExecPipes> pipes,
                        const ExecRequest& request, const std::string& subject) {
  Attached attached;
  attached.report = std::move(report);
  attached.takes_input = request.interactive;
  attached.ends_with_report = true;
  if (pipes) {
    attached.input = std::move(pipes->input.write);
    attached.output = std::move(pipes->output.read);
    attached.error = std::move(pipes->error.read);
  } else {
    attached.terminal = true;
    attached.output = sys::dup(started.console.get());
    attached.input = std::move(started.console);
  }
  RelayEnd end = relay(std::move(attached), {request.detach_keys, request.cancel, request.output});
  if (end.how == RelayEnd::How::kLost)
    throw Error(Error::Kind::kInternal, subject + ": compose-monitor was killed");
  return end;
}

}  // namespace

int exec_in_container(MonitorServer& monitors, const std::string& name, const std::string& run_dir,
                      const Status& status, const ExecRequest& request) {
  const std::string subject = "cannot run a program in " + name;
  if (status.state != State::kRunning) {
    throw Error(Error::Kind::kConflict, subject + ": it is " + to_string(status.state) + ", not running");
  }
  if (request.args.empty()) throw Error(Error::Kind::kInvalid, subject + ": no program given");
  const winsize size = request.tty ? own_terminal_size() : winsize{};
  MonitorSpawn spawn;
  spawn.arguments = {"exec", "0"};
  spawn.request = to_json(ExecOrder{run_dir, status.process, request.args, request.env, request.working_dir,
                                    request.user, size.ws_row, size.ws_col, request.tty && !request.detach,
                                    request.detach, request.privileged});
  std::optional<ExecPipes> pipes;
  if (!request.tty && !request.detach) {
    pipes.emplace(request.interactive);
    spawn.output = pipes->output.write.get();
    spawn.error = pipes->error.write.get();
    spawn.input = pipes->input.read.get();
    // For the program to go on with when we are gone.
    spawn.held = {pipes->output.read.get(), pipes->error.read.get()};
    spawn.arguments.back() = "2";
  }
  sys::Fd report = monitors.start(spawn);
  if (pipes) {
    pipes->input.read.reset();
    pipes->output.write.reset();
    pipes->error.write.reset();
  }
  try {
    Started started = await_start(report, subject);
    if (request.detach) return 0;
    const RelayEnd end = await_exec_end(report, std::move(started), std::move(pipes), request, subject);
    // One that goes on has its monitor as well.
    if (end.how == RelayEnd::How::kDetached) return 0;
    if (end.how == RelayEnd::How::kCancelled) throw Error(Error::Kind::kUnavailable, subject + ": cancelled");
    return end.exit_code;
  } catch (const Error& error) {
    if (!report) throw;  // it has begun and goes on, its monitor with it
    // As a shell has it: the message, and the code tells whether there is no such program, or it cannot be
    // run like this: as that user, in that folder.
    const bool cannot_run = error.kind() == Error::Kind::kDenied || error.kind() == Error::Kind::kInvalid;
    if (error.kind() != Error::Kind::kNotFound && !cannot_run) throw;
    std::fprintf(stderr, "%s\n", error.what());
    return error.kind() == Error::Kind::kNotFound ? 127 : 126;
  }
}

}  // namespace engine
