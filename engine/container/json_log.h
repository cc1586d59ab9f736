#pragma once
// A container's log in the json-file format: one object a line,
//   {"log":"text\n","stream":"stdout","time":"2024-05-06T07:08:09.123456789Z"}
// A line of output longer than 16 KiB becomes several objects, all but the last without "\n" at the end.
// Bytes that are no UTF-8 appear as U+FFFD. With a size limit the file is renamed to <path>.1, .1 to .2 and
// so on before it would grow past it; the oldest of `max_file` files (counting the present one) goes.
#include <cstdint>
#include <string>
#include <string_view>

#include "sys/fd.h"

namespace engine {

class JsonLog {
 public:
  enum class Stream { kStdout, kStderr };

  // Appends to what is there. An empty path: output is read and dropped. Throws sys::Error.
  JsonLog(std::string path, int64_t max_size, int max_file);

  // Takes output as it came, any bytes, any length. A full disk or a file that cannot be opened after a
  // rotation loses lines but never throws: the container must go on. It is tried again with each line; the
  // number lost is told by `lost`.
  void write(Stream stream, std::string_view bytes);
  // Writes out what waits for its newline; when a stream has ended.
  void flush();
  int64_t lost() const { return lost_; }

 private:
  void append(Stream stream, std::string_view line);
  bool open() noexcept;
  void rotate();

  std::string path_;
  int64_t max_size_;
  int max_file_;
  sys::Fd file_;
  int64_t size_ = 0;
  int64_t lost_ = 0;
  std::string pending_[2];  // by stream; at most one piece long
};

}  // namespace engine
