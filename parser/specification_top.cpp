// Attributes outside services: networks, volumes, configs, secrets, models, include.
#include "parser/specification.h"

namespace parser {

using enum Type;
using enum Support;

const std::vector<Attribute>& top_level_attributes() {
  static const std::vector<Attribute> kTable = {
      // clang-format off
    {"configs", kMap},
    {"configs.*", kMap},
    {"configs.*.content", kString},
    {"configs.*.environment", kString},
    {"configs.*.external", kString | kBoolean | kMap},
    {"configs.*.external.name", kString},
    {"configs.*.file", kString},
    {"configs.*.labels", kStrings | kDict},
    {"configs.*.name", kString},
    {"configs.*.template_driver", kString},
    {"include", kList, kLaterDefines},
    {"include.[]", kString | kMap, kLater},
    {"include.[].env_file", kString | kStrings, kLater},
    {"include.[].path", kString | kStrings, kLater},
    {"include.[].project_directory", kString, kLater},
    {"models", kMap},
    {"models.*", kMap},
    {"models.*.context_size", kInteger},
    {"models.*.model", kString},
    {"models.*.name", kString},
    {"models.*.runtime_flags", kStrings},
    {"name", kString},
    {"networks", kMap},
    {"networks.*", kNull | kMap},
    {"networks.*.attachable", kString | kBoolean},
    {"networks.*.driver", kString},
    {"networks.*.driver_opts", kMap},
    {"networks.*.driver_opts.*", kString | kNumber},
    {"networks.*.enable_ipv4", kString | kBoolean},
    {"networks.*.enable_ipv6", kString | kBoolean},
    {"networks.*.external", kString | kBoolean | kMap},
    {"networks.*.external.name", kString},
    {"networks.*.internal", kString | kBoolean},
    {"networks.*.ipam", kMap},
    {"networks.*.ipam.config", kList},
    {"networks.*.ipam.config.[]", kMap},
    {"networks.*.ipam.config.[].aux_addresses", kMap},
    {"networks.*.ipam.config.[].aux_addresses.*", kString},
    {"networks.*.ipam.config.[].gateway", kString},
    {"networks.*.ipam.config.[].ip_range", kString},
    {"networks.*.ipam.config.[].subnet", kString},
    {"networks.*.ipam.driver", kString},
    {"networks.*.ipam.options", kMap},
    {"networks.*.ipam.options.*", kString},
    {"networks.*.labels", kStrings | kDict},
    {"networks.*.name", kString},
    {"secrets", kMap},
    {"secrets.*", kMap},
    {"secrets.*.driver", kString},
    {"secrets.*.driver_opts", kMap},
    {"secrets.*.driver_opts.*", kString | kNumber},
    {"secrets.*.environment", kString},
    {"secrets.*.external", kString | kBoolean | kMap},
    {"secrets.*.external.name", kString},
    {"secrets.*.file", kString},
    {"secrets.*.labels", kStrings | kDict},
    {"secrets.*.name", kString},
    {"secrets.*.template_driver", kString},
    {"version", kString | kNumber},
    {"volumes", kMap},
    {"volumes.*", kNull | kMap},
    {"volumes.*.driver", kString},
    {"volumes.*.driver_opts", kMap},
    {"volumes.*.driver_opts.*", kString | kNumber},
    {"volumes.*.external", kString | kBoolean | kMap},
    {"volumes.*.external.name", kString},
    {"volumes.*.labels", kStrings | kDict},
    {"volumes.*.name", kString},
      // clang-format on
  };
  return kTable;
}

}  // namespace parser
