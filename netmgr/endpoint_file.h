#pragma once
// The text of an endpoint file (see dns.h).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/address.h"
#include "netmgr/dns.h"

namespace netmgr {

// False for temporary and hidden files.
bool is_endpoint_file(std::string_view file_name);
// Throws sys::Error for what is no id.
std::string endpoint_file_name(const std::string& container_id);
std::string to_lower(std::string_view text);  // as names are compared: letters of ASCII
struct EndpointEntry {
  std::vector<Address> addresses;
  std::vector<std::string> names;  // in lower case, without a trailing dot
  EndpointState state = EndpointState::kGood;
};
// Nothing when the first line is not an address.
std::optional<EndpointEntry> parse_endpoint_file(std::string_view text);
// The same of a file; nothing when there is none. Throws sys::Error.
std::optional<EndpointEntry> read_endpoint_file(const std::string& path);

}  // namespace netmgr
