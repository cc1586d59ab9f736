// Upkeep: what ended without anybody tidying up, and what a killed process left half-way.
#include <dirent.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <set>

#include "engine/build_network.h"
#include "engine/container/run_files.h"
#include "engine/container/runtime.h"
#include "engine/local_engine.h"
#include "engine/making_mark.h"
#include "engine/network_of_record.h"
#include "netmgr/driver.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace engine {

namespace {

std::set<std::string> entries(const std::string& folder) {
  std::set<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    if (entry->d_name[0] != '.') names.insert(entry->d_name);
  }
  return names;
}

void remove_others(const std::string& folder, const std::set<std::string>& present,
                   const std::set<std::string>& claimed) {
  for (const std::string& name : present) {
    if (!claimed.contains(name)) sys::remove_tree(folder + "/" + name);
  }
}

// Who made a container that is to go by itself, and was about to start it.
sys::ProcessId owner_of(const ContainerConfig& config) {
  return sys::owner_of_name(config.owner, kOwnerPrefix).value_or(sys::ProcessId{});
}

bool ended(const Status& status) {
  return status.state == State::kExited || status.state == State::kDead;
}

// There is a program, and no monitor that keeps it.
bool is_orphan(const Status& status) {
  return has_program(status) && !sys::is_alive(status.monitor);
}

}  // namespace

void LocalEngine::reconcile(const std::string& project) {
  thaw_abandoned();
  release_dead_containers(project);
  remove_abandoned_build_networks();
  drop_overdue_network();
  remove_abandoned_step_folders();
  remove_unclaimed_folders();
  remove_discarded_volumes();
  images_.remove_stale_drafts();
}

// Most containers run, and with them it ends at a look at their status: a row costs more to read.
void LocalEngine::release_dead_containers(const std::string& project) {
  std::vector<std::string> ids;
  db_.read([&] { ids = container_ids(db_); });
  std::erase_if(ids,
                [&](const std::string& id) { return is_kept(read_recorded_status(paths_.container(id))); });
  if (ids.empty()) return;
  const std::set<std::string> suspects(ids.begin(), ids.end());
  std::vector<ContainerRecord> records;
  db_.read([&] { records = list_containers(db_, std::nullopt); });
  for (const ContainerRecord& record : records) {
    if (!suspects.contains(record.id)) continue;
    try {
      if (!project.empty() && project_of(record.config) == project) await_start(record);
      release_if_dead(record);
    } catch (const std::exception& error) {
      // It may be of another project: what was asked for must not fail because of it.
      std::fprintf(stderr, "warning: container %s is left as it is: %s\n", record.config.name.c_str(),
                   error.what());
    }
  }
}

// Of one that has been killed meanwhile the monitor may still be starting the container.
void LocalEngine::await_start(const ContainerRecord& record) {
  const bool begun = ::access(spec_file(paths_.run_container(record.id)).c_str(), F_OK) == 0;
  if (begun && !goes_on(status_of(record.id))) lock_container(record.id);
}

// Made by a process that died before it started it. Looked at in this order, since the process may have
// started it and ended in between.
bool LocalEngine::is_abandoned(const ContainerRecord& record) {
  return record.config.owner != kNoOwner && !sys::is_alive(owner_of(record.config)) &&
         status_of(record.id).state == State::kCreated;
}

// Its maker was killed, or could not even take it back: without its files, and with what the image has not
// yet in its volumes, it would be another container than was asked for.
bool LocalEngine::is_half_made(const ContainerRecord& record) {
  const std::string mark = making_mark(paths_, record.id);
  if (::access(mark.c_str(), F_OK) != 0) return false;
  sys::make_dirs(paths_.run_root + "/locks");
  const std::optional<sys::FileLock> lock = sys::FileLock::try_acquire(lock_path(record.id));
  if (!lock) return false;  // it is being made
  std::optional<ContainerRecord> now;
  db_.read([&] { now = find_container_record(db_, record.id); });
  return now && ::access(mark.c_str(), F_OK) == 0;
}

bool LocalEngine::is_over(const ContainerRecord& record) {
  return ended(status_of(record.id)) || is_abandoned(record);
}

void LocalEngine::release_if_dead(const ContainerRecord& record) {
  if (is_half_made(record)) {
    unmake(record);
    return;
  }
  const Status status = status_of(record.id);
  if (is_orphan(status)) {
    adopt(record.id);
    return;
  }
  if (record.config.auto_remove && is_over(record)) {
    remove_container(record.id, Removal{.volumes = true, .only_ended = true});
    return;
  }
  const bool holds = !record.ports.empty() || ::access(paths_.run_container(record.id).c_str(), F_OK) == 0;
  if (!holds || !ended(status)) return;
  sys::make_dirs(paths_.run_root + "/locks");
  const std::optional<sys::FileLock> lock = sys::FileLock::try_acquire(lock_path(record.id));
  if (!lock) return;  // being started, stopped or removed: that process tidies up
  std::optional<ContainerRecord> now;
  db_.read([&] { now = find_container_record(db_, record.id); });
  if (!now || !ended(status_of(record.id))) return;
  // It died with its monitor, which has not told of it.
  if (goes_on(read_recorded_status(paths_.container(record.id))))
    note_container(*now, "die", {{"exitCode", "255"}});
  release(*now);
}

void LocalEngine::adopt(const std::string& id) {
  sys::make_dirs(paths_.run_root + "/locks");
  // Under the lock, so that of several commands that find the container the same one has its ports and starts
  // its monitor.
  const std::optional<sys::FileLock> lock = sys::FileLock::try_acquire(lock_path(id));
  if (!lock) return;
  std::optional<ContainerRecord> record;
  db_.read([&] { record = find_container_record(db_, id); });
  if (!record) return;
  const Status status = status_of(id);
  if (!is_orphan(status)) return;
  const std::vector<Reservation> held = hold_ports_again(*record);
  adopt_container(paths_.run_container(id), paths_.container(id), sockets_of(held));
}

void LocalEngine::remove_unclaimed_folders() {
  // Folders are listed before the rows are read: a row always comes before its folder, so what has no row now
  // is left over from a removal or from a process that died. Volumes are not among them: what a user keeps is
  // removed by the user's word only, never because a row is missing.
  const std::set<std::string> container_folders = entries(paths_.data_root + "/containers");
  const std::set<std::string> run_folders = entries(paths_.run_root + "/c");
  const std::set<std::string> network_folders = entries(paths_.run_root + "/n");
  std::set<std::string> containers, short_ids, networks;
  db_.read([&] {
    for (const std::string& id : container_ids(db_)) {
      containers.insert(id);
      short_ids.insert(id.substr(0, 12));
    }
    for (const NetworkRecord& record : list_networks(db_)) networks.insert(record.id.substr(0, 12));
  });
  remove_others(paths_.data_root + "/containers", container_folders, containers);
  remove_others(paths_.run_root + "/c", run_folders, short_ids);
  remove_others(paths_.run_root + "/n", network_folders, networks);
}

// Links are listed before the rows are read: a row always comes before its link, and goes after it. A network
// whose own link has not our mark is another's, though a copy of its data root may have made us know it.
void LocalEngine::remove_unclaimed_links() {
  const std::vector<netmgr::OwnLink> links = netmgr::own_links();
  if (links.empty()) return;
  const std::string mark = mark_of(paths_.data_root);
  std::set<std::string> marked;
  for (const netmgr::OwnLink& link : links)
    if (link.owner == mark) marked.insert(link.network);
  std::vector<netmgr::Network> networks;
  std::set<std::string> claimed, claiming;  // "<network> <container>"; networks whose endpoints have rows
  db_.read([&] {
    for (const NetworkRecord& record : list_networks(db_)) {
      networks.push_back(to_netmgr(record, mark));
      claimed.insert(record.id.substr(0, 12) + ' ');
      if (!is_build_network(record.info())) claiming.insert(record.id.substr(0, 12));
    }
    for (const ContainerRecord& record : list_containers(db_, std::nullopt))
      for (const EndpointRecord& endpoint : record.endpoints)
        claimed.insert(endpoint.network_id.substr(0, 12) + ' ' + record.id.substr(0, 12));
  });
  bool found = false;
  for (const netmgr::OwnLink& link : links) {
    if (!marked.contains(link.network) || claimed.contains(link.network + ' ' + link.container)) continue;
    if (link.container.empty()) {
      netmgr::remove_stray(link, networks);
      found = true;
    } else if (claiming.contains(link.network)) {
      netmgr::remove_link(link.name);
    }
  }
  if (found && networks.empty()) netmgr::remove_firewall_if_unused();
}

void LocalEngine::remove_abandoned_build_networks() {
  for (const NetworkInfo& network : networks())
    if (is_abandoned_build_network(network)) remove_network(network.name);
}

}  // namespace engine
