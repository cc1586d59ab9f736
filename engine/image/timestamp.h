#pragma once
// RFC 3339 times as image configurations carry them.
#include <cstdint>
#include <optional>
#include <string>

namespace engine {

// Milliseconds since the epoch of "2024-05-01T12:30:00.123456789Z" or with an offset "+02:00"; nothing when
// the text is not such a time.
std::optional<int64_t> parse_rfc3339(const std::string& text);
// "2024-05-01T12:30:00.123Z".
std::string format_rfc3339(int64_t milliseconds);
// The present time in milliseconds since the epoch.
int64_t now_ms();

}  // namespace engine
