#include "compose/cli/flag_values.h"

#include "compose/cli/description.h"

namespace compose::cli {
namespace {

struct Row {
  std::string_view flag;  // one of its names
  std::string_view value;
  std::string_view command = {};  // where it means something else than elsewhere
};

constexpr Row kRows[] = {
    // clang-format off
    {"--attach", "stdin|stdout|stderr", "container run"},
    {"--attach", "stdin|stdout|stderr", "container create"},
    {"--device-read-bps", "DEVICE:RATE"},
    {"--device-read-iops", "DEVICE:RATE"},
    {"--device-write-bps", "DEVICE:RATE"},
    {"--device-write-iops", "DEVICE:RATE"},
    {"--env-file", "FILE"},
    {"--env-from-file", "FILE"},
    {"--format", "yaml|json", "config"},
    {"--format", "yaml|json", "convert"},
    {"--pull", "always|missing|never|build", "up"},
    {"--pull", "always|missing|never|build", "create"},
    {"--pull", "always|missing|never|build", "run"},
    {"--ssh", "ID[=PATH]"},
    {"--add-host", "NAME:ADDRESS"},
    {"--alias", "NAME"},
    {"--annotation", "NAME=VALUE"},
    {"--ansi", "never|always|auto"},
    {"--attach", "SERVICE"},
    {"--author", "AUTHOR"},
    {"--aux-address", "NAME=ADDRESS"},
    {"--blkio-weight", "NUMBER"},
    {"--build-arg", "NAME=VALUE"},
    {"--cap-add", "CAPABILITY"},
    {"--cap-drop", "CAPABILITY"},
    {"--change", "INSTRUCTION"},
    {"--cgroupns", "private|host"},
    {"--cidfile", "FILE"},
    {"--cpus", "NUMBER"},
    {"--data-root", "DIR"},
    {"--detach-keys", "KEYS"},
    {"--device", "DEVICE"},
    {"--dns", "ADDRESS"},
    {"--dns-opt", "OPTION"},
    {"--dns-search", "DOMAIN"},
    {"--driver", "NAME"},
    {"--driver-opt", "NAME=VALUE"},
    {"--entrypoint", "COMMAND"},
    {"--env", "NAME[=VALUE]"},
    {"--exit-code-from", "SERVICE"},
    {"--expose", "PORT"},
    {"--file", "FILE"},
    {"--filter", "KEY=VALUE"},
    {"--format", "table|json|TEMPLATE"},
    {"--gateway", "ADDRESS"},
    {"--graph", "tree|dot"},
    {"--group-add", "GROUP"},
    {"--hash", "SERVICE"},
    {"--health-cmd", "COMMAND"},
    {"--health-interval", "DURATION"},
    {"--health-start-interval", "DURATION"},
    {"--health-start-period", "DURATION"},
    {"--health-timeout", "DURATION"},
    {"--hostname", "NAME"},
    {"--input", "FILE"},
    {"--ip", "ADDRESS"},
    {"--ip-range", "SUBNET"},
    {"--ip6", "ADDRESS"},
    {"--ipam-driver", "NAME"},
    {"--ipam-opt", "NAME=VALUE"},
    {"--ipc", "MODE"},
    {"--keep-storage", "SIZE"},
    {"--label", "NAME=VALUE"},
    {"--label-file", "FILE"},
    {"--link", "CONTAINER:ALIAS"},
    {"--link-local-ip", "ADDRESS"},
    {"--log-driver", "json-file|local|none"},
    {"--log-level", "error|warn|info|debug"},
    {"--log-opt", "NAME=VALUE"},
    {"--mac-address", "ADDRESS"},
    {"--memory", "SIZE"},
    {"--memory-reservation", "SIZE"},
    {"--memory-swap", "SIZE"},
    {"--message", "TEXT"},
    {"--mount", "MOUNT"},
    {"--name", "NAME"},
    {"--network", "NETWORK"},
    {"--network-alias", "NAME"},
    {"--no-attach", "SERVICE"},
    {"--oci-version", "1.0|1.1"},
    {"--opt", "NAME=VALUE"},
    {"--output", "FILE"},
    {"--parallel", "NUMBER"},
    {"--password", "PASSWORD"},
    {"--pid", "MODE"},
    {"--platform", "PLATFORM"},
    {"--policy", "missing|always"},
    {"--profile", "PROFILE"},
    {"--progress", "auto|tty|plain|json|quiet"},
    {"--project-directory", "DIR"},
    {"--project-name", "PROJECT"},
    {"--protocol", "tcp|udp|sctp"},
    {"--publish", "[[IP:]PORT:]PORT[/PROTOCOL]"},
    {"--pull", "always|missing|never"},
    {"--reserved-space", "SIZE"},
    {"--restart", "no|always|on-failure|unless-stopped"},
    {"--rmi", "all|local"},
    {"--run-root", "DIR"},
    {"--scale", "SERVICE=NUMBER"},
    {"--scope", "local"},
    {"--security-opt", "OPTION"},
    {"--shm-size", "SIZE"},
    {"--signal", "SIGNAL"},
    {"--since", "TIME"},
    {"--status", "paused|restarting|removing|running|dead|created|exited"},
    {"--stop-signal", "SIGNAL"},
    {"--subnet", "SUBNET"},
    {"--sysctl", "NAME=VALUE"},
    {"--tail", "NUMBER"},
    {"--timeout", "SECONDS"},
    {"--tmpfs", "PATH[:OPTIONS]"},
    {"--ulimit", "NAME=SOFT[:HARD]"},
    {"--until", "TIME"},
    {"--user", "USER[:GROUP]"},
    {"--username", "USER"},
    {"--userns", "MODE"},
    {"--uts", "MODE"},
    {"--volume", "[SOURCE:]TARGET[:OPTIONS]"},
    {"--volumes-from", "CONTAINER"},
    {"--wait-timeout", "SECONDS"},
    {"--workdir", "PATH"},
    // clang-format on
};

}  // namespace

std::string value_name(std::string_view command, const FlagDescription& flag) {
  std::string_view found;
  for (const std::string& name : flag_names(flag)) {
    for (const Row& row : kRows) {
      if (row.flag != name) continue;
      if (row.command == command) return std::string(row.value);
      if (row.command.empty()) found = row.value;
    }
  }
  return std::string(found);
}

}  // namespace compose::cli
