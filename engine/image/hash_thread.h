#pragma once
// SHA-256 computed on a thread of its own, so that reading the next files and hashing the last ones overlap.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace engine {

// Used by one thread; at most a few megabytes wait to be hashed, then update() blocks.
class HashThread {
 public:
  HashThread();
  ~HashThread();  // without hex(): what waits is thrown away
  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;

  void update(const char* data, size_t size);
  // 64 hex digits; ends the computation. Throws engine::Error(kInternal) when OpenSSL refused.
  std::string hex();

 private:
  using Chunk = std::vector<char>;
  void hash_chunks();
  void hand_over();
  void stop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> waiting_, spare_;
  bool ended_ = false, dropped_ = false;
  std::string result_;
  Chunk filling_;
  std::thread thread_;
};

}  // namespace engine
