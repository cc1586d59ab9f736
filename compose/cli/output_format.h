#pragma once
// --format of the listing commands.
#include <string>

#include "engine/model.h"

namespace compose::cli {

// "" and "table" are the table, "json" is JSON; anything else (Go templates too) throws CommandError.
void check_format(const std::string& format);

// The labels that listings show: all but the description that the object was made from, which holds the
// environment with whatever secrets are in it.
engine::Labels shown_labels(engine::Labels labels);

}  // namespace compose::cli
