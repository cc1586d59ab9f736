#pragma once
// Points in time as docker's commands read and print them. Nanoseconds since 1970, UTC.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace compose::ui {

int64_t now_ms();

// RFC 3339 with up to nine fractional digits and Z or an offset; nothing when it is not one.
std::optional<int64_t> parse_rfc3339(std::string_view text);
// "2026-01-02T03:04:05.000000000Z".
std::string to_rfc3339(int64_t nanoseconds);
// "2026-01-02 03:04:05 +0000 UTC", the CreatedAt of `ps --format json`.
std::string to_created_at(int64_t milliseconds);

// --since, --until: RFC 3339 (zone and time of day may be missing: then it is local time), Unix seconds
// ("1700000000.5"), or an age
// ("10m", "1h30m"). Nothing when the text is none of them.
std::optional<int64_t> parse_moment(std::string_view text, int64_t now_nanoseconds);
// "1h30m", "10s", "500ms" -> nanoseconds.
std::optional<int64_t> parse_go_duration(std::string_view text);

}  // namespace compose::ui
