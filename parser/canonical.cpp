#include "parser/canonical.h"

namespace parser {

namespace {

using Form = void (*)(Node&, const Path&, Report&);

struct Rule {
  std::string_view place;
  Form form;
};

constexpr Rule kRules[] = {
    {"services.*.build", build_to_map},         {"services.*.build.args", pairs_to_map},
    {"services.*.build.labels", labels_to_map}, {"services.*.depends_on", names_to_map},
    {"services.*.env_file", env_files_to_maps}, {"services.*.environment", pairs_to_map},
    {"services.*.expose", numbers_to_strings},  {"services.*.extra_hosts", hosts_to_list},
    {"services.*.labels", labels_to_map},       {"services.*.networks", names_to_map},
    {"services.*.ports", ports_to_maps},        {"services.*.tmpfs", string_to_list},
    {"services.*.volumes", mounts_to_maps},     {"networks.*", old_external},
    {"networks.*.labels", labels_to_map},       {"volumes.*", old_external},
    {"volumes.*.labels", labels_to_map},
};

}  // namespace

void make_canonical(Node& document, Report& report) {
  for (const Rule& rule : kRules)
    for_each_match(document, rule.place,
                   [&](Node& node, const Path& path) { rule.form(node, path, report); });
}

}  // namespace parser
