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

bool same_place(const Mark& a, const Mark& b) {
  return a.line == b.line && a.column == b.column && a.file == b.file;
}

// What implies the dependency; null when it is written in depends_on.
const Need* implied_by(const ServiceDraft& draft, const Dependency& dependency) {
  const auto need = std::find_if(draft.needs.begin(), draft.needs.end(), [&](const Need& candidate) {
    return same_place(candidate.mark, dependency.mark);
  });
  return need == draft.needs.end() ? nullptr : &*need;
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
    const Need* need = implied_by(draft_.services.at(chain_.back()), closing);
    report_.error(closing.mark, need == nullptr ? "services." + chain_.back() + ".depends_on" : need->where,
                  "services depend on each other in a circle: " + text + first);
  }

  const Draft& draft_;
  Report& report_;
  std::map<std::string, State> state_;
  std::vector<std::string> chain_;
};

// What asks for a service, and where.
struct Asked {
  std::string service;
  bool required = true;
  Mark mark;
  std::string where;
};

void check_one(const Draft& draft, const Service& service, const Asked& asked, Report& report) {
  const auto found = draft.services.find(asked.service);
  if (found == draft.services.end()) {
    if (draft.damaged) return;
    std::vector<std::string> known;
    for (const auto& [name, unused] : draft.services)
      if (name != service.name) known.push_back(name);
    const std::string hint = did_you_mean(asked.service, known);
    const std::string message = "service '" + asked.service + "' is not defined";
    if (asked.required)
      report.error(asked.mark, asked.where, message, hint);
    else
      report.warning(asked.mark, asked.where, message, hint);
  } else if (draft.project.services.count(asked.service) == 0 && asked.required) {
    report.error(asked.mark, asked.where, "service '" + asked.service + "' is not active",
                 "enable one of its profiles: " + list(found->second.service.profiles));
  }
}

// Each is talked about where it stands. A link or mount that depends_on calls optional is so; a namespace
// cannot be.
void check_service(const Draft& draft, const ServiceDraft& own, Report& report) {
  const Service& service = own.service;
  for (const auto& [needed, dependency] : service.depends_on)
    if (implied_by(own, dependency) == nullptr)
      check_one(draft, service,
                {needed, dependency.required, dependency.mark, "services." + service.name + ".depends_on"},
                report);
  for (const Need& need : own.needs) {
    const auto said = service.depends_on.find(need.service);
    const bool required =
        need.kind == Need::Kind::kNamespace || said == service.depends_on.end() || said->second.required;
    check_one(draft, service, {need.service, required, need.mark, need.where}, report);
  }
}

}  // namespace

void check_dependencies(const Draft& draft, Report& report) {
  for (const auto& [name, unused] : draft.project.services)
    check_service(draft, draft.services.at(name), report);
  CycleSearch search(draft, report);
  for (const auto& [name, unused] : draft.project.services) search.visit(name);
}

}  // namespace parser
