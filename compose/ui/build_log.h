#pragma once
// Build output in the form of BuildKit's plain progress: "#5 [web 2/7] RUN apt-get update", "#5 CACHED",
// "#5 0.311 text", "#5 DONE 1.2s". Each instruction of each image gets a number of its own.
#include <chrono>
#include <map>
#include <string>

namespace compose::ui {

class BuildLog {
 public:
  using Clock = std::chrono::steady_clock;
  // `line` is one line of the executor's for the image `service` builds: "[2/7] RUN ..." begins an
  // instruction (with " (cached)" behind it when nothing had to be done), anything else is output. Returns
  // whole lines.
  std::string format(const std::string& service, const std::string& line, Clock::time_point now);
  // The service's build has ended: closes its last instruction.
  std::string finish(const std::string& service, bool ok, Clock::time_point now);

 private:
  struct Vertex {
    int number = 0;
    Clock::time_point began;
  };
  int last_number_ = 0;
  std::map<std::string, Vertex> open_;  // by service
};

}  // namespace compose::ui
