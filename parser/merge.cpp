#include "parser/merge.h"

#include <map>

#include "parser/path.h"

namespace parser {

namespace {

// What makes two items of a list the same.
using Identity = std::string (*)(const Node& item);

std::string text_of(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->text : "";
}

std::string by_value(const Node& item) {
  return item.text;
}
std::string by_target(const Node& item) {
  return text_of(item.find("target"));
}
std::string by_path(const Node& item) {
  return text_of(item.find("path"));
}
std::string by_subnet(const Node& item) {
  return text_of(item.find("subnet"));
}
// "/run:size=64m": the mount point.
std::string by_mount_point(const Node& item) {
  return item.text.substr(0, item.text.find(':'));
}
// ip:published:target/protocol.
std::string by_port(const Node& item) {
  const std::string ip = text_of(item.find("host_ip"));
  const std::string protocol = text_of(item.find("protocol"));
  return (ip.empty() ? "0.0.0.0" : ip) + ":" + text_of(item.find("published")) + ":" +
         text_of(item.find("target")) + "/" + (protocol.empty() ? "tcp" : protocol);
}

struct ListRule {
  std::string_view place;
  Identity identity;
  bool merge_items = false;  // else the later item replaces the earlier whole
};

constexpr ListRule kLists[] = {
    {"services.*.build.tags", by_value},
    {"services.*.cap_add", by_value},
    {"services.*.cap_drop", by_value},
    {"services.*.env_file", by_path},
    {"services.*.expose", by_value},
    {"services.*.extra_hosts", by_value},
    {"services.*.links", by_value},
    {"services.*.networks.*.aliases", by_value},
    {"services.*.ports", by_port},
    {"services.*.profiles", by_value},
    {"services.*.tmpfs", by_mount_point},
    {"services.*.volumes", by_target},
    {"networks.*.ipam.config", by_subnet, true},
};

constexpr std::string_view kReplaced[] = {
    "services.*.command",
    "services.*.entrypoint",
    "services.*.healthcheck.test",
};

const ListRule* list_rule(const Path& path) {
  for (const ListRule& rule : kLists)
    if (path.matches(rule.place)) return &rule;
  return nullptr;
}

bool is_replaced(const Path& path) {
  for (const std::string_view place : kReplaced)
    if (path.matches(place)) return true;
  return false;
}

class Merge {
 public:
  explicit Merge(Report& report) : report_(report) {}

  void merge(Node& base, Node over, const Path& path) {
    if (over.is_null() && over.tag == Node::Tag::kNone && !is_replaced(path)) return;
    if (base.is_null() || over.tag == Node::Tag::kOverride || is_replaced(path)) {
      base = clean(std::move(over), path);
      return;
    }
    if (base.is_map() && over.is_map()) {
      merge_maps(base, std::move(over), path);
    } else if (base.is_sequence() && over.is_sequence()) {
      append(base, std::move(over), path);
    } else if (base.is_scalar() && over.is_scalar()) {
      base = std::move(over);
    } else if (base.is_scalar() || over.is_scalar()) {
      // An attribute of several forms: the later file's form holds.
      base = clean(std::move(over), path);
    } else {
      const Mark& first = base.mark();
      report_.error(over.mark(), path.to_string(),
                    describe(over) + " cannot be merged into " + describe(base) + " (" + first.file + ":" +
                        std::to_string(first.line) + ")",
                    "!override replaces it");
    }
  }

  void merge_maps(Node& base, Node over, const Path& path) {
    base.damaged |= over.damaged;
    std::map<std::string, size_t, std::less<>> places;
    for (size_t i = 0; i < base.entries.size(); ++i) places.emplace(base.entries[i].key, i);
    std::vector<std::string> removed;
    for (Entry& entry : over.entries) {
      const auto found = places.find(entry.key);
      if (entry.value.tag == Node::Tag::kReset) {
        if (found != places.end()) removed.push_back(entry.key);
      } else if (found == places.end()) {
        entry.value = clean(std::move(entry.value), path.key(entry.key));
        places.emplace(entry.key, base.entries.size());
        base.entries.push_back(std::move(entry));
      } else {
        Entry& earlier = base.entries[found->second];
        // What is merged into stays where it was begun; what is replaced stands where it is replaced.
        if (!entry.value.is_null() && !(entry.value.is_map() && earlier.value.is_map()))
          earlier.key_at = entry.key_at;
        merge(earlier.value, std::move(entry.value), path.key(entry.key));
      }
    }
    for (const std::string& key : removed) base.erase(key);
  }

 private:
  // What a value is without a base: no tags left, nothing reset, lists unique.
  Node clean(Node over, const Path& path) {
    if (over.is_map()) {
      Node empty = Node::map(over.at);
      merge_maps(empty, std::move(over), path);
      return empty;
    }
    if (over.is_sequence()) {
      Node empty = Node::sequence(over.at);
      append(empty, std::move(over), path);
      return empty;
    }
    over.tag = Node::Tag::kNone;
    return over;
  }

  void append(Node& base, Node over, const Path& path) {
    base.damaged |= over.damaged;
    const ListRule* rule = list_rule(path);
    if (rule == nullptr) {
      base.items.insert(base.items.end(), std::make_move_iterator(over.items.begin()),
                        std::make_move_iterator(over.items.end()));
      return;
    }
    std::map<std::string, size_t> places;
    for (size_t i = 0; i < base.items.size(); ++i) places.emplace(rule->identity(base.items[i]), i);
    for (Node& item : over.items) {
      const auto [place, fresh] = places.emplace(rule->identity(item), base.items.size());
      if (fresh)
        base.items.push_back(std::move(item));
      else if (rule->merge_items)
        merge(base.items[place->second], std::move(item), path.index(place->second));
      else
        base.items[place->second] = std::move(item);
    }
  }

  Report& report_;
};

}  // namespace

void merge_document(Node& base, Node over, Report& report) {
  Merge(report).merge(base, std::move(over), Path());
}

}  // namespace parser
