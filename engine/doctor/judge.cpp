#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/doctor/facts.h"

namespace engine::doctor {
namespace {

class Report {
 public:
  void begin(std::string subject) {
    subject_ = std::move(subject);
    first_ = findings_.size();
  }
  void problem(std::string text, std::string advice) {
    findings_.push_back({Finding::Kind::kProblem, subject_, std::move(text), std::move(advice)});
  }
  void note(std::string text, std::string advice) {
    findings_.push_back({Finding::Kind::kNote, subject_, std::move(text), std::move(advice)});
  }
  // What is said of a subject of which there is nothing else to say.
  void end(std::string text) {
    if (findings_.size() == first_)
      findings_.push_back({Finding::Kind::kFine, subject_, std::move(text), {}});
  }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
  std::string subject_;
  size_t first_ = 0;
};

constexpr char kStartAgain[] = "start its containers again, with `compose restart`: that makes it anew";

void judge_name_servers(const std::vector<NameServer>& servers, Report& report) {
  std::vector<std::string> silent;
  for (const NameServer& server : servers)
    if (!server.answers) silent.push_back(server.address);
  const std::string resolvers = "see /etc/resolv.conf, or give containers others with 'dns:'";
  if (servers.empty()) {
    report.problem("the host has no name servers: containers find no names but their own", resolvers);
  } else if (silent.size() == servers.size()) {
    report.problem(
        fmt::format("no name server of the host's answers ({}): containers find no names but their own",
                    fmt::join(silent, ", ")),
        resolvers);
  } else if (!silent.empty()) {
    report.note(
        fmt::format(
            "the host's name server {} does not answer: each name that is asked of it waits for the next",
            fmt::join(silent, ", ")),
        resolvers);
  }
}

bool is_bridge(const NetworkFacts& network) {
  return network.driver == "bridge";
}

void judge_host(const Facts& facts, Report& report) {
  const HostFacts& host = facts.host;
  // Of what the host has a part in; a macvlan's packets do not pass it.
  const auto any = [&](auto predicate) {
    return std::any_of(facts.networks.begin(), facts.networks.end(), [&](const NetworkFacts& network) {
      return is_bridge(network) && network.used && predicate(network);
    });
  };
  const bool used = any([](const NetworkFacts&) { return true; });
  const bool outward = any([](const NetworkFacts& network) { return !network.internal; });
  const bool outward4 = any([](const NetworkFacts& network) { return !network.internal && network.ipv4; });
  const bool outward6 = any([](const NetworkFacts& network) { return !network.internal && network.ipv6; });
  report.begin("host");
  if (used && !host.table) {
    report.problem(
        "the firewall table 'inet compose' is gone: networks are not apart, and published ports lead nowhere",
        "start the containers again, with `compose restart`: that makes it anew");
  }
  const auto judge_forwarding = [&](bool wanted, bool on, const char* family, const char* knob) {
    if (!wanted || on) return;
    report.problem(
        fmt::format("{} forwarding is off: containers reach nothing outside, and nobody outside their "
                    "published ports",
                    family),
        fmt::format("something switched it off after the networks were made; `sysctl -w {}=1`", knob));
  };
  judge_forwarding(outward4, host.forwarding, "IPv4", "net.ipv4.ip_forward");
  judge_forwarding(outward6, host.forwarding6, "IPv6", "net.ipv6.conf.all.forwarding");
  if (outward && host.legacy_rules) {
    report.note("iptables-legacy has rules for forwarded packets, which this program cannot read",
                "if `iptables-legacy -S FORWARD` shows '-P FORWARD DROP', let the bridges through there, or "
                "move these rules to nftables");
  }
  judge_name_servers(host.name_servers, report);
  report.end(!used     ? "no container is on a network that it has a part in"
             : outward ? "packets are forwarded, the firewall's table is there, name servers answer"
                       : "the firewall's table is there, name servers answer");
}

void judge_link(const NetworkFacts& network, Report& report) {
  const char* what = is_bridge(network) ? "bridge" : "parent";
  if (!network.link) {
    report.problem(fmt::format("its {} {} is gone: nobody on it reaches anybody", what, network.link_name),
                   kStartAgain);
  } else if (!network.up) {
    report.problem(fmt::format("its {} {} is down: nobody on it reaches anybody", what, network.link_name),
                   fmt::format("`ip link set {} up`", network.link_name));
  } else if (!network.lost.empty()) {
    report.problem(
        fmt::format(
            "its bridge {} has lost the address {}: containers have no way out, and the host none to them",
            network.link_name, fmt::join(network.lost, ", ")),
        kStartAgain);
  }
}

void judge_rules(const NetworkFacts& network, Report& report) {
  if (!network.in_rules)
    report.problem("the firewall does not know it: its packets are not kept apart from others", kStartAgain);
  for (const std::string& chain : network.dropped_by) {
    report.problem(
        fmt::format("the chain '{}' of another tool drops what it does not know, and has no rule for {}",
                    chain, network.link_name),
        std::string(kStartAgain) + " with rules there that let it through");
  }
}

void judge_network(const NetworkFacts& network, Report& report) {
  report.begin("network " + network.name);
  if (network.used) judge_link(network, report);
  if (network.used && is_bridge(network)) judge_rules(network, report);
  for (const NetworkFacts::Theft& theft : network.thefts) {
    report.problem(fmt::format("the host sends what is for {} to {} (a route there is as narrow or narrower)",
                               theft.subnet, theft.device),
                   "give the network another subnet, under 'ipam', or change that route");
  }
  if (network.mtu > network.uplink_mtu && network.uplink_mtu > 0 && !network.internal) {
    report.note(
        fmt::format("its packets have up to {} bytes, {} takes {}: large ones may get lost on the way out",
                    network.mtu, network.uplink, network.uplink_mtu),
        fmt::format("driver_opts: {{com.docker.network.driver.mtu: {}}}", network.uplink_mtu));
  }
  report.end(!network.used
                 ? "no container on it runs"
                 : fmt::format("{} with {} is up", network.link_name, fmt::join(network.subnets, ", ")));
}

void judge_port(const PortFacts& port, Report& report) {
  const std::string target = fmt::format("port {}/{}", port.container_port, port.protocol);
  if (!port.in_rules) {
    report.problem(fmt::format("the firewall does not know its published port {} (to {})", port.host, target),
                   "`compose restart` publishes it anew");
  }
  if (port.listener == Listener::kNone) {
    report.problem(fmt::format("nothing listens on {}, to which the host's {} leads", target, port.host),
                   "wait for its program to be ready (`compose logs`), or correct 'ports:'");
  }
  if (port.listener == Listener::kOnLoopback) {
    report.problem(
        fmt::format("its program listens on {} of 127.0.0.1 only, to which the host's {} cannot lead", target,
                    port.host),
        "have the program listen on 0.0.0.0");
  }
}

void judge_container(const ContainerFacts& container, Report& report) {
  report.begin("container " + container.name);
  if (!container.monitor) {
    report.problem("its monitor is gone, which resolves names for it, keeps its log and checks its health",
                   "any command that changes something gives it a new one; `compose start` for one");
  }
  for (const EndpointFacts& endpoint : container.endpoints) {
    const std::string on = fmt::format("on network {}", endpoint.network);
    const std::string again =
        fmt::format("`compose network disconnect {0} {1}` and `connect`, or start it again", endpoint.network,
                    container.name);
    if (!endpoint.host_end) {
      report.problem(on + " it has no link any more", again);
    } else if (!endpoint.host_end_up) {
      report.problem(on + " its link is down on the host", again);
    } else if (!endpoint.missing.empty()) {
      report.problem(fmt::format("{} none of its interfaces has the address {}, which others find it by", on,
                                 fmt::join(endpoint.missing, ", ")),
                     again);
    }
  }
  const auto judge_route = [&](bool wanted, bool there, const char* kind) {
    if (wanted && !there)
      report.problem(
          fmt::format("it has no default route{}, so it reaches nothing outside of its networks", kind),
          "a program in it has removed it; start the container again");
  };
  judge_route(container.wants_default_route, container.default_route, "");
  judge_route(container.wants_default_route6, container.default_route6, " of IPv6");
  if (container.monitor && !container.own_names_resolve) {
    report.problem("the DNS server at 127.0.0.11 in it does not answer for its own name",
                   "see whether a firewall in the container drops it, or whether its monitor is halted");
  }
  for (const PortFacts& port : container.ports) judge_port(port, report);
  report.end("links, names and ports are in order");
}

}  // namespace

std::vector<Finding> judge(const Facts& facts) {
  Report report;
  judge_host(facts, report);
  for (const NetworkFacts& network : facts.networks) judge_network(network, report);
  for (const ContainerFacts& container : facts.containers) judge_container(container, report);
  return report.take();
}

}  // namespace engine::doctor
