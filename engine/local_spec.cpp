// From a container's record and image to the runtime's Spec, and the files the engine gives every container.
#include <algorithm>

#include "engine/bundled_image.h"
#include "engine/confinement.h"
#include "engine/container/cgroup.h"
#include "engine/container/run_files.h"
#include "engine/effective_config.h"
#include "engine/local_engine.h"
#include "engine/log_options.h"
#include "engine/stub_layer.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

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

Spec LocalEngine::make_spec(const ContainerRecord& record, const StoredImage& image,
                            const std::vector<NetworkRecord>& networks) {
  const ContainerConfig& config = record.config;
  Spec spec;
  spec.id = record.id;
  spec.name = config.name;
  spec.hostname = config.hostname.empty() ? record.id.substr(0, 12) : config.hostname;
  spec.lower_dirs = image.lower_dirs;
  spec.lower_dirs.push_back(stub_layer(paths_));
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
  for (const std::string& variable : link_variables(record)) {
    const std::string key = variable.substr(0, variable.find('=') + 1);
    const bool has_own = std::any_of(spec.env.begin(), spec.env.end(),
                                     [&](const std::string& own) { return own.starts_with(key); });
    if (!has_own) spec.env.push_back(variable);
  }
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

  set_network(spec, record, networks);
  for (const std::string& port : effective_config(image.config, config).exposed_ports)
    spec.exposed.push_back(port);
  if (image.config.labels.contains(kLoadBalancerLabel)) {
    spec.load_balancer = true;
    spec.mounts.push_back(engine_file(lb_folder(spec.run_dir), kLbFolder));
    spec.mounts.back().read_only = true;
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
  view.lower_dirs.push_back(stub_layer(paths_));
  view.upper_dir = paths_.container(record.id) + "/upper";
  view.work_dir = paths_.container(record.id) + "/work";
  view.read_only = record.config.read_only;
  view.mounts = own_mounts(record);
  for (SpecMount& mount : view.mounts) mount.propagation.clear();  // nobody else sees them
  return view;
}

}  // namespace engine
