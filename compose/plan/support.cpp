#include "compose/plan/support.h"

#include <map>

#include "parser/path.h"

namespace compose {
namespace {

using parser::Entry;
using parser::Node;
using parser::Path;

constexpr std::string_view kBuildSection = "services.*.build";

// The table as a tree: the rows for a place, and what may come below it.
struct Place {
  std::vector<const SupportRow*> rows;
  std::map<std::string_view, Place> below;  // by step; "*" any key, "[]" any item
};

Place tree_of_table() {
  Place root;
  for (const SupportRow& row : support_table()) {
    Place* place = &root;
    for (std::string_view rest = row.place; !rest.empty();) place = &place->below[parser::next_step(rest)];
    place->rows.push_back(&row);
  }
  return root;
}

// The places that a node is at, mostly one.
using Places = std::vector<const Place*>;

Places step_into(const Places& places, std::string_view step) {
  Places result;
  const auto add = [&](const Place& place, std::string_view wanted) {
    if (const auto found = place.below.find(wanted); found != place.below.end())
      result.push_back(&found->second);
  };
  for (const Place* place : places) {
    add(*place, step);
    if (step != "[]") add(*place, "*");
  }
  return result;
}

// The first row of the table that holds for the value; null: none does.
const SupportRow* row_for(const Places& places, const Node& value) {
  const SupportRow* first = nullptr;
  for (const Place* place : places)
    for (const SupportRow* row : place->rows)
      if ((row->holds == nullptr || row->holds(value)) && (first == nullptr || row < first)) first = row;
  return first;
}

class Review {
 public:
  // `honoured`: those are findings as well.
  Review(const parser::Project& project, const std::set<std::string>& services, bool honoured)
      : project_(project), services_(services), honoured_(honoured) {}

  void walk(const Node& node, const Path& path, const Places& places) {
    if (!node.items.empty()) {
      const Places below = step_into(places, "[]");
      for (size_t i = 0; i < node.items.size() && is_of_interest(below); ++i)
        visit(node.items[i], node.items[i].at, path.index(i), "", path.index(i), below);
    }
    for (const Entry& entry : node.entries) {
      const Places below = step_into(places, entry.key);
      if (is_of_interest(below) && is_meant(path, entry.key))
        visit(entry.value, entry.key_at, path, entry.key, path.key(entry.key), below);
    }
  }

  std::vector<Finding> findings;

 private:
  bool is_of_interest(const Places& places) const { return honoured_ || !places.empty(); }

  void visit(const Node& value, parser::Location at, const Path& parent, const std::string& name,
             const Path& path, const Places& places) {
    if (value.is_null()) return;
    if (const SupportRow* row = row_for(places, value)) {
      note(*row, value, at, parent, name);
      return;
    }
    if (honoured_ && value.is_scalar() && !name.empty() && parent.size() > 0)
      findings.push_back({Support::kHonoured, at.mark(), parent.to_string(), name, "", "", false});
    walk(value, path, places);
  }

  // What the project leaves out does not matter, nor do extensions.
  bool is_meant(const Path& path, const std::string& key) const {
    if (key.rfind("x-", 0) == 0) return false;
    if (path.size() != 1) return true;
    const std::string section = path.to_string();
    if (section == "services") return services_.count(key) != 0;
    if (section == "networks") return project_.networks.count(key) != 0;
    if (section == "volumes") return project_.volumes.count(key) != 0;
    return false;
  }

  void note(const SupportRow& row, const Node& value, parser::Location at, const Path& parent,
            const std::string& name) {
    Finding finding{row.support,
                    at.mark(),
                    parent.to_string(),
                    name,
                    "",
                    std::string(row.note),
                    row.place.rfind(kBuildSection, 0) == 0};
    if (row.holds != nullptr && value.is_scalar()) {
      finding.mark = value.mark();
      finding.value = value.text;
    }
    findings.push_back(std::move(finding));
  }

  const parser::Project& project_;
  const std::set<std::string>& services_;
  const bool honoured_;
};

std::vector<Finding> findings_in(const Node& tree, const parser::Project& project,
                                 const std::set<std::string>& services, bool honoured) {
  static const Place table = tree_of_table();
  Review review(project, services, honoured);
  review.walk(tree, Path(), {&table});
  return std::move(review.findings);
}

parser::Diagnostic refusal(const Finding& finding) {
  const std::string what = said(finding);
  parser::Diagnostic diagnostic;
  diagnostic.mark = finding.mark;
  diagnostic.path = finding.place;
  diagnostic.message = (what.empty()            ? "this"
                        : finding.value.empty() ? "attribute '" + what + "'"
                                                : "'" + what + "'") +
                       " is not supported yet";
  diagnostic.hint = finding.note;
  return diagnostic;
}

}  // namespace

std::string said(const Finding& finding) {
  if (finding.attribute.empty() || finding.value.empty()) return finding.attribute + finding.value;
  return finding.attribute + ": " + finding.value;
}

std::vector<Finding> review_support(const parser::Node& tree, const parser::Project& project,
                                    const std::set<std::string>& services) {
  return findings_in(tree, project, services, true);
}

void require_supported(const parser::Node& tree, const parser::Project& project,
                       const std::set<std::string>& services, Purpose purpose) {
  std::vector<parser::Diagnostic> refusals;
  for (const Finding& finding : findings_in(tree, project, services, false)) {
    if (finding.support == Support::kNotYet && (purpose == Purpose::kRun || finding.of_build))
      refusals.push_back(refusal(finding));
  }
  if (!refusals.empty()) throw parser::LoadError(std::move(refusals));
}

}  // namespace compose
