#include "engine/resolv_conf.h"

#include <algorithm>
#include <sstream>

#include "engine/error.h"
#include "netmgr/address.h"
#include "sys/file.h"

namespace engine {

namespace {

// Of IPv6 with the link it is on, where it says that: fe80::1%eth0.
bool is_server(const std::string& text) {
  const auto address = netmgr::parse_address(text.substr(0, text.find('%')));
  return address && (address->v6 || text.find('%') == std::string::npos);
}

std::string line_of(const char* keyword, const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string line = keyword;
  for (const std::string& word : words) line += ' ' + word;
  return line + '\n';
}

}  // namespace

ResolverConfig parse_resolv_conf(const std::string& text) {
  ResolverConfig resolver;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword, value;
    words >> keyword;
    std::vector<std::string> values;
    while (words >> value) values.push_back(value);
    if (keyword == "nameserver" && !values.empty() && is_server(values.front()))
      resolver.servers.push_back(values.front());
    if (keyword == "search" || keyword == "domain") resolver.search = values;
    if (keyword == "options") resolver.options.insert(resolver.options.end(), values.begin(), values.end());
  }
  return resolver;
}

ResolverConfig host_resolver() {
  return parse_resolv_conf(sys::read_file_if_exists("/etc/resolv.conf").value_or(""));
}

ResolverConfig effective_resolver(const ContainerConfig& config, const ResolverConfig& host) {
  ResolverConfig resolver = config.resolver;
  if (resolver.servers.empty()) resolver.servers = host.servers;
  if (resolver.search.empty()) resolver.search = host.search;
  if (resolver.options.empty()) resolver.options = host.options;
  std::erase(resolver.search, ".");
  return resolver;
}

std::string own_resolv_conf(ResolverConfig resolver) {
  const bool has_ndots = std::any_of(resolver.options.begin(), resolver.options.end(),
                                     [](const std::string& option) { return option.starts_with("ndots:"); });
  if (!has_ndots) resolver.options.emplace_back("ndots:0");
  resolver.servers = {kOwnNameServer};
  return plain_resolv_conf(resolver);
}

std::string plain_resolv_conf(const ResolverConfig& resolver) {
  std::string text;
  for (const std::string& server : resolver.servers) text += "nameserver " + server + '\n';
  return text + line_of("search", resolver.search) + line_of("options", resolver.options);
}

void check_resolver(const ContainerConfig& config) {
  for (const std::string& server : config.resolver.servers) {
    const std::string subject = "container " + config.name + ": dns server '" + server + "' is ";
    if (!netmgr::parse_address(server)) throw Error(Error::Kind::kInvalid, subject + "not an IP address");
    if (server == kOwnNameServer && config.network_mode.empty())
      throw Error(Error::Kind::kInvalid,
                  subject + "the engine's own, which asks the servers that are given here; leave it out");
  }
}

}  // namespace engine
