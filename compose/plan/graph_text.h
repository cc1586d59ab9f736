#pragma once
// Which service needs which, for people: `config --graph`.
#include <string>

#include "parser/project.h"

namespace compose {

// Every service that nobody needs, with what it needs below it; what has been shown already is not shown
// again. Throws PlanError for a cycle.
std::string graph_tree(const parser::Project& project);
// The same for Graphviz's dot: an edge from a service to each that it needs. Throws PlanError.
std::string graph_dot(const parser::Project& project);

// "healthy, optional"; empty for a dependency that is only to be started.
std::string dependency_terms(const parser::Dependency& dependency);

}  // namespace compose
