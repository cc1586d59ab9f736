#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace compose::cli {

// --since and --until: nanoseconds since 1970, nothing for "". Throws UsageError naming `flag` for what is no
// moment (ui::parse_moment).
std::optional<int64_t> parse_moment_flag(const std::string& text, const std::string& flag);

}  // namespace compose::cli
