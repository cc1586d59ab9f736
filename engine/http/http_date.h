#pragma once
// Dates in HTTP headers, "Wed, 21 Oct 2015 07:28:00 GMT" (RFC 9110, 5.6.7). Pure.
#include <cstdint>
#include <optional>
#include <string>

namespace engine {

// Seconds since the epoch; nothing for what is no such date. The two obsolete forms are not read.
std::optional<int64_t> parse_http_date(const std::string& text);

}  // namespace engine
