#pragma once
// A place in a document: "services.web.ports[0]"; and patterns over places: "services.*.ports.[]", where "*"
// is any key and "[]" any item. The rules of several stages are tables keyed by such patterns.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/node.h"

namespace parser {

class Path {
 public:
  Path() = default;
  Path key(std::string_view name) const;
  Path index(size_t number) const;
  bool matches(std::string_view pattern) const;
  std::string to_string() const;
  // The key of the last step; empty for an item of a list.
  std::string last() const { return steps_.empty() ? "" : steps_.back().name; }
  size_t size() const { return steps_.size(); }

 private:
  struct Step {
    std::string name;  // empty: an item of a list
    size_t index = 0;
  };
  std::vector<Step> steps_;
};

// Takes the first step off a pattern and returns it.
std::string_view next_step(std::string_view& pattern);

// Calls `action` for every node below `root` whose path matches `pattern`. Nodes tagged !reset, and what is
// below them, are left out: they only say what goes away.
void for_each_match(Node& root, std::string_view pattern,
                    const std::function<void(Node&, const Path&)>& action);

}  // namespace parser
