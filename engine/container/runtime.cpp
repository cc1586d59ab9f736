#include "engine/container/runtime.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <chrono>

#include "engine/container/launch.h"
#include "engine/container/monitor_process.h"
#include "engine/container/run_files.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

std::string subject_of(const Spec& spec, const char* verb) {
  return std::string("cannot ") + verb + ' ' + (spec.name.empty() ? spec.id.substr(0, 12) : spec.name);
}

struct Keeper {
  Started started;
  sys::Fd report;
};

MonitorSpawn keeper_job(const std::string& job, const Spec& spec, const std::vector<int>& held) {
  MonitorSpawn spawn;
  spawn.arguments = {job, spec.run_dir, std::to_string(held.size())};
  spawn.held = held;
  spawn.log = spec.run_dir + "/monitor.log";
  return spawn;
}

Keeper await_keeper(sys::Fd report, const Spec& spec, const char* verb) {
  Started started = await_start(report, subject_of(spec, verb));
  return {std::move(started), std::move(report)};
}

MonitorSpawn keeper_job(const std::string& job, const ContainerStart& start) {
  MonitorSpawn spawn = keeper_job(job, start.spec, start.held);
  spawn.netns = start.netns;
  spawn.start_lock = start.lock;
  return spawn;
}

Keeper begin(MonitorServer& monitors, MonitorSpawn spawn, const ContainerStart& start) {
  SocketPair gate = message_sockets();
  spawn.gate = gate.theirs.get();
  sys::Fd report = monitors.start(spawn);
  gate.theirs.reset();
  try {
    if (start.files) start.files(start.spec);
    send_message(gate.ours.get(), kGoOn);  // or the report says why there is nobody
    if (start.meanwhile) start.meanwhile();
  } catch (const std::exception& error) {
    send_message(gate.ours.get(), error.what());
    receive_message(report.get());  // that the program has not begun
    throw;
  }
  send_message(gate.ours.get(), kGoOn);
  return await_keeper(std::move(report), start.spec, "start");
}

void write_spec(const Spec& spec) {
  sys::make_dirs(spec.run_dir, 0700);
  sys::make_dirs(spec.state_dir, 0700);
  sys::write_file_atomic(spec_file(spec.run_dir), to_json(spec), 0600);
}

// Exit code of the step, or -1 once `cancel` is readable.
int await_step(const sys::Fd& report, int cancel, const std::string& subject) {
  pollfd fds[2] = {{report.get(), POLLIN, 0}, {cancel, POLLIN, 0}};
  for (;;) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) sys::fail("poll");
    if (fds[0].revents != 0) {
      const auto message = receive_message(report.get());
      if (!message) throw Error(Error::Kind::kInternal, subject + ": compose-monitor was killed");
      return exit_code_from(message->text);
    }
    if (fds[1].revents != 0) return -1;
  }
}

}  // namespace

StartResult start_container(MonitorServer& monitors, const ContainerStart& start) {
  write_spec(start.spec);
  const Started started = begin(monitors, keeper_job("container", start), start).started;
  return {{started.pid, started.start_time}};
}

Attached start_attached(MonitorServer& monitors, const ContainerStart& start, bool input) {
  const Spec& spec = start.spec;
  write_spec(spec);
  sys::Pipe output = sys::pipe(), error = sys::pipe(), in;
  if (input && !spec.tty) in = sys::pipe();
  MonitorSpawn spawn = keeper_job("attached", start);
  spawn.output = output.write.get();
  spawn.error = error.write.get();
  spawn.input = in.read.get();
  Keeper keeper = begin(monitors, std::move(spawn), start);
  Attached attached;
  attached.input = spec.tty ? std::move(keeper.started.console) : std::move(in.write);
  attached.output = std::move(output.read);
  attached.error = std::move(error.read);
  attached.report = std::move(keeper.report);
  attached.terminal = spec.tty;
  attached.takes_input = input;
  return attached;
}

bool adopt_container(const std::string& run_dir, const std::string& state_dir, const std::vector<int>& held) {
  const Status status = read_status(state_dir);
  if (!has_program(status) || sys::is_alive(status.monitor)) return false;
  try {
    const Spec spec = spec_from_json(sys::read_file(spec_file(run_dir)));
    MonitorProcess monitor = spawn_monitor(keeper_job("adopt", spec, held));
    sys::wait_for(monitor.process.pid());  // it forks at once and goes on in the child
    await_keeper(std::move(monitor.report), spec, "take over");
  } catch (const Error& error) {
    // Another command was faster, or the container ended meanwhile.
    if (error.kind() == Error::Kind::kConflict || error.kind() == Error::Kind::kNotFound) return false;
    throw;
  }
  return true;
}

int run_step(const Spec& spec, const sys::Fd& netns, int output, int cancel) {
  sys::make_dirs(spec.run_dir, 0700);
  MonitorSpawn spawn;
  spawn.arguments = {"step"};
  spawn.netns = netns.get();
  spawn.request = to_json(spec);
  spawn.output = output;
  MonitorProcess monitor = spawn_monitor(spawn);
  const std::string subject = subject_of(spec, "run");
  try {
    await_start(monitor.report, subject);
    const int exit_code = await_step(monitor.report, cancel, subject);
    monitor.report.reset();  // where the step still runs, the monitor kills it and tidies up
    sys::wait_for(monitor.process.pid());
    if (exit_code < 0) throw Error(Error::Kind::kUnavailable, subject + ": cancelled");
    return exit_code;
  } catch (...) {
    if (monitor.report) {
      monitor.report.reset();
      sys::wait_for(monitor.process.pid());
    }
    throw;
  }
}

}  // namespace engine
