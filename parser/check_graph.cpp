#include <algorithm>

#include "parser/check.h"
#include "parser/units.h"

namespace parser {

namespace {

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "'" : ", '") + word + "'";
  return text;
}

class CycleSearch {
 public:
  CycleSearch(const Draft& draft, Report& report) : draft_(draft), report_(report) {}

  void visit(const std::string& name) {
    const auto service = draft_.project.services.find(name);
    if (service == draft_.project.services.end() || state_[name] == State::kDone) return;
    state_[name] = State::kOnChain;
    chain_.push_back(name);
    for (const auto& [needed, dependency] : service->second.depends_on) {
      if (state_[needed] == State::kOnChain)
        report_cycle(needed, dependency);
      else
        visit(needed);
    }
    chain_.pop_back();
    state_[name] = State::kDone;
  }

 private:
  enum class State { kNew, kOnChain, kDone };

  void report_cycle(const std::string& first, const Dependency& closing) {
    std::string text;
    for (auto at = std::find(chain_.begin(), chain_.end(), first); at != chain_.end(); ++at)
      text += *at + " -> ";
    report_.error(closing.mark, "services." + chain_.back() + ".depends_on",
                  "services depend on each other in a circle: " + text + first);
  }

  const Draft& draft_;
  Report& report_;
  std::map<std::string, State> state_;
  std::vector<std::string> chain_;
};

void check_one(const Draft& draft, const Service& service, const std::string& needed,
               const Dependency& dependency, Report& report) {
  // A dependency that a link implies is talked about where the link stands.
  const ServiceDraft& own = draft.services.at(service.name);
  const auto link = std::find_if(own.link_marks.begin(), own.link_marks.end(), [&](const Mark& mark) {
    return mark.line == dependency.mark.line && mark.column == dependency.mark.column &&
           mark.file == dependency.mark.file;
  });
  const std::string place =
      "services." + service.name + (link == own.link_marks.end() ? ".depends_on" : ".links");
  const auto found = draft.services.find(needed);
  if (found == draft.services.end()) {
    if (draft.damaged) return;
    std::vector<std::string> known;
    for (const auto& [name, unused] : draft.services)
      if (name != service.name) known.push_back(name);
    const std::string hint = did_you_mean(needed, known);
    if (dependency.required)
      report.error(dependency.mark, place, "service '" + needed + "' is not defined", hint);
    else
      report.warning(dependency.mark, place, "service '" + needed + "' is not defined", hint);
  } else if (draft.project.services.count(needed) == 0 && dependency.required) {
    report.error(dependency.mark, place, "service '" + needed + "' is not active",
                 "enable one of its profiles: " + list(found->second.service.profiles));
  }
}

}  // namespace

void check_dependencies(const Draft& draft, Report& report) {
  for (const auto& [name, service] : draft.project.services)
    for (const auto& [needed, dependency] : service.depends_on)
      check_one(draft, service, needed, dependency, report);
  CycleSearch search(draft, report);
  for (const auto& [name, unused] : draft.project.services) search.visit(name);
}

}  // namespace parser
