// From a container's record and image to the runtime's Spec, and the files the engine gives every container.
#include <algorithm>
#include <sstream>

#include "engine/confinement.h"
#include "engine/container/cgroup.h"
#include "engine/effective_config.h"
#include "engine/local_engine.h"
#include "engine/log_options.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

struct Resolver {
  std::vector<std::string> nameservers;  // IPv4
  std::string search;                    // whole line's tail
};

Resolver host_resolver() {
  Resolver resolver;
  std::istringstream lines(sys::read_file_if_exists("/etc/resolv.conf").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword, value;
    words >> keyword >> value;
    if (keyword == "nameserver" && value.find(':') == std::string::npos)
      resolver.nameservers.push_back(value);
    if (keyword == "search" || keyword == "domain") {
      resolver.search = value;
      while (words >> value) resolver.search += ' ' + value;
    }
  }
  return resolver;
}

std::vector<std::string> arguments(const ContainerConfig& config, const ImageConfig& image) {
  std::vector<std::string> args = config.entrypoint ? *config.entrypoint : image.entrypoint;
  // A new entrypoint does not get the image's command, an emptied one does.
  const bool image_command = !config.command && (!config.entrypoint || config.entrypoint->empty());
  const std::vector<std::string>& command = config.command ? *config.command : image.cmd;
  if (config.command || image_command) args.insert(args.end(), command.begin(), command.end());
  return args;
}

SpecHealthCheck health_check(const std::optional<HealthConfig>& config,
                             const std::optional<ImageHealth>& image) {
  SpecHealthCheck check;
  if (config && config->disable) return check;
  // Zero means the image's value, or else the default: without a pause no check would ever end.
  const auto set = [](auto& value, const auto& given) {
    if (given && *given > 0) value = *given;
  };
  const auto apply = [&](const auto& from) {
    if (!from.test.empty()) check.test = from.test;
    set(check.interval_ms, from.interval_ms);
    set(check.timeout_ms, from.timeout_ms);
    set(check.start_period_ms, from.start_period_ms);
    set(check.start_interval_ms, from.start_interval_ms);
    set(check.retries, from.retries);
  };
  if (image) apply(*image);
  if (config) apply(*config);
  return check;
}

SpecMount engine_file(const std::string& source, const std::string& target) {
  SpecMount mount;
  mount.source = source;
  mount.target = target;
  return mount;
}

// A parent before what is mounted in it.
void sort_by_depth(std::vector<SpecMount>& mounts) {
  std::stable_sort(mounts.begin(), mounts.end(), [](const SpecMount& a, const SpecMount& b) {
    return std::count(a.target.begin(), a.target.end(), '/') <
           std::count(b.target.begin(), b.target.end(), '/');
  });
}

}  // namespace

SpecNetwork LocalEngine::spec_network(const ContainerRecord& record, const EndpointRecord& endpoint) const {
  SpecNetwork network;
  network.directory = paths_.run_network(endpoint.network_id);
  network.address = endpoint.address;
  network.names = endpoint.aliases;
  for (const std::string& name : {record.config.name, record.id.substr(0, 12)}) {
    if (std::find(network.names.begin(), network.names.end(), name) == network.names.end())
      network.names.push_back(name);
  }
  return network;
}

std::vector<std::string> LocalEngine::host_nameservers() {
  return host_resolver().nameservers;
}

Spec LocalEngine::make_spec(const ContainerRecord& record, const StoredImage& image,
                            const std::vector<NetworkRecord>& networks) {
  const ContainerConfig& config = record.config;
  Spec spec;
  spec.id = record.id;
  spec.name = config.name;
  spec.hostname = config.hostname.empty() ? record.id.substr(0, 12) : config.hostname;
  spec.lower_dirs = image.lower_dirs;
  spec.state_dir = paths_.container(record.id);
  spec.upper_dir = spec.state_dir + "/upper";
  spec.work_dir = spec.state_dir + "/work";
  spec.run_dir = paths_.run_container(record.id);
  spec.read_only = config.read_only;
  spec.args = arguments(config, image.config);
  if (spec.args.empty()) {
    throw Error(Error::Kind::kInvalid, "container " + config.name + ": no command: neither the image " +
                                           config.image + " nor the service names one; set 'command:'");
  }
  spec.env = merged_env(image.config.env, config.environment);
  set_log(spec, config, image);
  spec.working_dir = !config.working_dir.empty() ? config.working_dir : image.config.working_dir;
  if (spec.working_dir.empty()) spec.working_dir = "/";
  spec.user = !config.user.empty() ? config.user : image.config.user;
  spec.groups = config.group_add;
  spec.domainname = config.domainname;
  for (const auto& [name, value] : config.sysctls) spec.sysctls.push_back(name + '=' + value);
  set_namespaces(spec, config);
  spec.init = config.init;
  spec.tty = config.tty;
  spec.stdin_open = config.stdin_open;
  sys::make_dirs(spec.run_dir);
  confine(spec, {config.privileged, config.cap_add, config.cap_drop, config.security_opt}, paths_);
  if (config.shm_size > 0) spec.shm_size = config.shm_size;
  spec.cgroup = cgroup_path(record);
  spec.monitors_cgroup = kMonitorsCgroup;
  spec.resources = config.resources;
  spec.ulimits = config.ulimits;
  spec.devices = config.devices;
  spec.device_cgroup_rules = config.device_cgroup_rules;
  spec.oom_score_adj = config.oom_score_adj;
  spec.host_network = config.network_mode == "host";
  spec.restart = config.restart;
  spec.restart_max = config.restart_max;
  spec.restart_delay_ms = config.restart_delay_ms;
  spec.restart_window_ms = config.restart_window_ms;
  spec.healthcheck = health_check(config.healthcheck, image.config.healthcheck);
  spec.stop_signal = !config.stop_signal.empty() ? config.stop_signal : image.config.stop_signal;
  if (spec.stop_signal.empty()) spec.stop_signal = "SIGTERM";
  spec.exit_hook = exit_hook_;
  spec.events_dir = paths_.events();
  spec.event_attrs = event_attrs_of(record);
  spec.stop_grace_ms = config.stop_grace_ms.value_or(10000);

  std::string gateway;
  bool outward = false;
  for (const EndpointRecord& endpoint : record.endpoints) {
    SpecNetwork network = spec_network(record, endpoint);
    for (const NetworkRecord& candidate : networks) {
      if (candidate.id != endpoint.network_id || candidate.config.internal) continue;
      outward = true;
      if (gateway.empty()) gateway = candidate.config.gateway;
    }
    spec.networks.push_back(std::move(network));
  }

  const std::string hosts = spec.run_dir + "/hosts", name = spec.run_dir + "/hostname",
                    resolv = spec.run_dir + "/resolv.conf";
  const Resolver resolver = host_resolver();
  if (spec.host_network) {
    spec.hostname.clear();
    // Copies: what the container writes to them is not for the host.
    sys::write_file_atomic(hosts, sys::read_file_if_exists("/etc/hosts").value_or(""));
    sys::write_file_atomic(name, sys::read_file_if_exists("/etc/hostname").value_or(""));
    sys::write_file_atomic(resolv, sys::read_file_if_exists("/etc/resolv.conf").value_or(""));
  } else {
    std::vector<std::string> own;
    for (const EndpointRecord& endpoint : record.endpoints) own.push_back(endpoint.address);
    sys::write_file_atomic(hosts, hosts_text(config.extra_hosts, gateway, own, names_in_hosts(spec),
                                             "container " + config.name));
    sys::write_file_atomic(name, spec.hostname + "\n");
    std::string text;
    if (!record.endpoints.empty()) {
      spec.dns_server = true;
      // The names a container asks for would carry what it knows out of a network that is meant to be closed.
      if (outward) spec.dns_upstreams = resolver.nameservers;
      text = "nameserver 127.0.0.11\n";
      if (!resolver.search.empty()) text += "search " + resolver.search + "\n";
      text += "options ndots:0\n";
    }
    sys::write_file_atomic(resolv, text);
  }
  for (const auto& [file, target] :
       {std::pair{hosts, "/etc/hosts"}, {name, "/etc/hostname"}, {resolv, "/etc/resolv.conf"}}) {
    spec.mounts.push_back(engine_file(file, target));
    spec.mounts.back().read_only = config.read_only;  // part of the rootfs for whoever wants that read-only
  }

  const std::vector<SpecMount> own = own_mounts(record);
  spec.mounts.insert(spec.mounts.end(), own.begin(), own.end());
  sort_by_depth(spec.mounts);
  return spec;
}

std::vector<SpecMount> LocalEngine::own_mounts(const ContainerRecord& record) {
  std::vector<SpecMount> mounts;
  mounts.reserve(record.mounts.size() + record.config.files.size());
  for (const MountRecord& mount : record.mounts) mounts.push_back(spec_mount(record, mount));
  const std::vector<FileConfig>& files = record.config.files;
  for (size_t i = 0; i < files.size(); ++i) {
    SpecMount own = engine_file(kept_file(record, i), files[i].target);
    own.type = SpecMount::Type::kFile;
    own.read_only = true;
    own.uid = files[i].uid;
    own.gid = files[i].gid;
    own.mode = files[i].mode;
    mounts.push_back(std::move(own));
  }
  sort_by_depth(mounts);
  return mounts;
}

Spec LocalEngine::view_spec(const ContainerRecord& record) {
  Spec view;
  view.id = record.id;
  view.name = record.config.name;
  view.lower_dirs = need_image(record.image_id).lower_dirs;
  view.upper_dir = paths_.container(record.id) + "/upper";
  view.work_dir = paths_.container(record.id) + "/work";
  view.read_only = record.config.read_only;
  view.mounts = own_mounts(record);
  for (SpecMount& mount : view.mounts) mount.propagation.clear();  // nobody else sees them
  return view;
}

}  // namespace engine
