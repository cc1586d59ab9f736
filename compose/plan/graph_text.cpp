#include "compose/plan/graph_text.h"

#include <set>

#include "compose/plan/graph.h"
#include "compose/plan/inventory.h"
#include "compose/plan/planner.h"

namespace compose {
namespace {

class Tree {
 public:
  Tree(const parser::Project& project, const ServiceGraph& graph) : project_(project), graph_(graph) {}

  std::string text() {
    for (const auto& [name, service] : project_.services)
      if (graph_.needed_by(name).empty()) node(name, "", "", "");
    return std::move(text_);
  }

 private:
  void node(const std::string& name, const std::string& lead, const std::string& below,
            const std::string& how) {
    const Dependencies& needs = graph_.needs(name);
    const bool again = !shown_.insert(name).second && !needs.empty();
    text_ += lead + name + (how.empty() ? "" : " (" + how + ")") + (again ? " ..." : "") + '\n';
    if (again) return;
    size_t left = needs.size();
    for (const auto& [needed, dependency] : needs) {
      const bool last = --left == 0;
      node(needed, below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "),
           dependency_terms(dependency));
    }
  }

  const parser::Project& project_;
  const ServiceGraph& graph_;
  std::set<std::string> shown_;
  std::string text_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string dependency_terms(const parser::Dependency& dependency) {
  using enum parser::Dependency::Condition;
  std::vector<std::string> words;
  if (dependency.condition == kHealthy) words.emplace_back("healthy");
  if (dependency.condition == kCompletedSuccessfully) words.emplace_back("completed successfully");
  if (!dependency.required) words.emplace_back("optional");
  if (dependency.restart) words.emplace_back("restarts with it");
  return join(words, ", ");
}

std::string graph_tree(const parser::Project& project) {
  const ServiceGraph graph = ServiceGraph::of(project);
  return Tree(project, graph).text();
}

std::string graph_dot(const parser::Project& project) {
  const ServiceGraph graph = ServiceGraph::of(project);
  std::string text = "digraph " + quoted(project.name) + " {\n  node [shape=box];\n";
  for (const auto& [name, service] : project.services) {
    // dot reads \n in a label as the end of a line.
    const std::string first = quoted(name), second = quoted(image_of(project, service));
    const std::string label = first.substr(0, first.size() - 1) + "\\n" + second.substr(1);
    text += "  " + quoted(name) + " [label=" + label + "];\n";
  }
  for (const auto& [name, service] : project.services) {
    for (const auto& [needed, dependency] : graph.needs(name)) {
      text += "  " + quoted(name) + " -> " + quoted(needed);
      std::vector<std::string> attributes;
      if (const std::string how = dependency_terms(dependency); !how.empty())
        attributes.push_back("label=" + quoted(how));
      if (!dependency.required) attributes.emplace_back("style=dashed");
      if (!attributes.empty()) text += " [" + join(attributes, ", ") + ']';
      text += ";\n";
    }
  }
  return text + "}\n";
}

}  // namespace compose
