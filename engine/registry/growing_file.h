#pragma once
// A file that one thread writes while another reads it from its beginning: a blob on its way in or out. What
// has been written stays when a connection breaks, so that the transfer goes on from there.
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "sys/fd.h"

namespace engine::registry {

class GrowingFile {
 public:
  // Makes the file (0600), which must not exist. Whoever owns its folder removes it.
  explicit GrowingFile(std::string path);
  // A whole one, only to be read.
  static GrowingFile whole(const std::string& path) { return GrowingFile(path, Whole{}); }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  const std::string& path() const { return path_; }

  // ---- the writer's. sys::Error when the disk is full.
  void append(const char* data, size_t size);
  void finish();  // all bytes are there
  void fail();    // the rest will never come; does nothing when finished

  // ---- the reader's, which keeps its own position
  // Waits for bytes at `offset` and reads up to `size` of them; 0 at the end of a finished file. Throws
  // engine::Error(kUnavailable) when the rest will never come.
  size_t read(int64_t offset, char* buffer, size_t size);
  bool finished();
  bool failed();
  int64_t written();  // so far

 private:
  struct Whole {};
  GrowingFile(std::string path, Whole);
  void flush();

  std::string path_;
  sys::Fd fd_;
  std::string waiting_;  // the writer's: small pieces together
  std::mutex mutex_;
  std::condition_variable grown_;
  int64_t written_ = 0;
  bool finished_ = false, failed_ = false;
};

}  // namespace engine::registry
