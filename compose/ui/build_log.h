#pragma once
// Build output in the form of BuildKit's plain progress: "#5 [web build 2/7] RUN apt-get update",
// "#5 CACHED", "#5 0.311 text", "#5 DONE 1.2s". Each instruction of each image gets a number of its own,
// which tells the lines of stages and images apart that are built at the same time.
#include <chrono>
#include <map>
#include <string>

#include "compose/execute/executor.h"

namespace compose::ui {

class BuildLog {
 public:
  using Clock = std::chrono::steady_clock;
  // Whole lines for what happened in the build of `service`'s image.
  std::string format(const std::string& service, const BuildEvent& event, Clock::time_point now);

 private:
  struct Vertex {
    int number = 0;
    Clock::time_point began;
  };
  int last_number_ = 0;
  std::map<std::pair<std::string, int>, Vertex> open_;  // by service and instruction
};

// "[web build 2/7] RUN make"; of an image with one stage "[web 2/7] RUN make".
std::string build_title(const std::string& service, const engine::BuildStep& step);

}  // namespace compose::ui
