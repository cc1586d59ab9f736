#include "compose/execute/build_progress.h"

namespace compose {
namespace {

constexpr size_t kLongestLine = 16384;  // what is longer is cut in pieces

}  // namespace

void BuildProgress::step(const engine::BuildStep& step, bool cached) {
  reporter_.build_event(step_, {BuildEvent::Kind::kBegin, step, cached, "", 0});
}

void BuildProgress::output(const engine::BuildStep& step, const std::string& bytes) {
  std::string& line = open_[step.id];
  for (const char byte : bytes) {
    if (byte != '\n') line += byte;
    if (byte == '\n' || line.size() >= kLongestLine) tell(step, line);
  }
}

void BuildProgress::finished(const engine::BuildStep& step, bool ok, int64_t milliseconds) {
  std::string& line = open_[step.id];
  if (!line.empty()) tell(step, line);
  const auto kind = ok ? BuildEvent::Kind::kDone : BuildEvent::Kind::kFailed;
  reporter_.build_event(step_, {kind, step, false, "", milliseconds});
}

void BuildProgress::tell(const engine::BuildStep& step, std::string& line) {
  reporter_.build_event(step_, {BuildEvent::Kind::kLine, step, false, line, 0});
  line.clear();
}

}  // namespace compose
