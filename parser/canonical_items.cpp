// Short forms with a syntax of their own: hosts, ports, mounts, devices.
#include <algorithm>

#include "parser/canonical.h"
#include "parser/port_syntax.h"
#include "parser/units.h"
#include "parser/volume_syntax.h"

namespace parser {

namespace {

// "${DIR:-./data}:/data": what stands where is not known before the variable is.
bool starts_with_variable(const Node& item) {
  return item.templated && item.text[0] == '$';
}

// Replaces each short item by what `read` makes of it.
template <typename Read>
void replace_items(Node& node, const Path& path, Report& report, const Read& read) {
  if (!node.is_sequence()) return;
  std::vector<Node> result;
  for (size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (item.is_map() || starts_with_variable(item)) {
      result.push_back(std::move(item));
      continue;
    }
    try {
      for (Node& made : read(item, path.index(i))) result.push_back(std::move(made));
    } catch (const ValueError& error) {
      if (item.templated)
        result.push_back(std::move(item));
      else
        report.error(item.mark(), path.index(i).to_string(), error.what(), error.hint());
    }
  }
  node.items = std::move(result);
}

// One entry an address of "10.0.0.5,::1" or "[::1]".
void add_addresses(const std::string& name, std::string addresses, Location at, std::vector<Node>& hosts) {
  while (!addresses.empty()) {
    const size_t comma = addresses.find(',');
    std::string address = addresses.substr(0, comma);
    addresses = comma == std::string::npos ? "" : addresses.substr(comma + 1);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    hosts.push_back(Node::scalar(name + "=" + address, at));
  }
}

std::vector<Node> host_nodes(const Node& item) {
  size_t separator = item.text.find('=');
  if (separator == std::string::npos) separator = item.text.find(':');
  if (separator == 0 || separator == std::string::npos || separator + 1 == item.text.size())
    throw ValueError("invalid host '" + item.text + "'", "write name=address: db.example=10.0.0.5");
  std::vector<Node> hosts;
  add_addresses(item.text.substr(0, separator), item.text.substr(separator + 1), item.at, hosts);
  return hosts;
}

bool are_permissions(const std::string& text) {
  return !text.empty() && text.find_first_not_of("rwm") == std::string::npos;
}

Node device_node(const Node& item) {
  std::vector<std::string> parts{""};
  for (char c : item.text) {
    if (c == ':')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  std::string permissions = "rwm";
  constexpr size_t kAllParts = 3;
  if (parts.size() > 1 && are_permissions(parts.back())) {
    permissions = parts.back();
    parts.pop_back();
  } else if (parts.size() == kAllParts) {
    throw ValueError("invalid device permissions '" + parts.back() + "'", "they are made of r, w and m");
  }
  if (parts.size() >= kAllParts || parts[0].empty() || parts.back().empty())
    throw ValueError("invalid device '" + item.text + "'",
                     "write source[:target[:permissions]]: \"/dev/ttyUSB0:/dev/tty0:rw\"");
  Node device = Node::map(item.at);
  device.set("source", item.at, Node::scalar(parts[0], item.at));
  device.set("target", item.at, Node::scalar(parts.back(), item.at));
  device.set("permissions", item.at, Node::scalar(permissions, item.at));
  return device;
}

}  // namespace

void hosts_to_list(Node& node, const Path& path, Report& report) {
  replace_items(node, path, report, [](const Node& item, const Path&) { return host_nodes(item); });
  if (!node.is_map()) return;
  Node list = in_place_of(node, Node::Kind::kSequence);
  for (const Entry& entry : node.entries) {
    if (entry.value.is_scalar()) add_addresses(entry.key, entry.value.text, entry.key_at, list.items);
    for (const Node& address : entry.value.items)
      add_addresses(entry.key, address.text, address.at, list.items);
  }
  node = std::move(list);
}

void ports_to_maps(Node& node, const Path& path, Report& report) {
  replace_items(node, path, report, [&report](const Node& item, const Path& place) {
    if (item.plain && reads_as_base_60(item.text))
      report.warning(item.mark(), place.to_string(),
                     "'" + item.text + "' without quotes is one base-60 number to YAML 1.1 tools",
                     "put it in quotes: \"" + item.text + "\"");
    std::vector<Node> ports;
    for (const PortForm& form : parse_port(item.text)) ports.push_back(port_node(form, item.at));
    return ports;
  });
  // In the long form the host port may be written as a number.
  for (Node& item : node.items)
    if (Node* published = item.find("published")) published->plain = false;
}

void mounts_to_maps(Node& node, const Path& path, Report& report) {
  replace_items(node, path, report,
                [](const Node& item, const Path&) { return std::vector<Node>{parse_mount(item)}; });
}

void devices_to_maps(Node& node, const Path& path, Report& report) {
  replace_items(node, path, report,
                [](const Node& item, const Path&) { return std::vector<Node>{device_node(item)}; });
}

}  // namespace parser
