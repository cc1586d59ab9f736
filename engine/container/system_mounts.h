#pragma once
// What every container finds in its rootfs besides its image: /proc, /dev, /sys, /sys/fs/cgroup. Each
// function takes the descriptor of the rootfs and runs inside the container's new namespaces, before
// pivot_root. Source of the lists: reference/engine.md, "Default confinement". All throw sys::Error or
// SetupError.
#include <string>
#include <vector>

#include "engine/container/cgroup.h"
#include "engine/container/spec.h"
#include "sys/fd.h"

namespace engine {

// A pseudo terminal of the container's own devpts; both empty without `Spec::tty`.
struct Console {
  sys::Fd master, terminal;
};

// procfs of its pid namespace (`shared`, a detached mount, or where that is empty a new one): sysctls are set
// in it, then its dangerous parts masked or read-only.
void mount_proc(int root, const Spec& spec, const sys::Fd& shared);
// tmpfs with the standard nodes (all of the host's when privileged), devpts, shm, mqueue, and the console.
// `shm`: a detached mount for /dev/shm; empty: a new tmpfs.
Console mount_dev(int root, const Spec& spec, const sys::Fd& shm);
void mount_sys(int root, const Spec& spec);
// What the two cover and make read-only in a container that is not privileged, for who shows it.
std::vector<std::string> masked_paths();
std::vector<std::string> read_only_paths();
void mount_cgroups(int root, const Cgroup& cgroup, bool privileged);
// A new terminal on the devpts whose root folder `pts` is. Refuses anything that is not a real devpts.
Console open_terminal(int pts);

}  // namespace engine
