#include <map>

#include "parser/canonical.h"
#include "parser/port_syntax.h"
#include "parser/units.h"
#include "parser/volume_syntax.h"

namespace parser {

namespace {

// The node that takes the place of `node`: as a whole it still is what the file says there.
Node in_place_of(const Node& node, Node::Kind kind) {
  Node result;
  result.kind = kind;
  result.tag = node.tag;
  result.damaged = node.damaged;
  result.at = node.at;
  return result;
}

void to_text(Node& value) {
  value.plain = false;
}

void to_map(Node& node, const Path& path, Report& report, bool bare_is_null) {
  if (node.is_map()) {
    for (Entry& entry : node.entries) {
      if (entry.value.is_null() && entry.value.tag == Node::Tag::kNone && !bare_is_null)
        entry.value = Node::scalar("", entry.value.at);
      to_text(entry.value);
    }
    return;
  }
  if (!node.is_sequence()) return;
  Node map = in_place_of(node, Node::Kind::kMap);
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const size_t equals = item.text.find('=');
    const std::string key = item.text.substr(0, equals);
    if (key.empty()) {
      report.error(item.mark(), path.index(i).to_string(), "'" + item.text + "' has no name before the '='");
      continue;
    }
    Node value = equals != std::string::npos ? Node::scalar(item.text.substr(equals + 1), item.at)
                 : bare_is_null              ? Node::null(item.at)
                                             : Node::scalar("", item.at);
    const auto [place, fresh] = places.emplace(key, map.entries.size());
    if (fresh)
      map.entries.push_back({key, item.at, std::move(value)});
    else
      map.entries[place->second] = {key, item.at, std::move(value)};
  }
  node = std::move(map);
}

}  // namespace

void pairs_to_map(Node& node, const Path& path, Report& report) {
  to_map(node, path, report, true);
}

void labels_to_map(Node& node, const Path& path, Report& report) {
  to_map(node, path, report, false);
}

void string_to_list(Node& node, const Path&, Report&) {
  if (!node.is_scalar()) return;
  Node list = in_place_of(node, Node::Kind::kSequence);
  node.tag = Node::Tag::kNone;
  list.items.push_back(std::move(node));
  node = std::move(list);
}

void names_to_map(Node& node, const Path&, Report&) {
  if (!node.is_sequence()) return;
  Node map = in_place_of(node, Node::Kind::kMap);
  for (const Node& item : node.items) map.set(item.text, item.at, Node::map(item.at));
  node = std::move(map);
}

void build_to_map(Node& node, const Path&, Report&) {
  if (!node.is_scalar()) return;
  Node map = in_place_of(node, Node::Kind::kMap);
  node.tag = Node::Tag::kNone;
  const Location at = node.at;
  map.set("context", at, std::move(node));
  node = std::move(map);
}

void env_files_to_maps(Node& node, const Path& path, Report& report) {
  string_to_list(node, path, report);
  for (Node& item : node.items) {
    if (!item.is_scalar()) continue;
    Node map = in_place_of(item, Node::Kind::kMap);
    const Location at = item.at;
    map.set("path", at, std::move(item));
    item = std::move(map);
  }
}

void grants_to_maps(Node& node, const Path&, Report&) {
  for (Node& item : node.items) {
    if (!item.is_scalar()) continue;
    Node map = in_place_of(item, Node::Kind::kMap);
    const Location at = item.at;
    map.set("source", at, std::move(item));
    item = std::move(map);
  }
}

void gpus_to_list(Node& node, const Path&, Report&) {
  if (!node.is_scalar() || node.text != "all") return;
  Node list = in_place_of(node, Node::Kind::kSequence);
  list.items.push_back(Node::map(node.at));
  list.items.back().set("count", node.at, Node::scalar("all", node.at));
  node = std::move(list);
}

void hosts_to_list(Node& node, const Path& path, Report& report) {
  Node list = in_place_of(node, Node::Kind::kSequence);
  for (const Entry& entry : node.entries) {
    if (entry.value.is_scalar())
      list.items.push_back(Node::scalar(entry.key + "=" + entry.value.text, entry.key_at));
    for (const Node& address : entry.value.items)
      list.items.push_back(Node::scalar(entry.key + "=" + address.text, address.at));
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    Node item = node.items[i];
    const size_t separator = item.text.find_first_of("=:");
    if (separator == 0 || separator == std::string::npos || separator + 1 == item.text.size()) {
      report.error(item.mark(), path.index(i).to_string(), "invalid host '" + item.text + "'",
                   "write name=address: db.example=10.0.0.5");
      continue;
    }
    item.text[separator] = '=';
    list.items.push_back(std::move(item));
  }
  if (node.is_map() || node.is_sequence()) node = std::move(list);
}

void ports_to_maps(Node& node, const Path& path, Report& report) {
  if (!node.is_sequence()) return;
  std::vector<Node> ports;
  for (size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (item.is_map()) {
      ports.push_back(std::move(item));
      continue;
    }
    const std::string place = path.index(i).to_string();
    if (item.plain && reads_as_base_60(item.text))
      report.warning(item.mark(), place,
                     "'" + item.text + "' without quotes is one base-60 number to YAML 1.1 tools",
                     "put it in quotes: \"" + item.text + "\"");
    try {
      for (const PortForm& form : parse_port(item.text)) ports.push_back(port_node(form, item.at));
    } catch (const ValueError& error) {
      report.error(item.mark(), place, error.what(), error.hint());
    }
  }
  node.items = std::move(ports);
}

void mounts_to_maps(Node& node, const Path& path, Report& report) {
  if (!node.is_sequence()) return;
  std::vector<Node> mounts;
  for (size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (item.is_map()) {
      mounts.push_back(std::move(item));
      continue;
    }
    try {
      mounts.push_back(parse_mount(item));
    } catch (const ValueError& error) {
      report.error(item.mark(), path.index(i).to_string(), error.what(), error.hint());
    }
  }
  node.items = std::move(mounts);
}

void devices_to_maps(Node& node, const Path& path, Report& report) {
  for (size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (!item.is_scalar()) continue;
    Node device = in_place_of(item, Node::Kind::kMap);
    std::string rest = item.text;
    for (const char* name : {"source", "target", "permissions"}) {
      const size_t colon = rest.find(':');
      device.set(name, item.at, Node::scalar(rest.substr(0, colon), item.at));
      rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
      if (colon == std::string::npos) break;
    }
    if (!rest.empty())
      report.error(item.mark(), path.index(i).to_string(), "invalid device '" + item.text + "'",
                   "write source[:target[:permissions]]: /dev/ttyUSB0:/dev/tty0:rw");
    item = std::move(device);
  }
}

void numbers_to_strings(Node& node, const Path&, Report&) {
  for (Node& item : node.items) to_text(item);
}

void old_external(Node& node, const Path& path, Report& report) {
  const Entry* external = node.find_entry("external");
  if (external == nullptr || !external->value.is_map()) return;
  const Location at = external->key_at;
  report.warning(at.mark(), path.to_string(), "'external: {name: ...}' is the old form",
                 "write 'external: true' and 'name: ...'");
  Node name = Node::null(at);
  if (const Node* given = external->value.find("name")) name = *given;
  Node yes = Node::scalar("true", external->value.at);
  yes.plain = true;
  node.set("external", at, std::move(yes));
  if (name.is_scalar() && node.find("name") == nullptr) node.set("name", at, std::move(name));
}

}  // namespace parser
