#pragma once
// Starting, signalling and entering containers. All clone/exec work happens in the single-threaded static
// program compose-monitor, which these functions spawn or talk to; they may be called from any thread.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/container/attached.h"
#include "engine/container/monitor_server.h"
#include "engine/container/spec.h"
#include "engine/container/status.h"
#include "sys/fd.h"

namespace engine {

struct StartResult {
  sys::ProcessId process;
};

struct ContainerStart {
  Spec spec;
  int netns = -1;         // network namespace to join; ignored with host_network
  std::vector<int> held;  // descriptors (sockets that reserve host ports) that the monitor keeps open as long
                          // as the container is up
  int lock = -1;  // an flock that the monitor holds as well until the container has started or cannot:
                  // nobody comes in between, even when the caller is killed meanwhile; -1: none
  // What else the container needs, done beside the monitor's own work: the files that `spec` mounts from its
  // run folder, for which the container's root waits; and the rest, its network for one, for which the
  // program waits. What they throw, the start throws, and the monitor has taken back what it made. May be
  // empty.
  std::function<void(const Spec& spec)> files;
  std::function<void()> meanwhile;
};

// Writes spec.json into spec.run_dir, has `monitors` make the container's monitor (its own session, outliving
// the caller) and returns when the container's program has been exec'ed. Throws engine::Error:
// kNotFound/kDenied/kInvalid with the cause (missing program: Docker's 127, not executable: 126); exit_code
// is recorded in status.json.
StartResult start_container(MonitorServer& monitors, const ContainerStart& start);

// The same, attached: nothing of what it writes is missed. `input`: the caller gives it a standard input.
Attached start_attached(MonitorServer& monitors, const ContainerStart& start, bool input);

// Attaches to one that runs already, to what it writes from now on. `input`: what the caller types is for it,
// where it was made with stdin_open. Nothing when no monitor answers. Throws engine::Error(kConflict) when it
// is not running, sys::Error.
std::optional<Attached> attach_container(const std::string& run_dir, bool input);

// Runs the container in the foreground without monitor duties (no logs, restart, health): the builder's RUN.
// `output` gets stdout and stderr (a write end). Returns the exit code. Cancelled by `cancel` becoming
// readable (fd, -1: never): everything inside is killed. Throws engine::Error.
int run_step(const Spec& spec, const sys::Fd& netns, int output, int cancel);

// Gives a running container whose monitor died a new one, which goes on with its logs, health checks, DNS and
// restart policy. False when there was nothing to do: not running, or its monitor lives. `held`: as
// ContainerStart's.
// Throws engine::Error, sys::Error.
bool adopt_container(const std::string& run_dir, const std::string& state_dir,
                     const std::vector<int>& held = {});

// Asks the monitor over its control socket; where the monitor is gone, acts on the process itself.
// Sends `signal` once; returns false when the container is not running.
bool kill_container(const std::string& run_dir, const std::string& state_dir, int signal);
// For who pauses the container: should the connection that is returned end while the file `mark` is there,
// the monitor lets the container go on and removes the file. Empty where no monitor takes that on. Throws
// sys::Error.
sys::Fd thaw_after_me(const std::string& run_dir, const std::string& mark);
// Records that the caller has halted everything in the container (freezer.h). Throws
// engine::Error(kUnavailable) when there is no monitor to do it.
void record_pause(const std::string& run_dir);
// Lets a paused container go on and records it. Throws as the above, sys::Error.
void resume_container(const std::string& run_dir);
// Has the monitor take in the networks of spec.json, which has changed; without a monitor the next one does.
void reload_networks(const std::string& run_dir);
// stop: marks stopped_by_user, sends spec's stop signal, after `grace_ms` SIGKILL, returns when it is dead
// and the status written. No-op when not running.
void stop_container(const std::string& run_dir, const std::string& state_dir, int stop_signal,
                    int64_t grace_ms);

// Calls `changed` with the present status and again at each change until it returns false, `timeout_ms` (-1:
// none) passes, or the container ends for good. Returns the last status.
Status watch_status(const std::string& run_dir, const std::string& state_dir, int64_t timeout_ms,
                    const std::function<bool(const Status&)>& changed);

struct ExecRequest {
  std::vector<std::string> args;
  std::vector<std::string> env;   // laid over the container's
  std::string working_dir, user;  // empty: the container's
  bool tty = false;  // of its own; the caller's is in raw mode meanwhile, and its size is followed
  bool detach = false;
  bool privileged = false;
  bool interactive = true;  // else its standard input is empty
  std::string detach_keys;  // with tty: the bytes (detach_keys.h) that let the program go on by itself
  // Takes all it writes, instead of the caller's stdout and stderr.
  std::function<void(std::string_view)> output;
  int cancel = -1;  // descriptor; when it becomes readable, the program is left to go on by itself
};
// Runs a program inside a running container, connected with the caller's stdin, stdout and stderr by pipes:
// the caller's own descriptors are not reachable from inside. When the caller dies the program goes on, what
// it writes then is dropped. Returns its exit code (126 not executable, 127 not found), 0 for one that was
// detached from. `name` and `run_dir`: the running container's, as in its Spec. Throws engine::Error.
int exec_in_container(MonitorServer& monitors, const std::string& name, const std::string& run_dir,
                      const Status& status, const ExecRequest& request);

// Number of a signal by name ("TERM", "SIGTERM", "15"); throws engine::Error(kInvalid).
int signal_number(const std::string& name);

// Path of the compose-monitor program: $COMPOSE_MONITOR where it is set, else beside the running executable.
std::string monitor_path();

}  // namespace engine
