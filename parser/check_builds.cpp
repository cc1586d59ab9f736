// Builds that need each other's images, and the platforms they are for.
#include <algorithm>

#include "parser/check.h"
#include "parser/remote_context.h"
#include "parser/units.h"

namespace parser {

namespace {

std::string place_of(const std::string& service) {
  return "services." + service + ".build.additional_contexts";
}

class BuildGraph {
 public:
  BuildGraph(const Draft& draft, Report& report) : draft_(draft), report_(report) {}

  void visit(const Service& service) {
    if (!service.build || done_[service.name]) return;
    chain_.push_back(service.name);
    for (const auto& [name, context] : service.build->additional_contexts) {
      const auto needed = service_of_context(context);
      if (!needed) continue;
      const Mark& mark = service.build->additional_context_marks.at(name);
      const auto first = std::find(chain_.begin(), chain_.end(), *needed);
      if (first != chain_.end())
        report_cycle(first, mark);
      else if (const Service* other = find(service, *needed, name, mark))
        visit(*other);
    }
    chain_.pop_back();
    done_[service.name] = true;
  }

 private:
  // The service whose image is wanted; null when there is none, which is reported.
  const Service* find(const Service& from, const std::string& needed, const std::string& context,
                      const Mark& mark) {
    const std::string place = place_of(from.name) + "." + context;
    const auto active = draft_.project.services.find(needed);
    if (active != draft_.project.services.end()) {
      if (active->second.build) return &active->second;
      if (!draft_.services.at(needed).damaged)
        report_.error(mark, place, "service '" + needed + "' has no 'build'",
                      "its image can be named as docker-image://IMAGE");
    } else if (draft_.services.count(needed) != 0) {
      report_.error(mark, place, "service '" + needed + "' is not active", "enable one of its profiles");
    } else if (!draft_.damaged) {
      report_.error(mark, place, "service '" + needed + "' is not defined",
                    did_you_mean(needed, keys(draft_.services)));
    }
    return nullptr;
  }

  void report_cycle(std::vector<std::string>::const_iterator first, const Mark& mark) {
    std::string text;
    for (auto at = first; at != chain_.end(); ++at) text += *at + " -> ";
    report_.error(mark, place_of(chain_.back()), "builds need each other in a circle: " + text + *first);
  }

  const Draft& draft_;
  Report& report_;
  std::map<std::string, bool> done_;
  std::vector<std::string> chain_;
};

void check_platforms(const Service& service, Report& report) {
  if (!service.build || service.platform.empty()) return;
  const std::vector<std::string>& platforms = service.build->platforms;
  if (platforms.empty() || std::count(platforms.begin(), platforms.end(), service.platform) != 0) return;
  report.error(service.build->mark, "services." + service.name + ".build.platforms",
               "does not have the service's platform '" + service.platform + "'", "add it");
}

}  // namespace

void check_builds(const Draft& draft, Report& report) {
  BuildGraph graph(draft, report);
  for (const auto& [name, service] : draft.project.services) {
    graph.visit(service);
    check_platforms(service, report);
  }
}

}  // namespace parser
