#include <map>
#include <set>

#include "parser/canonical.h"

namespace parser {

namespace {

void to_text(Node& value) {
  value.plain = false;
}

Node truth(Location at) {
  Node yes = Node::scalar("true", at);
  yes.plain = true;
  return yes;
}

// x -> {key: x}
void scalar_to_map(Node& node, const char* key) {
  if (!node.is_scalar()) return;
  Node map = in_place_of(node, Node::Kind::kMap);
  node.tag = Node::Tag::kNone;
  const Location at = node.at;
  map.set(key, at, std::move(node));
  node = std::move(map);
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

Node in_place_of(const Node& node, Node::Kind kind) {
  Node result;
  result.kind = kind;
  result.tag = node.tag;
  result.damaged = node.damaged;
  result.at = node.at;
  return result;
}

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
  std::set<std::string> names;
  for (const Node& item : node.items)
    if (names.insert(item.text).second) map.entries.push_back({item.text, item.at, Node::map(item.at)});
  node = std::move(map);
}

void dependencies_to_map(Node& node, const Path& path, Report& report) {
  if (!node.is_sequence()) return;
  names_to_map(node, path, report);
  for (Entry& entry : node.entries) {
    entry.value.set("condition", entry.key_at, Node::scalar("service_started", entry.key_at));
    entry.value.set("required", entry.key_at, truth(entry.key_at));
  }
}

void names_to_sources(Node& node, const Path&, Report&) {
  for (Node& item : node.items) scalar_to_map(item, "source");
}

void extends_to_map(Node& node, const Path&, Report&) {
  scalar_to_map(node, "service");
}

void build_to_map(Node& node, const Path&, Report&) {
  scalar_to_map(node, "context");
}

void env_files_to_maps(Node& node, const Path& path, Report& report) {
  string_to_list(node, path, report);
  for (Node& item : node.items) scalar_to_map(item, "path");
}

void includes_to_maps(Node& node, const Path& path, Report& report) {
  for (Node& item : node.items) {
    scalar_to_map(item, "path");
    for (const char* name : {"path", "env_file"})
      if (Node* files = item.find(name)) string_to_list(*files, path, report);
  }
}

void gpus_to_list(Node& node, const Path&, Report&) {
  if (!node.is_scalar() || node.text != "all") return;
  Node list = in_place_of(node, Node::Kind::kSequence);
  list.items.push_back(Node::map(node.at));
  list.items[0].set("count", node.at, Node::scalar("all", node.at));
  node = std::move(list);
}

void numbers_to_strings(Node& node, const Path&, Report&) {
  for (Node& item : node.items) to_text(item);
  for (Entry& entry : node.entries) to_text(entry.value);
}

void old_external(Node& node, const Path& path, Report& report) {
  const Entry* external = node.find_entry("external");
  if (external == nullptr || !external->value.is_map()) return;
  const Location at = external->key_at;
  report.warning(at.mark(), path.to_string(), "'external: {name: ...}' is the old form",
                 "write 'external: true' and 'name: ...'");
  Node name = Node::null(at);
  if (const Node* given = external->value.find("name")) name = *given;
  node.set("external", at, truth(external->value.at));
  if (name.is_scalar() && node.find("name") == nullptr) node.set("name", at, std::move(name));
}

}  // namespace parser
