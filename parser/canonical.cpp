#include "parser/canonical.h"

namespace parser {

namespace {

struct Rule {
  std::string_view place;
  Form* form;
};

// In this order: a rule for what is below an attribute comes after the rule that gives the attribute its
// form.
constexpr Rule kRules[] = {
    // clang-format off
    {"configs.*", old_external},
    {"configs.*.labels", labels_to_map},
    {"include", includes_to_maps},
    {"networks.*", old_external},
    {"networks.*.driver_opts", numbers_to_strings},
    {"networks.*.ipam.options", numbers_to_strings},
    {"networks.*.labels", labels_to_map},
    {"secrets.*", old_external},
    {"secrets.*.driver_opts", numbers_to_strings},
    {"secrets.*.labels", labels_to_map},
    {"services.*.annotations", labels_to_map},
    {"services.*.build", build_to_map},
    {"services.*.build.additional_contexts", labels_to_map},
    {"services.*.build.args", pairs_to_map},
    {"services.*.build.extra_hosts", hosts_to_list},
    {"services.*.build.labels", labels_to_map},
    {"services.*.build.no_cache_filter", string_to_list},
    {"services.*.build.secrets", names_to_sources},
    {"services.*.build.ssh", pairs_to_map},
    {"services.*.configs", names_to_sources},
    {"services.*.depends_on", dependencies_to_map},
    {"services.*.deploy.labels", labels_to_map},
    {"services.*.deploy.resources.reservations.devices.[].options", labels_to_map},
    {"services.*.develop.watch.[].exec.environment", pairs_to_map},
    {"services.*.develop.watch.[].ignore", string_to_list},
    {"services.*.develop.watch.[].include", string_to_list},
    {"services.*.devices", devices_to_maps},
    {"services.*.dns", string_to_list},
    {"services.*.dns_search", string_to_list},
    {"services.*.env_file", env_files_to_maps},
    {"services.*.environment", pairs_to_map},
    {"services.*.expose", numbers_to_strings},
    {"services.*.extends", extends_to_map},
    {"services.*.extra_hosts", hosts_to_list},
    {"services.*.gpus", gpus_to_list},
    {"services.*.gpus.[].options", labels_to_map},
    {"services.*.group_add", numbers_to_strings},
    {"services.*.label_file", string_to_list},
    {"services.*.labels", labels_to_map},
    {"services.*.logging.options", numbers_to_strings},
    {"services.*.models", names_to_map},
    {"services.*.networks", names_to_map},
    {"services.*.networks.*.driver_opts", numbers_to_strings},
    {"services.*.ports", ports_to_maps},
    {"services.*.post_start.[].environment", pairs_to_map},
    {"services.*.pre_start.[].environment", pairs_to_map},
    {"services.*.pre_stop.[].environment", pairs_to_map},
    {"services.*.provider.options.*", string_to_list},
    {"services.*.provider.options.*", numbers_to_strings},
    {"services.*.secrets", names_to_sources},
    {"services.*.storage_opt", numbers_to_strings},
    {"services.*.sysctls", labels_to_map},
    {"services.*.tmpfs", string_to_list},
    {"services.*.volumes", mounts_to_maps},
    {"services.*.volumes.[].volume.labels", labels_to_map},
    {"volumes.*", old_external},
    {"volumes.*.driver_opts", numbers_to_strings},
    {"volumes.*.labels", labels_to_map},
    // clang-format on
};

}  // namespace

void make_canonical(Node& document, Report& report) {
  for (const Rule& rule : kRules)
    for_each_match(document, rule.place,
                   [&](Node& node, const Path& path) { rule.form(node, path, report); });
}

}  // namespace parser
