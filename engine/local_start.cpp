// Starting, stopping and entering containers.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/container/cgroup.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/interfaces.h"
#include "engine/local_engine.h"
#include "engine/network_of_record.h"
#include "engine/port_reservation.h"
#include "engine/published_ports.h"
#include "netmgr/address.h"
#include "netmgr/dns.h"
#include "netmgr/driver.h"
#include "netmgr/namespace_scope.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace engine {

namespace {

constexpr int64_t kKillWaitMs = 10000;

void make_links(const ContainerRecord& record, const std::vector<NetworkRecord>& networks,
                const sys::Fd& netns) {
  const std::vector<std::string> names = interface_names(record, networks);
  for (size_t i = 0; i < record.endpoints.size(); ++i) {
    const EndpointRecord& endpoint = record.endpoints[i];
    netmgr::attach(to_netmgr(network_of(endpoint, networks)), link_of(record, endpoint, names[i], networks),
                   netns);
  }
}

void make_bind_source(const std::string& container, const std::string& path) {
  try {
    sys::make_dirs(path);
  } catch (const sys::Error& error) {
    std::error_code none;
    const std::filesystem::path link = std::filesystem::read_symlink(path, none);
    throw Error(Error::Kind::kInvalid,
                "container " + container + ": bind source path " + path + " cannot be made: " +
                    (none ? error.what() : "it is a link to " + link.string() + ", which is not there"));
  }
}

}  // namespace

sys::FileLock LocalEngine::lock_container(const std::string& id) {
  sys::make_dirs(paths_.run_root + "/locks");
  return sys::FileLock::acquire(lock_path(id));
}

void LocalEngine::prepare_bind_sources(const ContainerRecord& record) {
  for (const MountConfig& mount : record.config.mounts) {
    if (mount.type != MountConfig::Type::kBind) continue;
    if (::access(mount.source.c_str(), F_OK) == 0) continue;
    if (!mount.create_host_path) {
      throw Error(Error::Kind::kInvalid, "container " + record.config.name +
                                             ": bind source path does not exist: " + mount.source + " (for " +
                                             mount.target + ")");
    }
    make_bind_source(record.config.name, mount.source);
  }
}

// Whether the container that a row says has the port really has it. What is held by a socket is settled
// before, by the bind, but for a container whose monitor died a moment ago; SCTP is not held, so its rows are
// all there is, also while the container is just being started.
bool LocalEngine::holds_port(const ContainerRecord& holder, const Reservation& reservation) {
  if (goes_on(status_of(holder.id))) return true;
  return !reservation.socket && !sys::FileLock::try_acquire(lock_path(holder.id));
}

// As far as the ports are still free: what is published stays published either way.
std::vector<Reservation> LocalEngine::hold_ports_again(const ContainerRecord& record) {
  std::vector<Reservation> held;
  for (const PublishedPort& port : record.ports) {
    try {
      for (Reservation& reservation : reserve_port(port, {port.host_ip}))
        held.push_back(std::move(reservation));
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): another program was quicker
    }
  }
  return held;
}

// Sockets that hold the host ports now belong to the caller; the rows say what is published.
std::vector<Reservation> LocalEngine::take_ports(ContainerRecord& record,
                                                 const std::vector<NetworkRecord>& networks) {
  std::vector<Reservation> held;
  for (const PublishedPort& wanted : record.config.ports) {
    for (Reservation& reservation : reserve_port(wanted, host_addresses(wanted, record, networks)))
      held.push_back(std::move(reservation));
  }
  std::vector<ContainerRecord> stale;  // rows of containers that ended without anybody cleaning up
  // Ports are published as long as the host runs, no longer.
  const auto take = [&] {
    release_ports(db_, record.id);
    record.ports.clear();
    for (const Reservation& reservation : held) {
      while (const auto holder = port_holder(db_, reservation.port)) {
        const ContainerRecord other = *find_container_record(db_, *holder);
        if (holds_port(other, reservation)) {
          throw Error(Error::Kind::kConflict, "host port " + std::to_string(reservation.port.host_port) +
                                                  "/" + reservation.port.protocol +
                                                  " is already in use by container " + other.config.name +
                                                  "; stop that container or publish another port");
        }
        stale.push_back(other);
        release_ports(db_, *holder);
      }
      take_port(db_, record.id, reservation.port);
      record.ports.push_back(reservation.port);
    }
  };
  db_.write(take, Durability::kOrdered);
  for (const ContainerRecord& other : stale) netmgr::unpublish(to_publish(other, networks));
  return held;
}

ContainerInfo LocalEngine::start_container(const std::string& id) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);  // as it is now that the lock is ours
  const Status status = status_of(record.id);
  if (status.state == State::kPaused)
    throw Error(Error::Kind::kConflict,
                "container " + record.config.name + " is paused; unpause it instead of starting it");
  if (!goes_on(status)) start_locked(record, lock);
  ContainerInfo info;
  db_.read([&] { info = describe(listing_of(record), list_networks(db_)); });
  return info;
}

void LocalEngine::start_locked(ContainerRecord& record, const sys::FileLock& lock) {
  launch(record, lock,
         [this](const ContainerStart& start) { engine::start_container(early_->monitors, start); });
}

Attached LocalEngine::start_attached(const std::string& id, const AttachRequest& request) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);
  if (goes_on(status_of(record.id)))
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " is running already");
  Attached attached;
  launch(record, lock, [&](ContainerStart& start) {
    start.spec.rows = request.rows;
    start.spec.columns = request.columns;
    note_container(record, "attach");
    attached = engine::start_attached(early_->monitors, start, request.input);
  });
  if (record.config.auto_remove) attached.about_to_end = [this, id = record.id] { prepare_removal(id); };
  early_->monitors.let_go();
  return attached;
}

Attached LocalEngine::attach_container(const std::string& id, bool input) {
  const ContainerListing container = need_listing(id);
  const std::string cannot = "cannot attach to container " + container.name + ": it is ";
  const State state = status_of(container.id).state;
  if (state == State::kPaused) throw Error(Error::Kind::kConflict, cannot + "paused; unpause it first");
  if (state == State::kRestarting)
    throw Error(Error::Kind::kConflict, cannot + "restarting; wait until it is running");
  if (state != State::kRunning) throw Error(Error::Kind::kConflict, cannot + "not running; start it first");
  const std::string run_dir = paths_.run_container(container.id);
  auto attached = engine::attach_container(run_dir, input);
  if (!attached) {
    adopt(container.id);  // its monitor was killed
    attached = engine::attach_container(run_dir, input);
  }
  if (attached) {
    note_container(container, "attach");
    return std::move(*attached);
  }
  throw Error(Error::Kind::kConflict, cannot + "about to end");
}

sys::Fd LocalEngine::new_namespace() {
  sys::Fd ready = early_->monitors.take_namespace();
  return ready ? std::move(ready) : netmgr::new_namespace();
}

void LocalEngine::launch(ContainerRecord& record, const sys::FileLock& lock, const Launcher& launcher) {
  const StoredImage image = image_of(record);
  connect_again(record);
  std::vector<NetworkRecord> networks;
  db_.read([&] { networks = list_networks(db_); });
  if (::access(paths_.run_container(record.id).c_str(), F_OK) == 0 || !record.ports.empty()) release(record);
  prepare_bind_sources(record);
  check_devices(record);
  for (const MountRecord& mount : record.mounts) {
    if (mount.type == MountConfig::Type::kVolume) sys::make_dirs(paths_.volume(mount.source) + "/_data");
  }
  // Its maker may have been killed when there was nothing of it but the record.
  const bool bare = ::access(paths_.container(record.id).c_str(), F_OK) != 0;
  if (bare && !record.config.files.empty())
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " has lost its folder " +
                                            paths_.container(record.id) +
                                            ", its secrets and configs with it; remove it and make it again");
  if (bare) fill_volumes(record, image);
  sys::make_dirs(paths_.container(record.id) + "/upper");
  sys::make_dirs(paths_.container(record.id) + "/work", 0700);
  try {
    // The monitor looks at their folders.
    for (const EndpointRecord& endpoint : record.endpoints)
      sys::make_dirs(paths_.run_network(endpoint.network_id));
    const auto bring_networks_up = [&] {
      for (const EndpointRecord& endpoint : record.endpoints) bring_up(network_of(endpoint, networks));
    };
    std::vector<Reservation> held;
    if (!record.config.ports.empty()) {
      bring_networks_up();  // with the addresses that ports may be on
      held = take_ports(record, networks);
    }
    const std::string& mode = record.config.network_mode;
    const bool own_network = mode.empty() || mode == "none";
    const sys::Fd netns = own_network ? new_namespace() : sys::Fd();
    ContainerStart start{make_spec(record, image, networks),
                         netns.get(),
                         sockets_of(held),
                         lock.descriptor(),
                         [&](const Spec& spec) { write_network_files(spec, record, networks); },
                         [&] {
                           bring_networks_up();
                           if (own_network) make_links(record, networks, netns);
                           if (!record.ports.empty()) netmgr::publish(to_publish(record, networks));
                           note_volumes(record, "mount");
                           note_networks(record, "connect");
                         }};
    launcher(start);
  } catch (...) {
    release(record);
    throw;
  }
}

void LocalEngine::release(const ContainerRecord& record) {
  const std::string run_dir = paths_.run_container(record.id);
  const bool was_up = ::access(spec_file(run_dir).c_str(), F_OK) == 0;
  const bool joined = ::access(joined_mark(run_dir).c_str(), F_OK) == 0;
  std::vector<NetworkRecord> networks;
  if (joined || !record.ports.empty()) db_.read([&] { networks = list_networks(db_); });
  if (!record.ports.empty()) {
    netmgr::unpublish(to_publish(record, networks));
    db_.write([&] { release_ports(db_, record.id); }, Durability::kOrdered);
  }
  // Links go with the network namespace, without anybody waiting for it; but not from under a container that
  // has joined, and the addresses are free for others from now on.
  const sys::Fd netns = joined ? namespace_of_guest(record) : sys::Fd();
  for (const EndpointRecord& endpoint : record.endpoints) {
    if (joined) pull_out_of(netns, network_of(endpoint, networks), record, endpoint);
    netmgr::unregister_endpoint(paths_.run_network(endpoint.network_id), record.id);
  }
  Cgroup(cgroup_path(record)).remove();  // its monitor has done so, unless it was killed
  sys::remove_tree(run_dir);
  if (!was_up) return;
  note_networks(record, "disconnect");
  note_volumes(record, "unmount");
}

void LocalEngine::stop_container(const std::string& id, std::optional<int64_t> grace_ms) {
  stop(id, {grace_ms});
}

void LocalEngine::stop(const std::string& id, const StopRequest& request) {
  const ContainerRecord record = need_container(id);
  if (!request.signal.empty()) signal_number(request.signal);  // a bad one is told before anything is done
  {
    const bool was_up = goes_on(status_of(record.id));
    const sys::FileLock lock = lock_to_end(record, request);
    stop_and_release(need_container(id), request);
    if (was_up) {
      note_stopped(record.id);
      note_container(record, "stop");
    }
  }
  if (record.config.auto_remove) remove_container(record.id, Removal{.volumes = true, .only_ended = true});
}

void LocalEngine::restart(const std::string& id, const StopRequest& request) {
  const sys::FileLock lock = lock_container(need_container(id).id);
  ContainerRecord record = need_container(id);
  const bool was_up = goes_on(status_of(record.id));
  stop_and_release(record, request);
  if (was_up) note_container(record, "stop");
  record = need_container(id);
  start_locked(record, lock);
  note_container(record, "restart");
}

// Who holds the lock may be waiting for it to stop, with more patience than we have.
sys::FileLock LocalEngine::lock_to_end(const ContainerRecord& record, const StopRequest& request) {
  constexpr int kLookMs = 50;
  sys::make_dirs(paths_.run_root + "/locks");
  for (;;) {
    if (auto lock = sys::FileLock::try_acquire(lock_path(record.id))) return std::move(*lock);
    const Status status = status_of(record.id);
    if (goes_on(status) && status.stopped_by_user) {
      ask_to_stop(record, request);
      return lock_container(record.id);
    }
    ::poll(nullptr, 0, kLookMs);
  }
}

// Its monitor stops it, whoever asks, and by the shortest time it was given.
void LocalEngine::ask_to_stop(const ContainerRecord& record, const StopRequest& request) {
  if (!goes_on(status_of(record.id))) return;
  const std::string run_dir = paths_.run_container(record.id);
  std::string signal = request.signal;
  if (signal.empty()) {
    const auto text = sys::read_file_if_exists(spec_file(run_dir));
    signal = text ? spec_from_json(*text).stop_signal : "SIGTERM";
  }
  engine::stop_container(run_dir, paths_.container(record.id), signal_number(signal),
                         request.grace_ms.value_or(record.config.stop_grace_ms.value_or(10000)));
}

void LocalEngine::stop_and_release(const ContainerRecord& record, const StopRequest& request) {
  ask_to_stop(record, request);
  release(record);
}

void LocalEngine::kill_container(const std::string& id, const std::string& signal) {
  const ContainerRecord record = need_container(id);
  const int number = signal_number(signal);
  const std::string run_dir = paths_.run_container(record.id), state_dir = paths_.container(record.id);
  if (!engine::kill_container(run_dir, state_dir, number)) {
    throw Error(Error::Kind::kConflict, "container " + record.config.name + " is not running");
  }
  note_stopped(record.id);
  if (number != SIGKILL) return;
  // Nothing can refuse this one: who asks for it may rely on the container being gone afterwards.
  watch_status(run_dir, state_dir, kKillWaitMs, [](const Status& status) { return goes_on(status); });
}

int LocalEngine::exec(const std::string& id, ExecRequest request) {
  const ContainerListing container = need_listing(id);
  const Status status = status_of(container.id);
  if (status.state == State::kPaused)
    throw Error(Error::Kind::kConflict, "container " + container.name + " is paused; unpause it first");
  if (status.state != State::kRunning) {
    throw Error(Error::Kind::kConflict, "container " + container.name + " is not running");
  }
  std::string words;
  for (const std::string& word : request.args) words += (words.empty() ? "" : " ") + word;
  const EventAttributes exec = {{"execID", sys::random_hex(64)}};
  note_container(container, "exec_create: " + words, exec);
  note_container(container, "exec_start: " + words, exec);
  const int code = exec_in_container(early_->monitors, container.name, paths_.run_container(container.id),
                                     status, request);
  if (request.detach) return code;  // nobody waits for its end
  note_container(container, "exec_die", {*exec.begin(), {"exitCode", std::to_string(code)}});
  return code;
}

}  // namespace engine
