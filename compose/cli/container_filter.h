#pragma once
// `--filter KEY=VALUE` of `container ls`. Filters with different keys must all hold, of those with one key
// any (labels: all). Source: docker's reference, "docker container ls", Filtering.
#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace compose::cli {

class ContainerFilter {
 public:
  // Throws CommandError for a filter that is not understood.
  explicit ContainerFilter(const std::vector<std::string>& filters);

  // A filter by state asks for containers that are not up, too.
  bool asks_for_state() const { return values_.contains("status") || values_.contains("exited"); }
  // Of `containers` those it lets through, in the same order. Throws CommandError when `before` or `since`
  // names no container, engine::Error.
  std::vector<engine::ContainerInfo> apply(std::vector<engine::ContainerInfo> containers,
                                           engine::Engine& engine) const;

 private:
  bool holds(const std::string& key, const std::string& value, const engine::ContainerInfo& container,
             engine::Engine& engine) const;

  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace compose::cli
