#include "parser/merge.h"

#include <map>

#include "parser/merge_rules.h"

namespace parser {

namespace {

class Merge {
 public:
  // What becomes of tags: they have done their work, or they stay for the merge that follows.
  enum class Tags { kDrop, kKeep };
  Merge(Tags tags, Report& report) : tags_(tags), report_(report) {}

  void merge(Node& base, Node over, const Path& path) {
    if (over.is_null() && over.tag == Node::Tag::kNone && !is_replaced(path)) return;
    if (base.is_null() || over.tag == Node::Tag::kOverride || is_replaced(path) ||
        changes_driver(path, base, over)) {
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
      if (entry.value.tag == Node::Tag::kReset && tags_ == Tags::kDrop) {
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
        if (entry.value.tag == Node::Tag::kReset || is_extension(path, entry.key))
          earlier.value = clean(std::move(entry.value), path.key(entry.key));
        else
          merge(earlier.value, std::move(entry.value), path.key(entry.key));
      }
    }
    for (const std::string& key : removed) base.erase(key);
  }

 private:
  // What a value is without a base: no tags left, nothing reset, lists unique. With kKeep all that is left to
  // the merge that follows.
  Node clean(Node over, const Path& path) {
    if (tags_ == Tags::kDrop) settle(over, Trail(path));
    return over;
  }

  void settle(Node& node, const Trail& trail) {
    node.tag = Node::Tag::kNone;
    if (node.items.size() > 1) {
      Node unique = Node::sequence(node.at);
      append(unique, std::move(node), trail.path());
      node = std::move(unique);
    }
    std::erase_if(node.entries, [](const Entry& entry) { return entry.value.tag == Node::Tag::kReset; });
    for (Entry& entry : node.entries) {
      if (entry.value.is_scalar())
        entry.value.tag = Node::Tag::kNone;
      else
        settle(entry.value, trail.key(entry.key));
    }
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

  Tags tags_;
  Report& report_;
};

}  // namespace

void merge_document(Node& base, Node over, Report& report) {
  Merge(Merge::Tags::kDrop, report).merge(base, std::move(over), Path());
}

Node without_tags(Node node, const Path& path, Report& report) {
  Node result = Node::map(node.at);
  Merge(Merge::Tags::kDrop, report).merge_maps(result, std::move(node), path);
  return result;
}

void lay_under(Node& over, Node base, const Path& path, Report& report) {
  Merge(Merge::Tags::kKeep, report).merge(base, std::move(over), path);
  over = std::move(base);
}

}  // namespace parser
