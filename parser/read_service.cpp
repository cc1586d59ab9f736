// The attributes of a service: a table of what reads each of them.
#include <algorithm>

#include "parser/attribute.h"
#include "parser/check.h"

namespace parser {

namespace {

// Readers of plain fields.
template <auto field>
void text(const At& at) {
  at.service.*field = at.node.text;
}
template <auto field>
void flag(const At& at) {
  at.service.*field = at.reader.flag(at.node, at.path);
}
template <auto field>
void strings(const At& at) {
  at.service.*field = at.reader.strings(at.node);
}
template <auto field>
void map(const At& at) {
  at.service.*field = at.reader.string_map(at.node);
}
template <auto field>
void bytes(const At& at) {
  at.service.*field = at.reader.bytes(at.node, at.path);
}
template <auto field>
void words(const At& at) {
  at.service.*field = at.reader.words(at.node, at.path);
}
template <auto field, int64_t least, int64_t most = INT64_MAX>
void integer(const At& at) {
  using Field = std::remove_reference_t<decltype(at.service.*field)>;
  at.service.*field = static_cast<Field>(at.reader.integer(at.node, at.path, least, most));
}

// Readers of whole sections.
template <void (*read)(Reader&, const Node&, const Path&, ServiceDraft&)>
void section(const At& at) {
  read(at.reader, at.node, at.path, at.draft);
}

void read_scale(const At& at) {
  at.service.scale = static_cast<int>(at.reader.integer(at.node, at.path, 0, INT32_MAX));
  at.draft.replicas_mark = at.node.mark();
}

void read_stop_grace_period(const At& at) {
  at.service.stop_grace_period = at.reader.duration(at.node, at.path);
}

void read_limits_of_processes(const At& at) {
  at.service.ulimits = read_ulimits(at.reader, at.node, at.path);
}

constexpr int kLeastOomScore = -1000, kMostOomScore = 1000;  // proc(5), oom_score_adj

struct Row {
  std::string_view name;
  ReadAttribute* read;
};

// In the order of the alphabet.
constexpr Row kRows[] = {
    {"annotations", map<&Service::annotations>},
    {"attach", flag<&Service::attach>},
    {"blkio_config", read_blkio_config},
    {"build", section<read_build>},
    {"cap_add", read_cap_add},
    {"cap_drop", read_cap_drop},
    {"cgroup", read_cgroup},
    {"cgroup_parent", text<&Service::cgroup_parent>},
    {"command", words<&Service::command>},
    {"configs", section<read_service_configs>},
    {"container_name", read_container_name},
    {"cpu_count", integer<&Service::cpu_count, 0>},
    {"cpu_percent", read_cpu_percent},
    {"cpu_period", read_cpu_period},
    {"cpu_quota", read_cpu_quota},
    {"cpu_rt_period", read_cpu_rt_period},
    {"cpu_rt_runtime", read_cpu_rt_runtime},
    {"cpu_shares", integer<&Service::cpu_shares, 0>},
    {"cpus", read_cpus},
    {"cpuset", read_cpuset},
    {"credential_spec", read_credential_spec},
    {"depends_on", read_depends_on},
    {"deploy", section<read_deploy>},
    {"develop", section<read_develop>},
    {"device_cgroup_rules", read_device_cgroup_rules},
    {"devices", read_host_devices},
    {"dns", read_dns},
    {"dns_opt", strings<&Service::dns_opt>},
    {"dns_search", read_dns_search},
    {"domainname", read_domainname},
    {"entrypoint", words<&Service::entrypoint>},
    {"env_file", read_env_files},
    {"environment", read_environment},
    {"expose", read_expose},
    {"external_links", read_external_links},
    {"extra_hosts", read_extra_hosts},
    {"gpus", section<read_gpus>},
    {"group_add", strings<&Service::group_add>},
    {"healthcheck", read_healthcheck},
    {"hostname", read_hostname},
    {"image", text<&Service::image>},
    {"init", flag<&Service::init>},
    {"ipc", read_ipc},
    {"isolation", read_isolation},
    {"label_file", read_label_files},
    {"labels", map<&Service::labels>},
    {"links", read_links},
    {"logging", read_logging},
    {"mac_address", read_mac_address},
    {"mem_limit", bytes<&Service::mem_limit>},
    {"mem_reservation", bytes<&Service::mem_reservation>},
    {"mem_swappiness", read_mem_swappiness},
    {"memswap_limit", read_memswap_limit},
    {"models", section<read_service_models>},
    {"network_mode", read_network_mode},
    {"networks", read_service_networks},
    {"oom_kill_disable", flag<&Service::oom_kill_disable>},
    {"oom_score_adj", integer<&Service::oom_score_adj, kLeastOomScore, kMostOomScore>},
    {"pid", read_pid},
    {"pids_limit", integer<&Service::pids_limit, -1, INT32_MAX>},
    {"platform", read_platform},
    {"ports", read_ports},
    {"post_start", section<read_post_start>},
    {"pre_start", section<read_pre_start>},
    {"pre_stop", section<read_pre_stop>},
    {"privileged", flag<&Service::privileged>},
    {"profiles", strings<&Service::profiles>},
    {"provider", section<read_provider>},
    {"pull_policy", read_pull_policy},
    {"pull_refresh_after", read_pull_refresh_after},
    {"read_only", flag<&Service::read_only>},
    {"restart", read_restart},
    {"runtime", text<&Service::runtime>},
    {"scale", read_scale},
    {"secrets", section<read_service_secrets>},
    {"security_opt", read_security_opt},
    {"shm_size", bytes<&Service::shm_size>},
    {"stdin_open", flag<&Service::stdin_open>},
    {"stop_grace_period", read_stop_grace_period},
    {"stop_signal", read_stop_signal},
    {"storage_opt", read_storage_opt},
    {"sysctls", read_sysctls},
    {"tmpfs", read_tmpfs},
    {"tty", flag<&Service::tty>},
    {"ulimits", read_limits_of_processes},
    {"use_api_socket", flag<&Service::use_api_socket>},
    {"user", text<&Service::user>},
    {"userns_mode", read_userns_mode},
    {"uts", read_uts},
    {"volumes", read_mounts},
    {"volumes_from", read_volumes_from},
    {"working_dir", read_working_dir},
};

constexpr bool before(const Row& row, std::string_view name) {
  return row.name < name;
}
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows),
                             [](const Row& a, const Row& b) { return before(a, b.name); }));

}  // namespace

void read_service(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.damaged = node.damaged;
  draft.service.mark = node.mark();
  for (const Entry& entry : node.entries) {
    // "command:" without a value means the image's own.
    if (entry.value.is_null()) continue;
    draft.marks[entry.key] = entry.key_at.mark();
    const Row* row = std::lower_bound(std::begin(kRows), std::end(kRows), entry.key, before);
    if (row == std::end(kRows) || row->name != entry.key) continue;
    const Path place = path.key(entry.key);
    reader.guard(entry.value, place, [&] { row->read({reader, entry.value, place, draft, draft.service}); });
  }
  note_images(node, path, draft);
  draft.service.extensions = reader.extensions(node);
  settle_deploy(reader, path, draft);
}

}  // namespace parser
