#pragma once
// Running programs from a test: output is kept in memory files, so that a program's background children
// cannot hold a reader up, and what has been said so far can be looked at while the program runs.
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace it {

struct Output {
  int code = -1;  // 128+n for signal n
  bool timed_out = false;
  std::string out, err;
};

struct RunOptions {
  std::map<std::string, std::string> env;  // laid over the test's own
  std::string directory;                   // empty: the test's own
  std::string input;                       // standard input; empty: /dev/null
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// A program that runs beside the test. Killed and reaped on destruction.
class Process {
 public:
  // Throws sys::Error.
  explicit Process(const std::vector<std::string>& args, const RunOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  std::string out() const;
  std::string err() const;
  bool running();
  void signal(int number);
  // Waits for its end; after `timeout` it is killed.
  Output wait(std::chrono::milliseconds timeout = std::chrono::seconds(60));

 private:
  int pid_ = -1;
  int status_ = 0;
  bool reaped_ = false;
  sys::Fd pidfd_, out_, err_;
};

Output run(const std::vector<std::string>& args, const RunOptions& options = {});

// How often `part` stands in `text`.
size_t count(const std::string& text, const std::string& part);

// Asks `condition` every 50 ms until it holds; false when it did not within `timeout`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds timeout = std::chrono::seconds(15));

}  // namespace it
