#pragma once
#include <deque>
#include <string>

namespace engine::build {

// The last lines of a program's output, for the message when it fails.
class OutputTail {
 public:
  explicit OutputTail(size_t lines) : limit_(lines) {}
  void add(const std::string& bytes);
  // Each line after "\n  | "; empty when there was no output.
  std::string to_text() const;

 private:
  size_t limit_;
  std::deque<std::string> lines_;
  bool open_ = false;  // the last line has no end yet
};

}  // namespace engine::build
