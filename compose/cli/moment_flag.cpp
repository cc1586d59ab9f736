#include "compose/cli/moment_flag.h"

#include "compose/cli/failure.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {

std::optional<int64_t> parse_moment_flag(const std::string& text, const std::string& flag) {
  if (text.empty()) return std::nullopt;
  const auto value = ui::parse_moment(text, ui::now_ms() * 1'000'000);
  if (!value) {
    throw UsageError("invalid value '" + text + "' for " + flag +
                     ": it must be a time (2026-01-31T12:00:00Z), Unix seconds or an age (10m)");
  }
  return value;
}

}  // namespace compose::cli
