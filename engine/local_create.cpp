// Creating, renaming and removing containers.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "engine/build/paths.h"
#include "engine/container/cgroup.h"
#include "engine/container/id_map.h"
#include "engine/container/resource_limits.h"
#include "engine/container/run_files.h"
#include "engine/container/seccomp.h"
#include "engine/local_engine.h"
#include "engine/log_options.h"
#include "engine/making_mark.h"
#include "engine/resolv_conf.h"
#include "engine/security_options.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/random.h"

namespace engine {

namespace {

// A place in the container has one spelling, or what is the same would not be found to be.
ContainerConfig with_clean_targets(ContainerConfig config) {
  std::set<std::string> seen;
  for (MountConfig& mount : config.mounts) {
    if (mount.target.empty() || mount.target.front() != '/') {
      throw Error(Error::Kind::kInvalid,
                  "container " + config.name + ": mount target '" + mount.target + "' is not absolute");
    }
    mount.target = build::clean_path(mount.target);
    if (!seen.insert(mount.target).second) {
      throw Error(Error::Kind::kInvalid,
                  "container " + config.name + ": two mounts have the target " + mount.target);
    }
  }
  for (FileConfig& file : config.files) {
    if (file.target.empty() || file.target.front() != '/')
      throw Error(Error::Kind::kInvalid,
                  "container " + config.name + ": the place '" + file.target + "' of a file is not absolute");
    file.target = build::clean_path(file.target);
    if (!seen.insert(file.target).second)
      throw Error(Error::Kind::kInvalid,
                  "container " + config.name + ": two mounts have the target " + file.target);
  }
  std::map<std::string, std::string> inherited;
  for (const auto& [target, volume] : config.inherited_volumes)
    inherited.emplace(build::clean_path(target), volume);
  config.inherited_volumes = std::move(inherited);
  return config;
}

// Below every hierarchy's root. Groups outside of our own are the user's: they stay when the container goes.
void check_cgroup_parent(const std::string& parent) {
  for (size_t from = 0; from < parent.size();) {
    const size_t end = std::min(parent.find('/', from), parent.size());
    const std::string name = parent.substr(from, end - from);
    if (name == "." || name == ".." || name.find('\n') != std::string::npos)
      throw Error(Error::Kind::kInvalid,
                  "cgroup_parent '" + parent + "': a path below the root of the control groups is expected");
    from = end + 1;
  }
}

void check_name(const std::string& name) {
  const bool safe =
      name.size() >= 2 && std::isalnum(static_cast<unsigned char>(name[0])) != 0 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
          std::string::npos;
  if (safe) return;
  throw Error(
      Error::Kind::kInvalid,
      "container " + name +
          ": a name has two or more letters, digits, '_', '.', '-' and begins with a letter or digit");
}

void check_mode(const ContainerConfig& config, const char* kind, const std::string& mode,
                std::initializer_list<std::string_view> known) {
  if (mode.empty() || std::find(known.begin(), known.end(), mode) != known.end()) return;
  if (mode.starts_with("container:") && kind != std::string("cgroup")) return;
  throw Error(Error::Kind::kInvalid,
              "container " + config.name + ": there is no " + kind + " namespace mode '" + mode + "'");
}

// Names in another's uts namespace would be its names.
void check_namespaces(const ContainerConfig& config) {
  check_mode(config, "ipc", config.ipc_mode, {"private", "shareable", "none", "host"});
  check_mode(config, "pid", config.pid_mode, {"private", "host"});
  check_mode(config, "uts", config.uts_mode, {"private", "host"});
  check_mode(config, "cgroup", config.cgroupns_mode, {"private", "host"});
  if (!config.userns_mode.empty() && config.userns_mode != "host")
    throw Error(Error::Kind::kInvalid, "container " + config.name + ": there is no user namespace mode '" +
                                           config.userns_mode + "'");
  const bool own_names = config.uts_mode.empty() || config.uts_mode == "private";
  if (!own_names && !(config.hostname + config.domainname).empty())
    throw Error(
        Error::Kind::kInvalid,
        "container " + config.name + ": hostname and domainname do not go with uts mode " + config.uts_mode);
}

// What belongs to whom the network belongs is not for one that only joins it.
void check_network_mode(const ContainerConfig& config) {
  const std::string& mode = config.network_mode;
  if (mode.empty()) return;
  const bool shared = mode.starts_with("container:");
  if (mode != "none" && mode != "host" && !shared)
    throw Error(Error::Kind::kInvalid,
                "container " + config.name + ": there is no network mode '" + mode + "'");
  const auto refuse = [&](bool given, const char* what) {
    if (given)
      throw Error(Error::Kind::kInvalid,
                  "container " + config.name + ": " + what + " with network mode " + mode);
  };
  refuse(!config.networks.empty(), "it cannot be on a network");
  refuse(!config.ports.empty(), "ports cannot be published");
  refuse(mode != "none" && !config.links.empty(), "links do not go");
  if (!shared) return;
  refuse(!config.hostname.empty() || !config.domainname.empty(), "hostname and domainname do not go");
  refuse(!config.extra_hosts.empty(), "extra hosts do not go");
  const ResolverConfig& dns = config.resolver;
  refuse(!dns.servers.empty() || !dns.search.empty() || !dns.options.empty(), "dns settings do not go");
}

// What is wrong with a configuration is said now, not when it starts.
void check_config(const ContainerConfig& config) {
  const auto invalid = [&](const std::string& what) {
    throw Error(Error::Kind::kInvalid, "container " + config.name + ": " + what);
  };
  check_name(config.name);
  check_network_mode(config);
  check_namespaces(config);
  check_resolver(config);
  read_security_options(config.security_opt);
  check_cgroup_parent(config.cgroup_parent);
  for (const std::string& rule : config.device_cgroup_rules) parse_device_rule(rule);
  for (const SpecUlimit& limit : config.ulimits)
    if (!is_limit_name(limit.name)) invalid("there is no ulimit '" + limit.name + "'");
  effective_capabilities(config.cap_add, config.cap_drop, config.privileged);
  if (!config.stop_signal.empty()) signal_number(config.stop_signal);
  check_log(config);
  for (const MountConfig& mount : config.mounts) {
    try {
      if (!mount.idmap.empty()) parse_id_map(mount.idmap);
    } catch (const std::invalid_argument& error) {
      invalid("mount " + mount.target + ": " + error.what());
    }
    const bool is_private = mount.propagation.empty() || mount.propagation == "rprivate";
    if (mount.recursive == "readonly" && (!mount.read_only || !is_private))
      invalid("mount " + mount.target +
              ": bind.recursive 'readonly' goes with read_only: true and propagation rprivate only");
  }
}

// As Docker: arguments with a space in them stand in quotes, the program never does.
std::string shown_command(const ContainerConfig& config, const StoredImage& image) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const bool quoted = !text.empty() && word.find(' ') != std::string::npos;
      if (!text.empty()) text += ' ';
      text += quoted ? '\'' + word + '\'' : word;
    }
  };
  add(config.entrypoint ? *config.entrypoint : image.config.entrypoint);
  if (config.command) {
    add(*config.command);
  } else if (!config.entrypoint || config.entrypoint->empty()) {
    add(image.config.cmd);
  }
  return text;
}

// It has told of the end, and is in the monitors' group until it is gone itself.
void await_monitor(const sys::ProcessId& monitor) {
  constexpr int kMostMs = 300;
  if (monitor.pid == ::getpid()) return;
  const sys::Fd pidfd = sys::open_pidfd(monitor);
  pollfd end{pidfd.get(), POLLIN, 0};
  if (pidfd) ::poll(&end, 1, kMostMs);
}

}  // namespace

std::string LocalEngine::cgroup_path(const ContainerRecord& record) {
  std::string parent = record.config.cgroup_parent;
  while (!parent.empty() && parent.back() == '/') parent.pop_back();
  if (parent.empty()) parent = kEngineCgroup;
  return (parent.front() == '/' ? "" : "/") + parent + '/' + record.id;
}

// The default network goes with its last container, which may be just before this one is on it.
void LocalEngine::insert_on_networks(const ContainerConfig& config, const std::function<void()>& insert) {
  const bool on_default =
      std::any_of(config.networks.begin(), config.networks.end(),
                  [](const AttachmentConfig& attachment) { return attachment.network == kDefaultNetwork; });
  constexpr int kAttempts = 20;
  for (int attempt = 1;; ++attempt) {
    if (on_default) make_default_network();
    try {
      // One that goes by itself at its end is not missed after a power cut.
      db_.write(insert, config.auto_remove ? Durability::kOrdered : Durability::kSettled);
      return;
    } catch (const Error& error) {
      if (!on_default || error.kind() != Error::Kind::kNotFound || attempt == kAttempts) throw;
    }
  }
}

ContainerInfo LocalEngine::create_container(const ContainerConfig& asked) {
  check_config(asked);
  ContainerConfig config = with_clean_targets(asked);
  if (config.auto_remove && config.owner != kNoOwner) config.owner = sys::own_name(kOwnerPrefix);
  const StoredImage image = need_image(config.image);
  ContainerRecord record;
  record.id = sys::random_hex(64);
  record.image_id = image.id;
  record.config = config;
  // What the image exposes is the container's too, and is listed with it; kept, as listings read no image.
  for (const std::string& port : image.config.exposed_ports) {
    std::vector<std::string>& expose = record.config.expose;
    if (std::find(expose.begin(), expose.end(), port) == expose.end()) expose.push_back(port);
  }
  record.command = shown_command(config, image);
  record.created_ms = now_ms();
  ContainerInfo info;
  // Held until all of it is there, by which others know that it is being made.
  std::optional<sys::FileLock> lock = lock_container(record.id);
  std::vector<VolumeRecord> fresh;
  const auto insert = [&] {
    record.endpoints.clear();
    fresh.clear();
    if (const auto other = find_container_named(db_, config.name)) {
      throw Error(Error::Kind::kConflict, "the container name " + config.name + " is already in use by " +
                                              other->id.substr(0, 12) + "; remove or rename that container");
    }
    for (const AttachmentConfig& attachment : config.networks)
      record.endpoints.push_back(allocate(attachment));
    take_mounts_of_others(record.config);
    record.mounts = make_mounts(record.config, image, fresh);
    for (const VolumeRecord& volume : fresh) insert_volume(db_, volume);
    insert_container(db_, record);
    info = describe(listing_of(record), list_networks(db_));
  };
  try {
    insert_on_networks(config, insert);
  } catch (...) {
    ::unlink(lock_path(record.id).c_str());
    throw;
  }
  keep_image(image);
  try {
    const std::string folder = paths_.container(record.id);
    const bool is_long = !config.files.empty() || !record.mounts.empty();  // something can be left half made
    if (is_long) sys::make_dirs(making_mark(paths_, record.id));
    sys::make_dirs(folder + "/upper");
    sys::make_dirs(folder + "/work", 0700);
    keep_files(record, config);
    for (const VolumeRecord& volume : fresh) note_volume("create", volume.config.name);
    fill_volumes(record, image);
    write_status(folder, Status());
    if (is_long)
      sys::check(::rmdir(making_mark(paths_, record.id).c_str()), "rmdir", making_mark(paths_, record.id));
  } catch (...) {
    lock.reset();
    try {
      unmake(record);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): what went wrong is what to tell
    }
    throw;
  }
  note_container(record, "create");
  return info;
}

// Of its anonymous volumes only those made for it: an inherited one holds its former container's files.
void LocalEngine::unmake(const ContainerRecord& record) {
  std::vector<std::string> fresh;
  for (const MountRecord& mount : record.mounts) {
    if (mount.type != MountConfig::Type::kVolume) continue;
    const auto inherited = record.config.inherited_volumes.find(mount.target);
    const bool former =
        inherited != record.config.inherited_volumes.end() && inherited->second == mount.source;
    const bool named = std::any_of(record.config.mounts.begin(), record.config.mounts.end(),
                                   [&](const MountConfig& asked) { return asked.source == mount.source; });
    if (!former && !named) fresh.push_back(mount.source);
  }
  remove_container(record.id, true, false);
  for (const std::string& name : fresh) remove_volume(name);
}

void LocalEngine::rename_container(const std::string& id, const std::string& name) {
  check_name(name);
  const ContainerRecord record = need_container(id);
  if (record.config.name == name) return;
  db_.write([&] {
    if (const auto other = find_container_named(db_, name)) {
      throw Error(Error::Kind::kConflict, "the container name " + name + " is already in use by " +
                                              other->id.substr(0, 12) + "; remove or rename that container");
    }
    rename_container_record(db_, record.id, name);
  });
  const sys::FileLock lock = lock_container(record.id);
  const ContainerRecord renamed = need_container(record.id);
  note_container(renamed, "rename", {{"oldName", record.config.name}});
  std::vector<NetworkRecord> networks;
  db_.read([&] { networks = list_networks(db_); });
  tell_monitor(renamed, networks);  // those on its networks know it by the new name
}

void LocalEngine::remove_container(const std::string& id, bool force, bool volumes) {
  remove_container(id, Removal{.force = force, .volumes = volumes});
}

bool LocalEngine::remove_after_run(const std::string& id) {
  early_->monitors.end();
  remove_container(id, Removal{.volumes = true, .only_ended = true, .leave = true});
  return has_idle_network();
}

void LocalEngine::prepare_removal(const std::string& id) noexcept {
  try {
    db_.read([&] { find_container_record(db_, id); });
    prepare_deletion(db_);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the removal tells
  }
}

void LocalEngine::remove_container(const std::string& id, const Removal& how) {
  std::optional<ContainerRecord> record;
  db_.read([&] { record = find_container_record(db_, id); });
  if (!record) return;
  const sys::FileLock lock = how.force ? lock_to_end(*record, {0}) : lock_container(record->id);
  db_.read([&] { record = find_container_record(db_, record->id); });
  if (!record) return;
  const Status status = status_of(record->id);
  const bool alive = goes_on(status);
  if (how.only_ended && (alive || !is_over(*record))) return;
  if (alive && !how.force) {
    throw Error(Error::Kind::kConflict,
                "container " + record->config.name + " is running; stop it first, or force its removal");
  }
  stop_and_release(*record, {0});
  sys::remove_tree(paths_.container(record->id));
  {
    const std::lock_guard stopped(stopped_mutex_);
    stopped_.erase(record->id);
  }
  std::vector<std::string> doomed, volumes_gone;
  const auto erase = [&] {
    delete_container(db_, record->id);
    for (const MountRecord& mount : record->mounts) {
      if (!how.volumes || mount.type != MountConfig::Type::kVolume) continue;
      const auto volume = find_volume(db_, mount.source);
      if (volume && volume->config.anonymous && volume_users(db_, mount.source).empty())
        doomed.push_back(discard_volume(mount.source));
      if (doomed.size() > volumes_gone.size()) volumes_gone.push_back(mount.source);
    }
  };
  const bool drops_volumes =
      how.volumes && std::any_of(record->mounts.begin(), record->mounts.end(), [](const MountRecord& mount) {
        return mount.type == MountConfig::Type::kVolume;
      });
  // Rows of volumes are not to come back without their files.
  db_.write(erase, record->config.auto_remove ? Durability::kOrdered
                   : drops_volumes            ? Durability::kSynced
                                              : Durability::kSettled);
  for (const std::string& folder : doomed) sys::remove_tree(folder);
  note_container(*record, "destroy");
  for (const std::string& volume : volumes_gone) note_volume("destroy", volume);
  const bool was_on_default =
      std::any_of(record->config.networks.begin(), record->config.networks.end(),
                  [](const AttachmentConfig& attachment) { return attachment.network == kDefaultNetwork; });
  if (was_on_default && how.leave) {
    leave_default_network();
  } else if (was_on_default) {
    drop_default_network();
  }
  ::unlink(lock_path(record->id).c_str());
  if (!how.leave && (alive || status.stopped_by_user)) await_monitor(status.monitor);
  if (!how.leave) remove_empty_cgroup(kMonitorsCgroup);  // else its monitor is in there
  if (record->config.cgroup_parent.starts_with(std::string(kEngineCgroup) + '/'))
    remove_empty_cgroup(record->config.cgroup_parent);
  if (!how.leave) remove_empty_cgroup(kEngineCgroup);
}

}  // namespace engine
