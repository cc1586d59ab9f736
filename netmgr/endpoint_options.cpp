// Options of an endpoint.
#include <fmt/format.h>

#include <algorithm>

#include "netmgr/driver_names.h"

namespace netmgr {
namespace {

struct Sysctl {
  std::string path;  // below /proc/sys/net
  std::string value;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char character : text) {
    if (character == separator)
      parts.emplace_back();
    else
      parts.back() += character;
  }
  return parts;
}

bool is_plain(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '_';
  });
}

// net.ipv6.conf.IFNAME.accept_ra=2: of the interface itself, nothing else of the namespace.
std::optional<Sysctl> parse_sysctl(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || text.find('\n') != std::string::npos) return std::nullopt;
  const std::vector<std::string> parts = split(text.substr(0, equals), '.');
  const bool whole = parts.size() == 5 && parts[0] == "net" && parts[3] == "IFNAME" && is_plain(parts[4]);
  if (!whole || (parts[1] != "ipv4" && parts[1] != "ipv6" && parts[1] != "mpls")) return std::nullopt;
  if (parts[2] != "conf" && parts[2] != "neigh") return std::nullopt;
  return Sysctl{fmt::format("{}/{}/IFNAME/{}", parts[1], parts[2], parts[4]), text.substr(equals + 1)};
}

}  // namespace

std::string complaint_of_endpoint(const std::map<std::string, std::string>& options) {
  for (const auto& [name, value] : options) {
    if (name == kEndpointInterface) {
      if (const std::string wrong = complaint_of_link_name(name, value); !wrong.empty()) return wrong;
      continue;
    }
    if (name != kEndpointSysctls)
      return fmt::format("driver option '{}' of an endpoint is not supported; these are: {}, {}", name,
                         kEndpointInterface, kEndpointSysctls);
    for (const std::string& sysctl : split(value, ',')) {
      if (!parse_sysctl(sysctl))
        return fmt::format(
            "{}: '{}' is no setting of an interface; write net.ipv6.conf.IFNAME.accept_ra=2, "
            "with the word IFNAME for its name",
            name, sysctl);
    }
  }
  return "";
}

std::vector<std::pair<std::string, std::string>> endpoint_settings(
    const std::map<std::string, std::string>& options) {
  std::vector<std::pair<std::string, std::string>> settings;
  const auto found = options.find(kEndpointSysctls);
  if (found == options.end()) return settings;
  for (const std::string& text : split(found->second, ','))
    if (const auto sysctl = parse_sysctl(text)) settings.emplace_back(sysctl->path, sysctl->value);
  return settings;
}

}  // namespace netmgr
