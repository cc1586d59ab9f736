#include "compose/plan/support.h"

#include "parser/path.h"

namespace compose {
namespace {

using parser::Entry;
using parser::Node;
using parser::Path;

constexpr std::string_view kBuildSection = "services.*.build";

// The rows that apply below a place, with what is left of their patterns.
struct Below {
  std::string_view rest;
  const SupportRow* row;
};

std::vector<Below> step_into(const std::vector<Below>& rows, std::string_view step) {
  std::vector<Below> result;
  for (const Below& below : rows) {
    std::string_view rest = below.rest;
    const std::string_view wanted = parser::next_step(rest);
    if (wanted == step || (wanted == "*" && step != "[]")) result.push_back({rest, below.row});
  }
  return result;
}

class Review {
 public:
  Review(const parser::Project& project, const std::set<std::string>& services)
      : project_(project), services_(services) {}

  void walk(const Node& node, const Path& path, const std::vector<Below>& rows) {
    for (size_t i = 0; i < node.items.size(); ++i)
      visit(node.items[i], node.items[i].at, path.index(i), "", path.index(i), step_into(rows, "[]"));
    for (const Entry& entry : node.entries)
      if (is_meant(path, entry.key))
        visit(entry.value, entry.key_at, path, entry.key, path.key(entry.key), step_into(rows, entry.key));
  }

  std::vector<Finding> findings;

 private:
  void visit(const Node& value, parser::Location at, const Path& parent, const std::string& name,
             const Path& path, const std::vector<Below>& rows) {
    if (value.is_null()) return;
    for (const Below& below : rows)
      if (below.rest.empty() && (below.row->holds == nullptr || below.row->holds(value))) {
        note(*below.row, value, at, parent, name);
        return;
      }
    if (value.is_scalar() && !name.empty() && parent.size() > 0)
      findings.push_back({Support::kHonoured, at.mark(), parent.to_string(), name, "", "", false});
    walk(value, path, rows);
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
};

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
  std::vector<Below> rows;
  for (const SupportRow& row : support_table()) rows.push_back({row.place, &row});
  Review review(project, services);
  review.walk(tree, Path(), rows);
  return std::move(review.findings);
}

void require_supported(const parser::Node& tree, const parser::Project& project,
                       const std::set<std::string>& services, Purpose purpose) {
  std::vector<parser::Diagnostic> refusals;
  for (const Finding& finding : review_support(tree, project, services)) {
    if (finding.support == Support::kNotYet && (purpose == Purpose::kRun || finding.of_build))
      refusals.push_back(refusal(finding));
  }
  if (!refusals.empty()) throw parser::LoadError(std::move(refusals));
}

}  // namespace compose
