#pragma once
// gzip (RFC 1952) on several threads: the input is cut into blocks, each compressed with the end of the one
// before as its dictionary, and put together into one member. The bytes depend on the input alone, not on the
// number of threads or the time: no name, time 0.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/image/layer_tar.h"

namespace engine::registry {

// Written to by one thread, on which `out` is called.
class GzipBlocks {
 public:
  GzipBlocks(int threads, ByteSink out);
  ~GzipBlocks();  // without finish(): what waits is thrown away
  GzipBlocks(const GzipBlocks&) = delete;
  GzipBlocks& operator=(const GzipBlocks&) = delete;

  // Throws what `out` throws, engine::Error(kInternal) when zlib refuses.
  void write(const char* data, size_t size);
  void finish();

 private:
  struct Block;
  void submit(bool last);
  void write_front();
  void compress_blocks();

  ByteSink out_;
  std::string input_, dictionary_;
  uint32_t crc_;
  uint64_t size_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Block>> queue_;    // to be compressed
  std::deque<std::shared_ptr<Block>> pending_;  // to be written, in order
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace engine::registry
