#include "parser/canonical.h"

namespace parser {

namespace {

using Form = void (*)(Node&, const Path&, Report&);

struct Rule {
  std::string_view place;
  Form form;
};

constexpr Rule kRules[] = {
    {"services.*.build.additional_contexts", pairs_to_map},
    {"services.*.build.extra_hosts", hosts_to_list},
    {"services.*.build.no_cache_filter", string_to_list},
    {"services.*.build.secrets", grants_to_maps},
    {"services.*.build.ssh", pairs_to_map},
    {"services.*.configs", grants_to_maps},
    {"services.*.secrets", grants_to_maps},
    {"services.*.deploy.labels", labels_to_map},
    {"services.*.deploy.resources.reservations.devices.[].options", labels_to_map},
    {"services.*.develop.watch.[].ignore", string_to_list},
    {"services.*.develop.watch.[].include", string_to_list},
    {"services.*.develop.watch.[].exec.environment", pairs_to_map},
    {"services.*.pre_start.[].environment", pairs_to_map},
    {"services.*.post_start.[].environment", pairs_to_map},
    {"services.*.pre_stop.[].environment", pairs_to_map},
    {"services.*.gpus", gpus_to_list},
    {"services.*.gpus.[].options", labels_to_map},
    {"services.*.models", names_to_map},
    {"configs.*", old_external},
    {"configs.*.labels", labels_to_map},
    {"secrets.*", old_external},
    {"secrets.*.labels", labels_to_map},
    {"services.*.build", build_to_map},
    {"services.*.build.args", pairs_to_map},
    {"services.*.build.labels", labels_to_map},
    {"services.*.annotations", labels_to_map},
    {"services.*.depends_on", names_to_map},
    {"services.*.devices", devices_to_maps},
    {"services.*.dns", string_to_list},
    {"services.*.dns_search", string_to_list},
    {"services.*.group_add", numbers_to_strings},
    {"services.*.label_file", string_to_list},
    {"services.*.sysctls", labels_to_map},
    {"services.*.env_file", env_files_to_maps},
    {"services.*.environment", pairs_to_map},
    {"services.*.expose", numbers_to_strings},
    {"services.*.extra_hosts", hosts_to_list},
    {"services.*.labels", labels_to_map},
    {"services.*.networks", names_to_map},
    {"services.*.ports", ports_to_maps},
    {"services.*.tmpfs", string_to_list},
    {"services.*.volumes", mounts_to_maps},
    {"services.*.volumes.[].volume.labels", labels_to_map},
    {"networks.*", old_external},
    {"networks.*.labels", labels_to_map},
    {"volumes.*", old_external},
    {"volumes.*.labels", labels_to_map},
};

}  // namespace

void make_canonical(Node& document, Report& report) {
  for (const Rule& rule : kRules)
    for_each_match(document, rule.place,
                   [&](Node& node, const Path& path) { rule.form(node, path, report); });
}

}  // namespace parser
