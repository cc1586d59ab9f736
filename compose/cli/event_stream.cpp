#include "compose/cli/event_stream.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "compose/cli/moment_flag.h"
#include "compose/cli/session.h"
#include "compose/cli/signals.h"
#include "compose/ui/folder_watch.h"
#include "compose/ui/text.h"
#include "engine/events/journal.h"
#include "engine/events/journal_reader.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

// Rounded up: to wake a moment too early would be to wake for nothing.
int wait_ms(const EventRange& range) {
  if (!range.until) return -1;
  const int64_t left = std::max<int64_t>(0, *range.until - engine::unix_ns());
  return static_cast<int>(std::min<int64_t>(left / kMillisecond + 1, 1 << 30));
}

}  // namespace

EventRange parse_range(const std::string& since, const std::string& until) {
  return {parse_moment_flag(since, "--since"), parse_moment_flag(until, "--until")};
}

int stream_events(Context& context, const EventRange& range,
                  const std::function<void(const engine::Event&)>& show) {
  const std::string folder = context.engine().paths().events();
  const Signals signals;
  // Watched before it is read: what comes in between is seen twice by us and shown once.
  ui::FolderWatch watch;
  watch.add(folder);
  engine::JournalReader reader(folder, range.since || range.until);
  for (;;) {
    const bool last = range.until && engine::unix_ns() >= *range.until;
    reader.read([&](const engine::Event& event) {
      if (range.until && event.time_ns > *range.until) return true;
      if (!range.since || event.time_ns >= *range.since) show(event);
      return !signals.first().cancelled();
    });
    if (signals.first().cancelled()) return kExitCancelled;
    if (last) return kExitOk;
    pollfd fds[2] = {{watch.fd(), POLLIN, 0}, {signals.first().fd(), POLLIN, 0}};
    if (::poll(fds, 2, wait_ms(range)) < 0 && errno != EINTR) sys::fail("poll");
    watch.take();
  }
}

std::string attribute_list(const engine::Event& event) {
  std::string text;
  for (const auto& [name, value] : event.attributes) text += (text.empty() ? "" : ", ") + name + '=' + value;
  return ui::one_line(text);  // labels are an image's: a terminal takes no order from them
}

}  // namespace compose::cli
