// The network of containers that ask for none: made for the first of them, taken away after the last. Making
// and removing a bridge costs the kernel some 50 ms, so after containers that went by themselves, as `run
// --rm` has it, the network waits for the next one. Its folder's file `idle` is as old as that wait; the
// process that takes it away in the end holds a lock meanwhile.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "engine/local_engine.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr int64_t kIdleMs = 10000;
constexpr int64_t kLookMs = 1000;  // between looks at whether it is still there, when it cannot be watched

// Until the network may go; 0: now.
int64_t left_of_wait(const std::string& folder) {
  struct stat status {};
  timespec now{};
  if (::stat((folder + "/idle").c_str(), &status) != 0) return 0;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const int64_t age =
      (now.tv_sec - status.st_mtim.tv_sec) * 1000 + (now.tv_nsec - status.st_mtim.tv_nsec) / 1000000;
  return age < 0 ? 0 : std::max<int64_t>(0, kIdleMs - age);
}

}  // namespace

std::string LocalEngine::idle_lock() const {
  return paths_.run_root + "/locks/idle-network";
}

void LocalEngine::make_default_network() {
  bool is_there = false;
  db_.read([&] { is_there = find_network(db_, kDefaultNetwork).has_value(); });
  if (is_there) return;
  NetworkConfig config;
  config.name = kDefaultNetwork;
  try {
    add_network(config);
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::kConflict) throw;  // else another command was quicker
  }
}

std::optional<NetworkRecord> LocalEngine::unused_default_network() {
  std::optional<NetworkRecord> network;
  db_.read([&] {
    network = find_network(db_, kDefaultNetwork);
    if (network && !network_users(db_, network->id).empty()) network.reset();
  });
  return network;
}

void LocalEngine::drop_default_network() {
  if (!unused_default_network()) return;  // asked without a lock first: mostly it is in use
  try {
    remove_network(kDefaultNetwork);
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::kConflict) throw;  // others are on it
  }
}

void LocalEngine::leave_default_network() {
  const auto network = unused_default_network();
  if (!network) return;
  const std::string idle = paths_.run_network(network->id) + "/idle";
  const sys::Fd file(::open(idle.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file || ::futimens(file.get(), nullptr) != 0) drop_default_network();
}

bool LocalEngine::has_idle_network() {
  if (!unused_default_network()) return false;
  db_.leave_log();  // one who waits with it is there or is going to be
  return sys::FileLock::try_acquire(idle_lock()).has_value();
}

void LocalEngine::drop_overdue_network() {
  const auto network = unused_default_network();
  if (network && left_of_wait(paths_.run_network(network->id)) == 0 &&
      sys::FileLock::try_acquire(idle_lock()))
    drop_default_network();
}

void LocalEngine::drop_idle_network(bool wait) {
  if (!wait) {
    drop_default_network();
    return;
  }
  // Who left it unused while the lock was still held relies on its holder.
  do {
    const auto lock = sys::FileLock::try_acquire(idle_lock());
    if (!lock) return;  // somebody else waits for it
    outwait_default_network();
  } while (unused_default_network());
  db_.tidy_log();
}

void LocalEngine::outwait_default_network() {
  const sys::Fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));  // none: the user has too many already
  for (;;) {
    std::optional<NetworkRecord> network;
    db_.read([&] { network = find_network(db_, kDefaultNetwork); });
    if (!network) return;
    const std::string folder = paths_.run_network(network->id);
    const bool watched = watch && ::inotify_add_watch(watch.get(), folder.c_str(), IN_DELETE_SELF) >= 0;
    const int64_t left = std::min(left_of_wait(folder), watched ? kIdleMs : kLookMs);
    if (left == 0) break;
    // Though there may be a container on it: of many that come one after the other each would leave it to a
    // process of its own otherwise.
    pollfd gone{watch.get(), POLLIN, 0};
    if (::poll(&gone, 1, static_cast<int>(left)) > 0) return;  // removed by another command
  }
  drop_default_network();
}

}  // namespace engine
