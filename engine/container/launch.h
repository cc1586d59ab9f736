#pragma once
// Making the process: clone3 into new namespaces for a container's first program, or into those of a running
// container for a further one. Only for single-threaded callers (compose-monitor): the child goes on as a
// copy of the caller, or in its memory, until it execs. Linux 5.12 (mount_setattr); 5.8 for setns by pidfd.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/container/cgroup.h"
#include "engine/container/spec.h"
#include "sys/fd.h"
#include "sys/process.h"

namespace engine {

struct Stdio {
  int in = -1, out = -1, err = -1;  // -1: /dev/null
};

struct Launched {
  sys::ProcessId process;
  sys::Fd pidfd;
  sys::Fd console;  // the terminal's master end, when one was asked for
};

inline constexpr char kGoOn[] = "go on";

struct ContainerLaunch {
  const Spec& spec;
  const Cgroup& cgroup;  // created
  int netns = -1;        // unused with Spec::host_network and Spec::net
  Stdio stdio;
  std::string init_program;      // host path of compose-init
  bool die_with_parent = false;  // the container is killed when the calling process dies
  bool once = false;             // see EntryLaunch
  // A message socket; what the program needs is made meanwhile. The first kGoOn is for its root, the second
  // for itself; any other message says why it is not to begin, nor does it when the other end is closed. -1:
  // at once.
  int gate = -1;
};
// Returns when the program has been exec'ed. Throws SetupError (with the exit code), sys::Error; nothing of
// the process is left then.
Launched launch_container(const ContainerLaunch& launch);

struct EntryLaunch {
  const Spec& spec;  // of the running container
  const Cgroup& cgroup;
  int container = -1;  // pidfd of the container's first process
  std::vector<std::string> args, env;
  std::string working_dir, user;
  bool tty = false, privileged = false;
  Stdio stdio;             // unused with tty
  bool own_stdio = false;  // made for this program: its user may reopen them by path
  // For all until the exec. Root of the container sees the new process before that and could stop it.
  int64_t limit_ms = 30000;
  // The caller starts no other, or few: what the start takes of its memory (some 100 KiB) it does not get
  // back, and the new process need not be a copy of it until then.
  bool once = false;
};
// The new process is a child of the caller. Throws as launch_container, and SetupError when `limit_ms` is
// over; the process is killed then.
Launched launch_in_container(const EntryLaunch& launch);

// How a process ended, as a shell would say it: the exit code, or 128 + signal.
int exit_code_of(int code, int status);  // siginfo_t's si_code and si_status

}  // namespace engine
