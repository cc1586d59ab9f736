#pragma once
// --format of the listing commands.
#include <string>

namespace compose::cli {

// "" and "table" are the table, "json" is JSON; anything else (Go templates too) throws CommandError.
void check_format(const std::string& format);

}  // namespace compose::cli
