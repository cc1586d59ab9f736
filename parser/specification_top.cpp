// Attributes outside services: networks, volumes, configs, secrets, models, include.
#include "parser/specification.h"

namespace parser {

using enum Type;
using enum Support;

const std::vector<Attribute>& top_level_attributes() {
  static const std::vector<Attribute> kTable = {
      // clang-format off
    {"configs", kMap, kLater},
    {"configs.*", kMap, kLater},
    {"configs.*.content", kString, kLater},
    {"configs.*.environment", kString, kLater},
    {"configs.*.external", kString | kBoolean | kMap, kLater},
    {"configs.*.external.name", kString, kLater},
    {"configs.*.file", kString, kLater},
    {"configs.*.labels", kStrings | kDict, kLater},
    {"configs.*.name", kString, kLater},
    {"configs.*.template_driver", kString, kLater},
    {"include", kList},
    {"include.[]", kString | kMap},
    {"include.[].env_file", kString | kStrings},
    {"include.[].path", kString | kStrings},
    {"include.[].project_directory", kString},
    {"models", kMap, kLater},
    {"models.*", kMap, kLater},
    {"models.*.context_size", kInteger, kLater},
    {"models.*.model", kString, kLater},
    {"models.*.name", kString, kLater},
    {"models.*.runtime_flags", kStrings, kLater},
    {"name", kString},
    {"networks", kMap},
    {"networks.*", kNull | kMap},
    {"networks.*.attachable", kString | kBoolean, kLater},
    {"networks.*.driver", kString},
    {"networks.*.driver_opts", kMap},
    {"networks.*.driver_opts.*", kString | kNumber},
    {"networks.*.enable_ipv4", kString | kBoolean, kLater},
    {"networks.*.enable_ipv6", kString | kBoolean, kLater},
    {"networks.*.external", kString | kBoolean | kMap},
    {"networks.*.external.name", kString},
    {"networks.*.internal", kString | kBoolean},
    {"networks.*.ipam", kMap},
    {"networks.*.ipam.config", kList},
    {"networks.*.ipam.config.[]", kMap},
    {"networks.*.ipam.config.[].aux_addresses", kMap, kLater},
    {"networks.*.ipam.config.[].aux_addresses.*", kString, kLater},
    {"networks.*.ipam.config.[].gateway", kString},
    {"networks.*.ipam.config.[].ip_range", kString, kLater},
    {"networks.*.ipam.config.[].subnet", kString},
    {"networks.*.ipam.driver", kString, kLater},
    {"networks.*.ipam.options", kMap, kLater},
    {"networks.*.ipam.options.*", kString, kLater},
    {"networks.*.labels", kStrings | kDict},
    {"networks.*.name", kString},
    {"secrets", kMap, kLater},
    {"secrets.*", kMap, kLater},
    {"secrets.*.driver", kString, kLater},
    {"secrets.*.driver_opts", kMap, kLater},
    {"secrets.*.driver_opts.*", kString | kNumber, kLater},
    {"secrets.*.environment", kString, kLater},
    {"secrets.*.external", kString | kBoolean | kMap, kLater},
    {"secrets.*.external.name", kString, kLater},
    {"secrets.*.file", kString, kLater},
    {"secrets.*.labels", kStrings | kDict, kLater},
    {"secrets.*.name", kString, kLater},
    {"secrets.*.template_driver", kString, kLater},
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
