#include "engine/container/namespaces.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container/mount_fd.h"
#include "engine/container/setup_error.h"
#include "engine/container/status.h"
#include "sys/error.h"
#include "sys/process.h"

namespace engine {

namespace {

constexpr uint64_t kInert = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV;

std::string joining(const char* what, const SpecNamespace& of) {
  return std::string("join the ") + what + " namespace of container " + of.container;
}

sys::Fd open_lender(const char* what, const SpecNamespace& of) {
  if (of.mode != "container") return {};
  return in_step(joining(what, of), [&] {
    const Status status = read_status(of.state_dir);
    sys::Fd pidfd = has_program(status) ? sys::open_pidfd(status.process) : sys::Fd();
    if (!pidfd) throw SetupError(joining(what, of), "it is not running; start it first");
    return pidfd;
  });
}

void join(const char* what, const SpecNamespace& of, const sys::Fd& lender, int type) {
  if (!lender) return;
  in_step(joining(what, of), [&] { sys::check(::setns(lender.get(), type), "setns", what); });
}

// The calling process sees another mount namespace as long as this lives.
class InMountNamespaceOf {
 public:
  explicit InMountNamespaceOf(const sys::Fd& process)
      : own_(sys::open("/proc/self/ns/mnt", O_RDONLY)), root_(sys::open("/", O_PATH | O_DIRECTORY)) {
    sys::check(::setns(process.get(), CLONE_NEWNS), "setns", "mount namespace");
  }
  void leave() {
    sys::check(::setns(own_.get(), CLONE_NEWNS), "setns", "own mount namespace");
    sys::check(::fchdir(root_.get()), "fchdir", "/");
    sys::check(::chroot("."), "chroot", "/");
  }

 private:
  sys::Fd own_, root_;
};

sys::Fd shm_of(const sys::Fd& lender) {
  // A mount can be cloned from within its own mount namespace only.
  InMountNamespaceOf theirs(lender);
  const sys::Fd root = sys::open("/", O_PATH | O_DIRECTORY);
  const sys::Fd folder = sys::open_in_root(root.get(), "/dev/shm", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  sys::Fd clone = clone_mount(folder.get(), "", false);
  theirs.leave();
  return clone;
}

struct stat status_of(int folder, const char* path) {
  struct stat status {};
  sys::check(::fstatat(folder, path, &status, 0), "fstatat", path);
  return status;
}

sys::Fd proc_of(const sys::Fd& lender) {
  const struct stat joined = status_of(AT_FDCWD, "/proc/self/ns/pid_for_children");
  InMountNamespaceOf theirs(lender);
  const sys::Fd root = sys::open("/", O_PATH | O_DIRECTORY);
  const sys::Fd folder = sys::open_in_root(root.get(), "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!is_on(folder.get(), PROC_SUPER_MAGIC)) throw SetupError("", "its /proc is not there any more");
  const struct stat shown = status_of(folder.get(), "1/ns/pid");
  if (shown.st_dev != joined.st_dev || shown.st_ino != joined.st_ino)
    throw SetupError("", "its /proc is that of another pid namespace");
  sys::Fd clone = clone_mount(folder.get(), "", false);
  theirs.leave();
  return clone;
}

}  // namespace

uint64_t own_namespaces(const Spec& spec) {
  uint64_t flags = 0;
  if (spec.ipc.mode.empty() || spec.ipc.mode == "none") flags |= CLONE_NEWIPC;
  if (spec.pid.mode.empty()) flags |= CLONE_NEWPID;
  if (spec.uts.mode.empty()) flags |= CLONE_NEWUTS;
  return flags;
}

Lenders open_lenders(const Spec& spec) {
  return {open_lender("network", spec.net), open_lender("ipc", spec.ipc), open_lender("pid", spec.pid),
          open_lender("uts", spec.uts)};
}

void join_lenders(const Spec& spec, const Lenders& lenders) {
  join("network", spec.net, lenders.net, CLONE_NEWNET);
  join("ipc", spec.ipc, lenders.ipc, CLONE_NEWIPC);
  join("uts", spec.uts, lenders.uts, CLONE_NEWUTS);
  join("pid", spec.pid, lenders.pid, CLONE_NEWPID);
}

sys::Fd shared_memory(const Spec& spec, const Lenders& lenders) {
  if (!lenders.ipc && spec.ipc.mode != "host") return {};
  return in_step("share /dev/shm", [&] {
    sys::Fd shm = lenders.ipc ? shm_of(lenders.ipc) : clone_mount(AT_FDCWD, "/dev/shm", false);
    change_mount(shm.get(), kInert, 0, MS_PRIVATE, false);
    return shm;
  });
}

sys::Fd shared_proc(const Spec& spec, const Lenders& lenders) {
  if (!lenders.pid) return {};
  const std::string step = "share the /proc of container " + spec.pid.container;
  try {
    sys::Fd proc = proc_of(lenders.pid);
    change_mount(proc.get(), kInert, MOUNT_ATTR_RDONLY, MS_PRIVATE, false);
    return proc;
  } catch (const std::exception& error) {
    throw SetupError(step, error.what());
  }
}

}  // namespace engine
