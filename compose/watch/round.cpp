#include "compose/watch/round.h"

namespace compose::watch {

std::map<std::string, ServiceRound> sort_out(const std::vector<Rule>& rules,
                                             const std::set<std::string>& paths) {
  std::map<std::string, ServiceRound> rounds;
  for (const Rule& rule : rules) {
    bool any = false;
    for (const std::string& path : paths) {
      if (!rule.matches(path)) continue;
      any = true;
      if (syncs(rule.action())) rounds[rule.service()].sync[rule.place_of(path)] = path;
    }
    if (!any) continue;
    ServiceRound& round = rounds[rule.service()];
    switch (rule.action()) {
      case Action::kRebuild:
        round.rebuild = true;
        break;
      case Action::kRestart:
      case Action::kSyncAndRestart:
        round.restart = true;
        break;
      case Action::kSyncAndExec:
        round.execs.push_back(&rule);
        break;
      case Action::kSync:
        break;
    }
  }
  return rounds;
}

std::vector<engine::SyncPath> sync_paths(const std::map<std::string, std::string>& sync) {
  std::vector<engine::SyncPath> paths;
  paths.reserve(sync.size());
  for (const auto& [inside, local] : sync) paths.push_back({local, inside});
  return paths;
}

}  // namespace compose::watch
