#include "compose/ui/build_log.h"

#include <fmt/format.h>

namespace compose::ui {
namespace {

constexpr std::string_view kCached = " (cached)";

// "[2/7] ..." or "[stage 2/7] ...".
bool is_step_header(const std::string& line) {
  if (line.size() < 5 || line[0] != '[') return false;
  const size_t close = line.find(']');
  if (close == std::string::npos) return false;
  const size_t before = line.find_last_not_of("0123456789/", close - 1);
  const std::string numbers = line.substr(before + 1, close - before - 1);
  const size_t slash = numbers.find('/');
  return slash != std::string::npos && slash > 0 && slash + 1 < numbers.size();
}

}  // namespace

std::string BuildLog::format(const std::string& service, const std::string& line, Clock::time_point now) {
  if (is_step_header(line)) {
    std::string text = finish(service, true, now);
    const bool cached = line.size() > kCached.size() &&
                        line.compare(line.size() - kCached.size(), kCached.size(), kCached) == 0;
    const std::string header = line.substr(1, line.size() - 1 - (cached ? kCached.size() : 0));
    text += fmt::format("#{} [{} {}\n", ++last_number_, service, header);
    if (cached) {
      text += fmt::format("#{} CACHED\n", last_number_);
    } else {
      open_[service] = {last_number_, now};
    }
    return text;
  }
  auto found = open_.find(service);
  if (found == open_.end()) found = open_.emplace(service, Vertex{++last_number_, now}).first;
  const std::chrono::duration<double> age = now - found->second.began;
  return fmt::format("#{} {:.3f} {}\n", found->second.number, age.count(), line);
}

std::string BuildLog::finish(const std::string& service, bool ok, Clock::time_point now) {
  const auto found = open_.find(service);
  if (found == open_.end()) return {};
  const std::chrono::duration<double> took = now - found->second.began;
  const int number = found->second.number;
  open_.erase(found);
  return ok ? fmt::format("#{} DONE {:.1f}s\n", number, took.count()) : fmt::format("#{} ERROR\n", number);
}

}  // namespace compose::ui
