#include "netmgr/endpoint_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "netmgr/dns.h"
#include "netmgr/endpoint_watch.h"
#include "sys/error.h"
#include "sys/file.h"

namespace netmgr {
namespace {

constexpr size_t kFileNameDigits = 12;
// As no name is; by EndpointState.
constexpr std::array<std::string_view, 4> kStates = {"", "!starting", "!unhealthy", "!leaving"};

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string path_of(const std::string& directory, const std::string& container_id) {
  return directory + '/' + endpoint_file_name(container_id);
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& character : lower) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
  }
  return lower;
}

std::string endpoint_file_name(const std::string& container_id) {
  if (container_id.size() < kFileNameDigits || !is_hex(container_id))
    throw sys::Error(EINVAL, "register endpoint", container_id);
  return container_id.substr(0, kFileNameDigits);
}

bool is_endpoint_file(std::string_view file_name) {
  return file_name.size() == kFileNameDigits && is_hex(file_name);
}

std::optional<EndpointEntry> parse_endpoint_file(std::string_view text) {
  EndpointEntry entry;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with('!')) {
      const auto state = std::find(kStates.begin(), kStates.end(), line);
      if (state != kStates.end()) entry.state = static_cast<EndpointState>(state - kStates.begin());
      continue;
    }
    const bool wants_address =
        entry.addresses.empty() || (entry.names.empty() && line.find(':') != std::string::npos);
    if (wants_address) {
      const std::optional<Address> address = parse_address(std::string(line));
      if (!address) return std::nullopt;
      entry.addresses.push_back(*address);
      continue;
    }
    if (line.ends_with('.')) line.remove_suffix(1);
    if (!line.empty()) entry.names.push_back(to_lower(line));
  }
  if (entry.addresses.empty()) return std::nullopt;
  return entry;
}

std::optional<EndpointEntry> read_endpoint_file(const std::string& path) {
  const std::optional<std::string> text = sys::read_file_if_exists(path);
  return text ? parse_endpoint_file(*text) : std::nullopt;
}

void register_endpoint(const std::string& directory, const std::string& container_id,
                       const std::vector<std::string>& addresses, const std::vector<std::string>& names,
                       EndpointState state) {
  std::string text;
  for (const std::string& address : addresses)
    if (!address.empty()) text += address + '\n';
  for (const std::string& name : names) text += name + '\n';
  if (state != EndpointState::kGood) text.append(kStates.at(static_cast<size_t>(state))).append("\n");
  sys::make_dirs(directory);
  sys::write_file_atomic(path_of(directory, container_id), text);
  tell_watchers(directory);
}

void unregister_endpoint(const std::string& directory, const std::string& container_id) {
  const std::string path = path_of(directory, container_id);
  if (::unlink(path.c_str()) == 0) return tell_watchers(directory);
  if (errno != ENOENT) sys::fail("unlink", path);
}

}  // namespace netmgr
