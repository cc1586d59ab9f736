#pragma once
// What `events` and `system events` share: events of a range of time, and those to come.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "compose/cli/context.h"
#include "engine/events/event.h"

namespace compose::cli {

// --since and --until, nanoseconds since 1970; parse_range throws as parse_moment_flag.
struct EventRange {
  std::optional<int64_t> since, until;
};
EventRange parse_range(const std::string& since, const std::string& until);

// Calls `show` for each event of the range, as it happens once history is through. Ends at `until`, or by a
// signal. Returns the exit code. Throws sys::Error; what `show` throws passes through.
int stream_events(Context& context, const EventRange& range,
                  const std::function<void(const engine::Event&)>& show);

// "a=1, b=2".
std::string attribute_list(const engine::Event& event);

}  // namespace compose::cli
