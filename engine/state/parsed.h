#pragma once
// What rows say in JSON, read once: a command meets the rows of its containers and networks dozens of times.
#include <mutex>
#include <string>
#include <unordered_map>

namespace engine {

// By the text itself, so that it cannot be out of date. Any thread.
template <typename Value>
class Parsed {
 public:
  using Parse = Value (*)(const std::string& text);
  explicit Parsed(Parse parse) : parse_(parse) {}

  // Throws as `parse`.
  Value of(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = values_.find(text);
    if (known != values_.end()) return known->second;
    if (values_.size() >= kMost) values_.clear();
    return values_.emplace(text, parse_(text)).first->second;
  }

 private:
  static constexpr size_t kMost = 512;

  Parse parse_;
  std::mutex mutex_;
  std::unordered_map<std::string, Value> values_;
};

}  // namespace engine
