#include "compose/cli/container/create_flags.h"

#include <deque>

#include "compose/cli/container/flag_forms.h"
#include "compose/cli/failure.h"
#include "compose/plan/inventory.h"
#include "compose/plan/support.h"
#include "engine/model.h"
#include "parser/diagnostic.h"

namespace compose::cli {
namespace {

using parser::FlagDocument;

struct Row {
  const char* names;
  const char* attribute;
  FlagForm* form;
  const char* help;
};

// Flags with a value. One that is given several times adds to a list, or the last one counts.
constexpr Row kValues[] = {
    // clang-format off
    {"--add-host", "extra_hosts", list_form, "NAME:ADDRESS for /etc/hosts"},
    {"--annotation", "annotations", full_pairs_form, "NAME=VALUE"},
    {"--blkio-weight", "blkio_config/weight", text_form, "Share of the block devices, 10 to 1000"},
    {"--blkio-weight-device", "blkio_config/weight_device", weights_form, "DEVICE:WEIGHT"},
    {"--cap-add", "cap_add", list_form, "Capability to have as well"},
    {"--cap-drop", "cap_drop", list_form, "Capability not to have"},
    {"--cgroup-parent", "cgroup_parent", text_form, "Control group to be in"},
    {"--cgroupns", "cgroup", text_form, "Namespace of control groups: host or private"},
    {"--cpu-period", "cpu_period", text_form, "Microseconds that --cpu-quota is for"},
    {"--cpu-quota", "cpu_quota", text_form, "Microseconds of a processor in each period"},
    {"--cpu-rt-period", "cpu_rt_period", text_form, "The same for real-time processes"},
    {"--cpu-rt-runtime", "cpu_rt_runtime", text_form, "The same for real-time processes"},
    {"-c,--cpu-shares", "cpu_shares", text_form, "Share of the processors beside others; 1024 is usual"},
    {"--cpus", "cpus", text_form, "Number of processors: 1.5"},
    {"--cpuset-cpus", "cpuset", text_form, "Processors to run on: 0-2,4"},
    {"--device", "devices", list_form, "HOST[:CONTAINER[:PERMISSIONS]] device file to have"},
    {"--device-cgroup-rule", "device_cgroup_rules", list_form, "Rule for devices: \"c 1:3 rwm\""},
    {"--device-read-bps", "blkio_config/device_read_bps", rates_form, "DEVICE:BYTES a second"},
    {"--device-read-iops", "blkio_config/device_read_iops", rates_form, "DEVICE:OPERATIONS a second"},
    {"--device-write-bps", "blkio_config/device_write_bps", rates_form, "DEVICE:BYTES a second"},
    {"--device-write-iops", "blkio_config/device_write_iops", rates_form, "DEVICE:OPERATIONS a second"},
    {"--dns", "dns", list_form, "Server to ask for names"},
    {"--dns-option,--dns-opt", "dns_opt", list_form, "Option for resolv.conf"},
    {"--dns-search", "dns_search", list_form, "Domain to look for names in"},
    {"--domainname", "domainname", text_form, "Domain of the host name"},
    {"--entrypoint", "entrypoint", program_form, "Program before the command instead of the image's"},
    {"-e,--env", "environment", pairs_form, "NAME=VALUE; NAME alone takes the value from here"},
    {"--env-file", "env_file", raw_files_form, "File of variables"},
    {"--expose", "expose", list_form, "Port that it serves"},
    {"--gpus", "gpus", text_form, "Graphics processors to have"},
    {"--group-add", "group_add", list_form, "Group to be in as well"},
    {"--health-cmd", "healthcheck/test", shell_form, "Command that checks its health"},
    {"--health-interval", "healthcheck/interval", text_form, "Time between checks: 30s"},
    {"--health-retries", "healthcheck/retries", text_form, "Failed checks that make it unhealthy"},
    {"--health-start-interval", "healthcheck/start_interval", text_form, "Time between checks while it starts"},
    {"--health-start-period", "healthcheck/start_period", text_form, "Time in which failed checks do not count"},
    {"--health-timeout", "healthcheck/timeout", text_form, "Time that a check may take"},
    {"-h,--hostname", "hostname", text_form, "Host name"},
    {"--ipc", "ipc", text_form, "Namespace of shared memory: private, shareable, host, none, container:NAME"},
    {"--isolation", "isolation", text_form, "For Windows"},
    {"-l,--label", "labels", pairs_form, "NAME=VALUE"},
    {"--label-file", "label_file", list_form, "File of labels"},
    {"--log-driver", "logging/driver", text_form, "What keeps its output"},
    {"--log-opt", "logging/options", map_form, "NAME=VALUE for it"},
    {"-m,--memory", "mem_limit", text_form, "Memory it may use: 200m"},
    {"--memory-reservation", "mem_reservation", text_form, "Memory to be left to it when there is little"},
    {"--memory-swap", "memswap_limit", text_form, "Memory and swap together; -1: no limit"},
    {"--memory-swappiness", "mem_swappiness", text_form, "How readily it is swapped out: 0 to 100"},
    {"--mount", "volumes", mounts_form, "type=bind|volume|tmpfs,source=...,target=...,readonly"},
    {"--oom-score-adj", "oom_score_adj", text_form, "How readily it is killed for memory: -1000 to 1000"},
    {"--pid", "pid", text_form, "Namespace of processes: host or container:NAME"},
    {"--pids-limit", "pids_limit", text_form, "Processes it may have; -1: no limit"},
    {"-p,--publish", "ports", list_form, "[[IP:]HOST:]CONTAINER[/PROTOCOL] port to publish, ranges too"},
    {"--restart", "restart", text_form, "no, on-failure[:TIMES], always or unless-stopped"},
    {"--runtime", "runtime", text_form, "Program that runs it"},
    {"--security-opt", "security_opt", list_form, "Option of its confinement"},
    {"--shm-size", "shm_size", text_form, "Size of /dev/shm: 64m"},
    {"--stop-signal", "stop_signal", text_form, "Signal that stops it"},
    {"--stop-timeout", "stop_grace_period", seconds_form, "Seconds it has to stop"},
    {"--storage-opt", "storage_opt", map_form, "NAME=VALUE for its file system"},
    {"--sysctl", "sysctls", full_pairs_form, "NAME=VALUE, a setting of its kernel namespaces"},
    {"--tmpfs", "tmpfs", list_form, "TARGET[:OPTIONS] file system in memory"},
    {"--ulimit", "ulimits", limits_form, "NAME=SOFT[:HARD] limit of its processes"},
    {"-u,--user", "user", text_form, "User, user:group, or their numbers"},
    {"--userns", "userns_mode", text_form, "Namespace of users"},
    {"--uts", "uts", text_form, "Namespace of the host name: host"},
    {"-v,--volume", "volumes", list_form, "[SOURCE:]TARGET[:OPTIONS] to mount"},
    {"--volumes-from", "volumes_from", containers_form, "CONTAINER[:ro] whose volumes to mount"},
    {"-w,--workdir", "working_dir", text_form, "Folder to run in"},
    // clang-format on
};

constexpr Row kSwitches[] = {
    {"--init", "init", text_form, "Have an init that forwards signals and reaps"},
    {"--no-healthcheck", "healthcheck/disable", text_form, "Not even the image's"},
    {"--oom-kill-disable", "oom_kill_disable", text_form, "Let it wait when its memory is used up"},
    {"--privileged", "privileged", text_form, "Unconfined: everything root of the host may do"},
    {"--read-only", "read_only", text_form, "Its file system cannot be written"},
    {"--use-api-socket", "use_api_socket", text_form, "Give it the engine's socket"},
};

// docker's and nobody else's.
constexpr const char* kRefused[] = {"--cpu-count",  "--cpu-percent",   "--cpuset-mems",  "--io-maxbandwidth",
                                    "--io-maxiops", "--kernel-memory", "--volume-driver"};

std::string long_name(const std::string& names) {
  const size_t start = names.find("--");
  return names.substr(start, names.find(',', start) - start);
}

// And no network.
bool is_mode(const std::string& network) {
  return network == "none" || network == "host" || network.rfind("container:", 0) == 0 ||
         network.rfind("service:", 0) == 0;
}

}  // namespace

struct CreateFlags::Given {
  struct Value {
    const Row* row;
    std::vector<std::string> values{};
  };
  struct Switch {
    const Row* row;
    std::optional<bool> on{};
  };
  std::deque<Value> values;
  std::deque<Switch> switches;
  std::vector<std::string> networks, aliases, link_local, links;
  std::optional<std::string> ipv4, ipv6, mac;
  FlagDocument document;

  void fill();
  void put_networks();
  void put_on(const std::string& network, const FlagDocument::Fields& options);
  std::string put_long_form(const std::string& text);
};

CreateFlags::CreateFlags(Arguments& arguments) : given_(std::make_unique<Given>()) {
  arguments.free_short_help();
  for (const Row& row : kValues) {
    given_->values.push_back({&row});
    arguments.list(row.names, given_->values.back().values, row.help);
  }
  for (const Row& row : kSwitches) {
    given_->switches.push_back({&row});
    arguments.flag(row.names, given_->switches.back().on, row.help);
  }
  for (const char* refused : kRefused) arguments.refuse_option(refused);
  arguments.refuse_flag("--disable-content-trust");
  arguments.list("--network,--net", given_->networks, "Network to be on, or none, host, container:NAME");
  arguments.list("--network-alias,--net-alias", given_->aliases, "Further name on its network");
  arguments.option("--ip", given_->ipv4, "Address on its network");
  arguments.option("--ip6", given_->ipv6, "IPv6 address on its network");
  arguments.list("--link-local-ip", given_->link_local, "Link-local address");
  arguments.option("--mac-address", given_->mac, "Hardware address");
  arguments.list("--link", given_->links, "CONTAINER[:ALIAS] to reach by name");
  arguments.option("--name", name, "Name of the container");
  arguments.option("--cidfile", cidfile, "File to write its id to");
  arguments.option("--pull", pull, "Fetch the image before: always, missing (the default) or never");
  arguments.option("--platform", platform, "Platform of the image: linux/amd64");
  arguments.flag("-i,--interactive", interactive, "Keep standard input open");
  arguments.flag("-t,--tty", tty, "Pseudo terminal");
  arguments.flag("-P,--publish-all", publish_all, "Publish all ports it exposes, on free host ports");
  arguments.flag("--rm", remove, "Remove it when it has ended");
  arguments.flag("-q,--quiet", quiet, "Do not show how the image is fetched");
}

CreateFlags::~CreateFlags() = default;

void CreateFlags::Given::put_on(const std::string& network, const FlagDocument::Fields& options) {
  const std::string place = "networks/" + network;
  document.map(place, "--network");
  for (const auto& [name, value] : options) {
    if (name == "alias") {
      document.list(place + "/aliases", "--network", {value});
    } else if (name == "link-local-ip") {
      document.list(place + "/link_local_ips", "--network", {value});
    } else if (name == "driver-opt") {
      map_form(document, place + "/driver_opts", "--network", {value});
    } else {
      static const std::map<std::string, std::string> kPlaces{{"ip", "ipv4_address"},
                                                              {"ip6", "ipv6_address"},
                                                              {"mac-address", "mac_address"},
                                                              {"gw-priority", "gw_priority"}};
      const auto known = kPlaces.find(name);
      if (known == kPlaces.end()) {
        document.error("--network", "unknown option '" + name + "' of network " + network, "");
      } else {
        document.text(place + '/' + known->second, "--network", value);
      }
    }
  }
}

// name=NETWORK,alias=...,ip=...: returns the name.
std::string CreateFlags::Given::put_long_form(const std::string& text) {
  FlagDocument::Fields options = comma_pairs(text);
  std::string network;
  std::erase_if(options, [&](const auto& option) {
    if (option.first == "name") network = option.second;
    return option.first == "name";
  });
  if (network.empty()) {
    document.error("--network", "'" + text + "' names no network", "write name=NETWORK,alias=...");
  } else {
    put_on(network, options);
  }
  return network;
}

bool CreateFlags::has_network() const {
  return given_->networks.empty() || !is_mode(given_->networks.front());
}

void CreateFlags::Given::put_networks() {
  if (!links.empty()) document.list("external_links", "--link", links);
  if (networks.empty()) networks = {engine::kDefaultNetwork};
  const std::string first = networks.front();
  if (is_mode(first)) {
    if (networks.size() > 1) document.error("--network", first + " does not go together with a network", "");
    for (const auto& [given, flag] :
         {std::pair(!aliases.empty(), "--network-alias"), std::pair(ipv4.has_value(), "--ip"),
          std::pair(ipv6.has_value(), "--ip6"), std::pair(mac.has_value(), "--mac-address"),
          std::pair(!link_local.empty(), "--link-local-ip")})
      if (given) document.error(flag, "it needs a network, and --network is " + first, "");
    document.text("network_mode", "--network", first);
    return;
  }
  std::string main;
  size_t left = networks.size();
  for (const std::string& text : networks) {
    std::string network = text == "default" ? engine::kDefaultNetwork : text;
    if (text.find('=') == std::string::npos) {
      put_on(network, {});
    } else {
      network = put_long_form(text);
    }
    if (main.empty()) main = network;
    // They are attached in the order given.
    if (networks.size() > 1 && !network.empty())
      document.text("networks/" + network + "/priority", "--network", std::to_string(left--));
  }
  const std::string place = "networks/" + main;
  if (!aliases.empty()) document.list(place + "/aliases", "--network-alias", aliases);
  if (!link_local.empty()) document.list(place + "/link_local_ips", "--link-local-ip", link_local);
  if (ipv4) document.text(place + "/ipv4_address", "--ip", *ipv4);
  if (ipv6) document.text(place + "/ipv6_address", "--ip6", *ipv6);
  if (mac) document.text(place + "/mac_address", "--mac-address", *mac);
}

void CreateFlags::Given::fill() {
  for (const Value& value : values)
    if (!value.values.empty())
      value.row->form(document, value.row->attribute, long_name(value.row->names), value.values);
  for (const Switch& one : switches)
    if (one.on)
      one.row->form(document, one.row->attribute, long_name(one.row->names), {*one.on ? "true" : "false"});
  put_networks();
}

parser::Service CreateFlags::service(Context& context, const std::vector<std::string>& words) {
  if (pull != "always" && pull != "missing" && pull != "never")
    throw CommandError("invalid --pull '" + pull + "': it must be always, missing or never");
  FlagDocument& document = given_->document;
  given_->fill();
  document.text("image", "IMAGE", words.front());
  if (words.size() > 1) document.list("command", "COMMAND", {words.begin() + 1, words.end()});
  if (!platform.empty()) document.text("platform", "--platform", platform);
  if (tty) document.text("tty", "--tty", "true");
  if (interactive) document.text("stdin_open", "--interactive", "true");
  const parser::LoadOptions here = context.load_options();
  document.complete(here.environment, here.working_directory);
  try {
    require_supported(document.root(), {}, {"_"}, Purpose::kRun);
  } catch (const parser::LoadError& error) {
    std::vector<parser::Diagnostic> diagnostics = error.diagnostics();
    for (parser::Diagnostic& diagnostic : diagnostics) diagnostic.path.clear();
    throw parser::LoadError(std::move(diagnostics));
  }
  return document.service(here.environment, here.working_directory);
}

}  // namespace compose::cli
