#pragma once
#include <map>
#include <string>

#include "compose/execute/step_action.h"
#include "engine/build/builder.h"

namespace compose {

// Passes a build's progress on, the output of each instruction cut into lines. What it is given must live as
// long.
class BuildProgress : public engine::BuildObserver {
 public:
  BuildProgress(const Step& step, Reporter& reporter, const Cancellation& cancellation)
      : step_(step), reporter_(reporter), cancellation_(cancellation) {}

  void step(const engine::BuildStep& step, bool cached) override;
  void output(const engine::BuildStep& step, const std::string& bytes) override;
  void finished(const engine::BuildStep& step, bool ok, int64_t milliseconds) override;
  void warning(const std::string& text) override { reporter_.warning(text); }
  bool cancelled() override { return cancellation_.cancelled(); }
  int cancel_fd() override { return cancellation_.fd(); }

 private:
  void tell(const engine::BuildStep& step, std::string& line);

  const Step& step_;
  Reporter& reporter_;
  const Cancellation& cancellation_;
  std::map<int, std::string> open_;  // lines without an end yet, by instruction
};

}  // namespace compose
