// The rows of what is not honoured, or has no effect; see support.h. A row goes when its attribute is
// honoured and a test shows it.
#include <algorithm>

#include "compose/plan/support.h"
#include "engine/error.h"
#include "engine/image/platform.h"
#include "netmgr/driver.h"
#include "parser/paths.h"
#include "parser/remote_context.h"
#include "parser/units.h"

namespace compose {
namespace {

using parser::Node;

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.rfind(prefix, 0) == 0;
}

// vendor.com/class=name of the Container Device Interface.
bool is_qualified_device(const Node& value) {
  return !value.text.empty() && value.text.front() != '/';
}

bool is_true(const Node& value) {
  return parser::read_boolean(value.text).value_or(true);
}
bool is_named_network(const Node& value) {
  return value.text != "none" && value.text != "host" && value.text != "default" && !value.text.empty();
}

bool is_device(const Node& value) {
  return value.text == "device" || starts_with(value.text, "device=");
}

bool is_job(const Node& value) {
  return value.text == "replicated-job" || value.text == "global-job";
}

bool is_other_mount(const Node& value) {
  return value.text == "cluster" || value.text == "npipe";
}

bool is_other_driver(const Node& value) {
  return netmgr::find_driver(value.text) == nullptr;
}

bool is_other_volume_driver(const Node& value) {
  return value.text != "local";
}

bool is_remote(const Node& value) {
  return parser::is_remote(value.text);
}

// A Git repository, an archive by URL or an OCI layout.
bool is_other_context(const Node& value) {
  return parser::is_remote_context(value.text) && !starts_with(value.text, "docker-image://") &&
         !parser::service_of_context(value.text);
}

bool is_other_runtime(const Node& value) {
  return value.text != "compose" && !value.text.empty();
}

bool is_own_user_namespace(const Node& value) {
  return value.text != "host" && !value.text.empty();
}

bool is_other_log_driver(const Node& value) {
  return value.text != "json-file" && value.text != "local" && value.text != "none" && !value.text.empty();
}

bool is_other_log_mode(const Node& value) {
  return value.text != "blocking";
}

bool is_foreign(const Node& value) {
  try {
    return !engine::same_machine(engine::parse_platform(value.text), engine::host_platform());
  } catch (const engine::Error&) {
    return true;
  }
}

}  // namespace

const std::vector<SupportRow>& support_table() {
  using enum Support;
  static const std::vector<SupportRow> kRows = {
      // clang-format off
      {"services.*.build.additional_contexts.*", kNotYet, "give a folder, docker-image://IMAGE or service:NAME", is_other_context},
      {"services.*.build.cache_from", kNoEffect, "what was built here serves as cache by itself"},
      {"services.*.build.cache_to", kNotYet, ""},
      {"services.*.build.context", kNotYet, "give a folder of this machine", is_remote},
      {"services.*.build.entitlements.[]", kNotYet, "network.host and security.insecure are", is_device},
      {"services.*.build.isolation", kNoEffect, "it is for Windows"},
      {"services.*.build.network", kNotYet, "none, host and default are", is_named_network},
      {"services.*.build.platforms.[]", kNotYet, "images are built for this machine's platform", is_foreign},
      {"services.*.build.provenance", kNotYet, "", is_true},
      {"services.*.build.sbom", kNotYet, "", is_true},
      {"services.*.cpu_count", kNoEffect, "it is for Windows"},
      {"services.*.cpu_percent", kNoEffect, "it is for Windows"},
      {"services.*.credential_spec", kNoEffect, "it is for Windows"},
      {"services.*.deploy.endpoint_mode", kNoEffect, "a service's name resolves to all its containers"},
      {"services.*.deploy.labels", kNoEffect, "they are for a service of a cluster, not for its containers"},
      {"services.*.deploy.mode", kNotYet, "", is_job},
      {"services.*.deploy.placement", kNoEffect, "there is one machine"},
      {"services.*.deploy.resources.reservations.cpus", kNoEffect, "nothing is kept free for it"},
      {"services.*.deploy.resources.reservations.devices", kNotYet, "give the device files under 'devices'"},
      {"services.*.deploy.resources.reservations.generic_resources", kNoEffect, "they are for the nodes of a cluster"},
      {"services.*.devices.[].source", kNotYet, "give the path of a device file", is_qualified_device},
      {"services.*.gpus", kNotYet, "no driver's files are added to a container; give the device files under 'devices'"},
      {"services.*.isolation", kNoEffect, "it is for Windows"},
      {"services.*.logging.driver", kNotYet, "json-file, local and none are", is_other_log_driver},
      {"services.*.logging.options.max-buffer-size", kNotYet, "the log is a local file, which a container waits for"},
      {"services.*.logging.options.mode", kNotYet, "the log is a local file, which a container waits for: mode blocking", is_other_log_mode},
      {"services.*.models", kNotYet, ""},
      {"services.*.platform", kNotYet, "containers run on this machine's platform", is_foreign},
      {"services.*.pre_start", kNotYet, ""},
      {"services.*.provider", kNotYet, ""},
      {"services.*.runtime", kNotYet, "the engine is its own runtime, called compose", is_other_runtime},
      {"services.*.storage_opt", kNotYet, "containers share the data root's file system, without quotas"},
      {"services.*.use_api_socket", kNotYet, "", is_true},
      {"services.*.userns_mode", kNotYet, "containers are in the host's user namespace: host", is_own_user_namespace},
      {"services.*.volumes.[].bind.selinux", kNoEffect, "files are not relabelled"},
      {"services.*.volumes.[].consistency", kNoEffect, "it is for Docker Desktop"},
      {"services.*.volumes.[].type", kNotYet, "bind, volume, tmpfs and image are", is_other_mount},
      {"networks.*.driver", kNotYet, "bridge and macvlan are", is_other_driver},
      {"networks.*.ipam.driver", kNotYet, "leave it out, or write default", [](const Node& value) { return value.text != "default"; }},
      {"networks.*.ipam.options", kNotYet, "the default driver has none"},
      {"volumes.*.driver", kNotYet, "'local' is", is_other_volume_driver},
      // clang-format on
  };
  return kRows;
}

}  // namespace compose
