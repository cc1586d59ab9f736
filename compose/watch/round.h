#pragma once
// What a batch of changes asks for. Pure.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/watch/rules.h"
#include "engine/copy/sync.h"

namespace compose::watch {

struct ServiceRound {
  bool rebuild = false, restart = false;
  // By place in the container, so that a folder comes before what it holds. Of two rules that bring something
  // to one place the later counts.
  std::map<std::string, std::string> sync;
  std::vector<const Rule*> execs;  // those of sync+exec rules, once each, in the order of the file
};

// By service, of those that have something to do. `rules` has to outlive the result.
std::map<std::string, ServiceRound> sort_out(const std::vector<Rule>& rules,
                                             const std::set<std::string>& paths);

std::vector<engine::SyncPath> sync_paths(const std::map<std::string, std::string>& sync);

}  // namespace compose::watch
