#include "engine/registry/backoff.h"

#include <algorithm>
#include <cstdlib>

#include "engine/http/http_date.h"

namespace engine::registry {

namespace {
constexpr int64_t kLongestServerPause_s = 120;
}

std::optional<int64_t> retry_after_s(const std::string& header, int64_t now_s) {
  if (header.empty()) return std::nullopt;
  if (header.find_first_not_of("0123456789") == std::string::npos) {
    if (header.size() > 9) return kLongestServerPause_s + 1;
    return std::strtoll(header.c_str(), nullptr, 10);
  }
  const std::optional<int64_t> at = parse_http_date(header);
  if (!at || *at < now_s) return std::nullopt;
  return *at - now_s;
}

bool Backoff::next(std::optional<int64_t> server_wants_s, const std::function<void(int seconds)>& announce) {
  if (++failures_ >= tuning_.attempts) return false;
  if (server_wants_s && *server_wants_s > kLongestServerPause_s) return false;
  int64_t pause_ms = tuning_.first_pause_ms << std::min(failures_ - 1, 20);
  pause_ms = std::min(pause_ms, tuning_.longest_pause_ms);
  if (server_wants_s) pause_ms = std::max(pause_ms, *server_wants_s * 1000);
  if (announce) announce(static_cast<int>((pause_ms + 999) / 1000));
  cancellation_.wait(std::chrono::milliseconds(pause_ms));
  return true;
}

}  // namespace engine::registry
