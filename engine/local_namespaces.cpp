// Namespaces that a container has together with the host or with another container.
#include <sys/utsname.h>

#include <optional>

#include "engine/container/run_files.h"
#include "engine/local_engine.h"
#include "sys/error.h"

namespace engine {

namespace {

constexpr std::string_view kOfContainer = "container:";

std::string hostname_of_host() {
  utsname names{};
  sys::check(::uname(&names), "uname");
  return names.nodename;
}

bool is_private(const std::string& mode) {
  return mode.empty() || mode == "private" || mode == "shareable";
}

}  // namespace

std::optional<ContainerRecord> LocalEngine::lender_of(const ContainerConfig& config, const char* kind,
                                                      const std::string& mode) {
  if (!mode.starts_with(kOfContainer)) return std::nullopt;
  const std::string name = mode.substr(kOfContainer.size());
  const std::string subject = "container " + config.name + ": " + kind + " namespace of container " + name;
  std::optional<ContainerRecord> lender;
  db_.read([&] { lender = find_container_record(db_, name); });
  if (!lender) throw Error(Error::Kind::kInvalid, subject + ": there is no such container");
  if (lender->config.name == config.name)
    throw Error(Error::Kind::kInvalid, subject + ": it is this container itself");
  if (!has_program(status_of(lender->id)))
    throw Error(Error::Kind::kConflict, subject + ": it is not running; start it first");
  return lender;
}

void LocalEngine::set_namespaces(Spec& spec, const ContainerConfig& config) {
  const auto net = lender_of(config, "network", config.network_mode),
             ipc = lender_of(config, "ipc", config.ipc_mode), pid = lender_of(config, "pid", config.pid_mode),
             uts = lender_of(config, "uts", config.uts_mode);
  const auto space = [&](const std::string& mode, const std::optional<ContainerRecord>& lender) {
    if (lender) return SpecNamespace{"container", lender->config.name, paths_.container(lender->id)};
    return is_private(mode) ? SpecNamespace{} : SpecNamespace{mode, "", ""};
  };
  if (net) spec.net = space(config.network_mode, net);
  spec.ipc = space(config.ipc_mode, ipc);
  spec.pid = space(config.pid_mode, pid);
  spec.uts = space(config.uts_mode, uts);
  spec.host_cgroup_namespace = config.cgroupns_mode == "host";
  if (spec.uts.mode == "host") spec.hostname = hostname_of_host();
  // Whose network it has, under whose name it is there.
  if (const auto& named = uts ? uts : spec.uts.mode.empty() ? net : uts) {
    const Spec theirs = spec_from_json(sys::read_file(spec_file(paths_.run_container(named->id))));
    spec.hostname = theirs.hostname;
    spec.domainname = theirs.domainname;
  }
  if (!ipc) return;
  const std::string& theirs = ipc->config.ipc_mode;
  if (theirs.empty() || theirs == "private" || theirs == "none") {
    throw Error(Error::Kind::kConflict, "container " + config.name + ": the ipc namespace of container " +
                                            ipc->config.name +
                                            " is private; make that one with ipc: shareable");
  }
}

}  // namespace engine
