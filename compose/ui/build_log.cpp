#include "compose/ui/build_log.h"

#include <fmt/format.h>

namespace compose::ui {

std::string build_title(const std::string& service, const engine::BuildStep& step) {
  const std::string stage = step.stage.empty() ? "" : step.stage + " ";
  return fmt::format("[{} {}{}/{}] {}", service, stage, step.number, step.total, step.instruction);
}

std::string BuildLog::format(const std::string& service, const BuildEvent& event, Clock::time_point now) {
  using enum BuildEvent::Kind;
  const auto key = std::pair(service, event.step.id);
  if (event.kind == kBegin) {
    const std::string header = fmt::format("#{} {}\n", ++last_number_, build_title(service, event.step));
    if (event.cached) return header + fmt::format("#{} CACHED\n", last_number_);
    open_[key] = {last_number_, now};
    return header;
  }
  const auto found = open_.find(key);
  if (found == open_.end()) return {};  // it was cached, which says all
  const int number = found->second.number;
  if (event.kind == kLine) {
    const std::chrono::duration<double> age = now - found->second.began;
    return fmt::format("#{} {:.3f} {}\n", number, age.count(), event.line);
  }
  open_.erase(found);
  if (event.kind == kFailed) return fmt::format("#{} ERROR\n", number);
  return fmt::format("#{} DONE {:.1f}s\n", number, static_cast<double>(event.milliseconds) / 1000);
}

}  // namespace compose::ui
