#pragma once
// The common part of the `inspect` commands: several names, one list of JSON objects or a line of a template
// for each; names that mean nothing are told after what was found.
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "compose/cli/commands.h"

namespace compose::cli {

// `describe`: throws CommandError or engine::Error for a name that means nothing. `format`: "" or json, or a
// template. Returns the exit code. Throws CommandError for a bad template.
int inspect_all(Context& context, const Words& names, const std::string& format,
                const std::function<nlohmann::ordered_json(const std::string& name)>& describe);

}  // namespace compose::cli
