#pragma once
// The journal of events: who does something appends a line, a command or a monitor; who wants to hear of it
// reads the file (journal_reader.h). There is no daemon to ask, and a writer waits for no reader.
//
// `<folder>/now` is what is written to, an event's JSON (event.h) a line, each line in one write(2) with
// O_APPEND. When it has grown to its limit it is renamed to `<folder>/<number>`, counting up, and the next
// writer begins anew; of those numbered the last two are kept. A writer shares an flock(2) on the file while
// it makes sure that the file still has the name and writes; who renames has it alone. So a file that has a
// number is never written to again.
//
// A line that a killed writer left unfinished ends at the next one's: an empty line begins each.
// Nothing is synced: the run root does not outlive the machine's run anyway.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/events/event.h"

namespace engine {

inline constexpr int64_t kJournalSize = 1 << 20;
inline constexpr char kJournalName[] = "now";

// Sets the time unless the event has one. What cannot be written is lost: no command fails for it. Attributes
// of more than 4 KiB are left out, all but the first few of an event that would still be larger than 64 KiB.
void append_event(const std::string& folder, Event event, int64_t limit = kJournalSize) noexcept;

// Numbers of the numbered files there are, in order. Throws sys::Error.
std::vector<int64_t> journal_numbers(const std::string& folder);

int64_t unix_ns();  // CLOCK_REALTIME

}  // namespace engine
