#pragma once
// Containers by what the command line names: services and replica numbers. Works from labels.
#include <set>
#include <string>
#include <vector>

#include "compose/cli/context.h"
#include "engine/model.h"

namespace compose::cli {

// The project's containers without one-off ones, by service and number; of `services` only unless empty.
// Throws CommandError for a service that neither has containers nor is in the files.
std::vector<engine::ContainerInfo> replicas(Context& context, const std::string& project,
                                            const std::vector<std::string>& services);
// The same with one-off ones.
std::vector<engine::ContainerInfo> replicas_and_one_offs(Context& context, const std::string& project,
                                                         const std::vector<std::string>& services);

// One container of a service: the one with that number, or without an `index` the first that runs (else the
// first). Throws CommandError when there is none.
engine::ContainerInfo replica(Context& context, const std::string& project, const std::string& service,
                              std::optional<int64_t> index);

// "web=3": throws CommandError for anything else.
std::pair<std::string, int> parse_scale(const std::string& text);

// Seconds (--timeout) as the planner takes them.
std::optional<int64_t> to_milliseconds(std::optional<int64_t> seconds);

// Adds the service and all it depends on, directly or not; names that are no services are left out.
void add_with_dependencies(const parser::Project& project, const std::string& name,
                           std::set<std::string>& all);

// The services a command is about: those named and, with `dependencies`, what they need; all active ones when
// none is named.
std::set<std::string> services_meant(const parser::Project& project, const std::vector<std::string>& named,
                                     bool dependencies);

}  // namespace compose::cli
