#include "engine/registry/gzip_blocks.h"

#include <zlib.h>

#include "engine/error.h"

namespace engine::registry {

namespace {

constexpr size_t kBlock = 512 * 1024, kDictionary = 32 * 1024;
constexpr int kLevel = 5;  // a tenth larger than 9 in a quarter of the time
constexpr int kRawDeflate = -15, kMemory = 9;
constexpr char kHeader[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};

void put_le32(std::string& text, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xff);
}

}  // namespace

struct GzipBlocks::Block {
  std::string input, dictionary, output;
  bool last = false, done = false, failed = false;
  uint32_t crc = 0;

  void compress() {
    z_stream stream{};
    failed = deflateInit2(&stream, kLevel, Z_DEFLATED, kRawDeflate, kMemory, Z_DEFAULT_STRATEGY) != Z_OK;
    if (failed) return;
    if (!dictionary.empty())
      deflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(dictionary.data()),
                           static_cast<uInt>(dictionary.size()));
    output.resize(deflateBound(&stream, input.size()) + 16);
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    const int result = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
    failed = result != (last ? Z_STREAM_END : Z_OK) || stream.avail_in != 0;
    output.resize(output.size() - stream.avail_out);
    deflateEnd(&stream);
    crc = static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(input.data()), static_cast<uInt>(input.size())));
  }
};

GzipBlocks::GzipBlocks(int threads, ByteSink out)
    : out_(std::move(out)), crc_(static_cast<uint32_t>(crc32(0, nullptr, 0))) {
  input_.reserve(kBlock);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { compress_blocks(); });
  try {
    out_(kHeader, sizeof kHeader);
  } catch (...) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

GzipBlocks::~GzipBlocks() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    queue_.clear();
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void GzipBlocks::compress_blocks() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ended_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::shared_ptr<Block> block = queue_.front();
    queue_.pop_front();
    lock.unlock();
    try {
      block->compress();
    } catch (...) {  // out of memory
      block->failed = true;
    }
    lock.lock();
    block->done = true;
    changed_.notify_all();
  }
}

void GzipBlocks::write(const char* data, size_t size) {
  while (size > 0) {
    const size_t n = std::min(size, kBlock - input_.size());
    input_.append(data, n);
    data += n;
    size -= n;
    if (input_.size() == kBlock) submit(false);
  }
}

void GzipBlocks::submit(bool last) {
  auto block = std::make_shared<Block>();
  block->last = last;
  block->dictionary = dictionary_;
  size_ += input_.size();
  if (input_.size() >= kDictionary) dictionary_ = input_.substr(input_.size() - kDictionary);
  block->input = std::move(input_);
  input_ = {};
  input_.reserve(last ? 0 : kBlock);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(block);
    changed_.notify_all();
  }
  pending_.push_back(std::move(block));
  while (pending_.size() > 2 * threads_.size() || (last && !pending_.empty())) write_front();
}

void GzipBlocks::write_front() {
  const std::shared_ptr<Block> block = pending_.front();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return block->done; });
  }
  pending_.pop_front();
  if (block->failed) throw Error(Error::Kind::kInternal, "gzip: zlib refused to compress a block");
  crc_ = static_cast<uint32_t>(crc32_combine(crc_, block->crc, static_cast<z_off_t>(block->input.size())));
  out_(block->output.data(), block->output.size());
}

void GzipBlocks::finish() {
  submit(true);
  std::string trailer;
  put_le32(trailer, crc_);
  put_le32(trailer, static_cast<uint32_t>(size_));
  out_(trailer.data(), trailer.size());
}

}  // namespace engine::registry
