#pragma once
// A place in a document: "services.web.ports[0]"; and patterns over places: "services.*.ports.[]", where "*"
// is any key and "[]" any item. The rules of several stages are tables keyed by such patterns.
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "parser/node.h"

namespace parser {

// Cheap to copy and to make longer: what is above is shared.
class Path {
 public:
  Path() = default;
  Path key(std::string_view name) const;
  Path index(size_t number) const;
  bool matches(std::string_view pattern) const;
  std::string to_string() const;
  // The key of the last step; empty for an item of a list.
  std::string last() const { return last_ == nullptr ? "" : last_->name; }
  size_t size() const { return last_ == nullptr ? 0 : last_->number; }

 private:
  struct Step {
    std::shared_ptr<const Step> above;
    size_t number;     // 1: the first
    std::string name;  // empty: an item of a list
    size_t index;
  };
  explicit Path(std::shared_ptr<const Step> last) : last_(std::move(last)) {}
  Path longer(std::string_view name, size_t index) const;
  static void write(const Step* last, std::string& text);

  std::shared_ptr<const Step> last_;  // null: the document itself
};

// The way down to a node while a tree is walked, kept on the walk's own stack: most nodes' places are never
// asked for.
class Trail {
 public:
  explicit Trail(const Path& start) : start_(&start) {}
  // The new trail refers to this one, and to `name`.
  Trail key(std::string_view name) const { return {*this, name, 0}; }
  Trail index(size_t number) const { return {*this, "", number}; }
  Path path() const;

 private:
  Trail(const Trail& above, std::string_view name, size_t index)
      : above_(&above), name_(name), index_(index) {}

  const Path* start_ = nullptr;
  const Trail* above_ = nullptr;
  std::string_view name_;  // empty: an item of a list
  size_t index_ = 0;
};

// Takes the first step off a pattern and returns it.
std::string_view next_step(std::string_view& pattern);

// Calls `action` for every node below `root` whose path matches `pattern`. Nodes tagged !reset, and what is
// below them, are left out: they only say what goes away.
void for_each_match(Node& root, std::string_view pattern,
                    const std::function<void(Node&, const Path&)>& action);

}  // namespace parser
