#pragma once
// The readers of a service's attributes, one function an attribute, all of one shape, so that
// read_service.cpp is a table. Each takes the node of its attribute, in the long form of canonical.h and
// never null, and fills the service. A ValueError it throws is reported at the node.
#include "parser/reader.h"
#include "parser/section.h"

namespace parser {

struct At {
  Reader& reader;
  const Node& node;
  const Path& path;
  ServiceDraft& draft;
  Service& service;

  Section section() const { return Section(reader, node, path); }

  // Runs `read(item)` on each item of the list; a ValueError is reported at the item.
  template <typename Read>
  void each(const Read& read) const {
    for (size_t i = 0; i < node.items.size(); ++i)
      reader.guard(node.items[i], path.index(i), [&] { read(node.items[i]); });
  }
};

using ReadAttribute = void(const At& at);

// read_process.cpp: what runs, and what around it.
ReadAttribute read_environment, read_env_files, read_label_files, read_restart, read_pull_policy,
    read_pull_refresh_after, read_platform, read_stop_signal, read_working_dir, read_container_name;
// read_logging.cpp
ReadAttribute read_logging;
// read_dependencies.cpp: other services and containers.
ReadAttribute read_depends_on, read_links, read_external_links, read_volumes_from;
// read_namespaces.cpp: what is shared with the host, a service or a container.
ReadAttribute read_network_mode, read_ipc, read_pid, read_uts, read_cgroup, read_userns_mode;
// read_names.cpp: how the container is called and whom it knows.
ReadAttribute read_hostname, read_domainname, read_extra_hosts, read_dns, read_dns_search, read_mac_address,
    read_expose;
// read_service_networks.cpp, read_ports.cpp, read_mounts.cpp
ReadAttribute read_service_networks, read_ports, read_mounts, read_tmpfs;
// read_healthcheck.cpp
ReadAttribute read_healthcheck;
// read_limits.cpp
ReadAttribute read_cpus, read_cpu_period, read_cpu_quota, read_cpu_rt_period, read_cpu_rt_runtime,
    read_cpu_percent, read_cpuset, read_memswap_limit, read_mem_swappiness;
// read_block_io.cpp
ReadAttribute read_blkio_config;
// read_confinement.cpp
ReadAttribute read_cap_add, read_cap_drop, read_security_opt, read_sysctls, read_storage_opt,
    read_credential_spec, read_isolation;
// read_host_devices.cpp
ReadAttribute read_host_devices, read_device_cgroup_rules;

}  // namespace parser
