#pragma once
// COPY --exclude: what of a source is left out. Patterns are those of .dockerignore, matched against the path
// below the source, and against a source's own name.
#include <string>

#include "engine/build/ignore.h"
#include "engine/build/layered_view.h"

namespace engine::build {

class Exclusion {
 public:
  Exclusion() = default;
  explicit Exclusion(IgnoreRules rules) : rules_(std::move(rules)) {}

  // `root` is the source, a folder, that `node` lies below.
  bool hides(const LayeredView::Node& root, const LayeredView::Node& node) const {
    const size_t above = root.path == "/" ? 1 : root.path.size() + 1;
    const std::string below = node.path.substr(above);
    return node.is_dir() ? !rules_.may_hold_included(below) : rules_.excluded(below);
  }
  bool hides_source(const std::string& name, bool is_dir) const {
    return is_dir ? !rules_.may_hold_included(name) : rules_.excluded(name);
  }

 private:
  IgnoreRules rules_;
};

}  // namespace engine::build
