#include "engine/image/hash_thread.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/image/digest.h"

namespace engine {

namespace {
constexpr size_t kChunk = 1024 * 1024;
constexpr size_t kMaxWaiting = 4;
}  // namespace

HashThread::HashThread() : thread_([this] { hash_chunks(); }) {
  filling_.reserve(kChunk);
}

HashThread::~HashThread() {
  {
    const std::lock_guard lock(mutex_);
    dropped_ = true;
  }
  stop();
}

void HashThread::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void HashThread::update(const char* data, size_t size) {
  while (size > 0) {
    const size_t part = std::min(size, kChunk - filling_.size());
    filling_.insert(filling_.end(), data, data + part);
    data += part;
    size -= part;
    if (filling_.size() == kChunk) hand_over();
  }
}

void HashThread::hand_over() {
  Chunk next;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return dropped_ || waiting_.size() < kMaxWaiting; });
    waiting_.push_back(std::move(filling_));
    if (!spare_.empty()) {
      next = std::move(spare_.front());
      spare_.pop_front();
    }
  }
  changed_.notify_all();
  next.clear();
  next.reserve(kChunk);
  filling_ = std::move(next);
}

void HashThread::hash_chunks() {
  try {
    Sha256 hash;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (dropped_) return;
      if (waiting_.empty()) break;
      Chunk chunk = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_all();
      hash.update(chunk.data(), chunk.size());
      lock.lock();
      spare_.push_back(std::move(chunk));
    }
    result_ = hash.hex();
  } catch (const Error&) {  // an empty result says so
    {
      const std::lock_guard lock(mutex_);
      dropped_ = true;
    }
    changed_.notify_all();
  }
}

std::string HashThread::hex() {
  if (!filling_.empty()) hand_over();
  stop();
  if (result_.empty())
    throw Error(Error::Kind::kInternal, "SHA-256: the crypto library refused the operation");
  return result_;
}

}  // namespace engine
