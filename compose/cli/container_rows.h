#pragma once
// A container in docker's columns.
#include <nlohmann/json.hpp>
#include <string>

#include "compose/cli/output_format.h"
#include "engine/model.h"

namespace compose::cli {

// Without `no_trunc` cut as docker's COMMAND column.
std::string shown_command(const engine::ContainerInfo& container, bool no_trunc);
// What a container publishes and exposes while it is up.
std::string ports_of(const engine::ContainerInfo& container);
// The fields of `docker container ls --format json`.
nlohmann::json container_row(const engine::ContainerInfo& container, bool no_trunc, int64_t now_ms);
// Their titles in a table.
const Titles& container_titles();
// Throws CommandError when it is no state of a container.
void check_state(const std::string& state);

}  // namespace compose::cli
