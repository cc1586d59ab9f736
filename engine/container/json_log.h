#pragma once
// A container's log in the json-file format: one object a line,
//   {"log":"text\n","stream":"stdout","time":"2024-05-06T07:08:09.123456789Z"}
// with `"attrs":{...}` before the time when there are any.
// A line of output longer than 16 KiB becomes several objects, all but the last without "\n" at the end.
// Bytes that are no UTF-8 appear as U+FFFD. With a size limit the file is renamed to <path>.1, .1 to .2 and
// so on before it would grow past it; the oldest of `max_file` files (counting the present one) goes.
// Compressed, a renamed one becomes <path>.1.gz soon after.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/container/log_compressor.h"
#include "sys/fd.h"

namespace engine {

struct JsonLogSettings {
  std::string path;      // empty: output is read and dropped
  int64_t max_size = 0;  // bytes; 0: it grows for ever
  int max_file = 1;
  bool compress = false;
  std::string attrs;  // a JSON object; may be empty
};

class JsonLog {
 public:
  enum class Stream { kStdout, kStderr };

  // Appends to what is there. Throws sys::Error.
  explicit JsonLog(JsonLogSettings settings);

  // Takes output as it came, any bytes, any length. A full disk or a file that cannot be opened after a
  // rotation loses lines but never throws: the container must go on. It is tried again with each line; the
  // number lost is told by `lost`. A file that somebody has removed is made anew. Whole lines are in the file
  // when it returns, by one write(2) where they fit: who is killed in between loses them, but neither half a
  // line nor one twice.
  void write(Stream stream, std::string_view bytes);
  // Writes out what waits for its newline; when a stream has ended. Waits for a file that is just being
  // compressed.
  void flush();
  int64_t lost() const { return lost_; }

 private:
  void append(Stream stream, std::string_view line);
  void write_batch();
  bool open() noexcept;
  void look() noexcept;
  void rotate();

  const JsonLogSettings settings_;
  std::string middle_[2];  // of a line, between text and time; by stream
  sys::Fd file_;
  int64_t size_ = 0;
  int64_t lost_ = 0;
  LogCompressor compressor_;
  std::string pending_[2];  // by stream; at most one piece long
  std::string batch_;       // objects to be written
};

}  // namespace engine
