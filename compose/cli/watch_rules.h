#pragma once
// develop.watch of a project's services as rules, with what is to be known of this machine for them.
#include <set>
#include <string>
#include <vector>

#include "compose/cli/context.h"
#include "compose/watch/rules.h"

namespace compose::cli {

// True when one of the services has something to watch.
bool has_watch_rules(const parser::Project& project, const std::set<std::string>& services);

// Warns of rules that do nothing, and of paths that are not there yet. Throws CommandError when no service of
// `services` has rules, parser::LoadError for rules that cannot be kept to, engine::Error for a .dockerignore
// that cannot be read.
std::vector<watch::Rule> watch_rules(Context& context, const parser::Project& project,
                                     const std::set<std::string>& services);

}  // namespace compose::cli
