#pragma once
// Compresses a container's full log files (RFC 1952), one at a time, each in a process of its own, so that
// neither the container nor the monitor waits and the memory it takes is given back. The process dies with
// its maker.
#include <sys/types.h>

#include <string>

namespace engine {

// For single-threaded processes. Moves must not happen while a child works: `wait` first.
class LogCompressor {
 public:
  LogCompressor() = default;
  ~LogCompressor() { wait(); }
  LogCompressor(const LogCompressor&) = delete;
  LogCompressor& operator=(const LogCompressor&) = delete;

  // Begins to make <path>.gz of `path`, which goes when that is done; when it fails (no space), `path` stays
  // as it is. The header's comment, "<device>:<inode>" in decimal, names the file it was, so that who had
  // that open knows where to go on. Nobody may write to `path` any more. Waits for the one before.
  void start(const std::string& path);
  void wait();

 private:
  pid_t child_ = -1;
};

}  // namespace engine
