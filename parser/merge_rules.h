#pragma once
// How the values of each attribute merge, as tables over path patterns: by what an item of a list is known,
// and what is replaced whole. What no table names merges by its kind: maps by key, lists append, the later
// scalar holds. Source: Compose Specification, "Merge and override".
#include <string>

#include "parser/node.h"
#include "parser/path.h"

namespace parser {

struct ListRule {
  std::string_view place;
  std::string (*identity)(const Node& item);  // items of the same identity are one
  bool merge_items = false;                   // else the later item takes the earlier one's place
};

// Null for a list that only appends.
const ListRule* list_rule(const Path& path);

// The later value is taken whole, even when it is null.
bool is_replaced(const Path& path);

// `key` below `path` is an extension (x-*): the later one is taken whole.
bool is_extension(const Path& path, std::string_view key);

// Options belong to a driver: a section with another driver starts anew.
bool changes_driver(const Path& path, const Node& base, const Node& over);

}  // namespace parser
