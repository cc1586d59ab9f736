#pragma once
// What is counted of frontends, backends and servers: the numbers of HAProxy's statistics. Times in
// milliseconds of the event loop's clock. Each uses the part that has a meaning for it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace netmgr::lb {

// Events per second.
class Rate {
 public:
  void count(uint64_t now) {
    move_to(now / 1000);
    most_ = std::max(most_, ++current_);
  }
  // Over the last 1000 milliseconds, about: the second before counts as far as it reaches into them.
  uint64_t per_second(uint64_t now) const {
    const uint64_t second = now / 1000;
    if (second > second_ + 1) return 0;
    const uint64_t before = second == second_ ? previous_ : current_;
    const uint64_t here = second == second_ ? current_ : 0;
    return here + before * (1000 - now % 1000) / 1000;
  }
  uint64_t most() const { return most_; }

 private:
  void move_to(uint64_t second) {
    if (second == second_) return;
    previous_ = second == second_ + 1 ? current_ : 0;
    current_ = 0;
    second_ = second;
  }
  uint64_t second_ = 0;
  uint64_t current_ = 0;
  uint64_t previous_ = 0;
  uint64_t most_ = 0;
};

// Of about the last 1024 values, and the greatest of all.
class Average {
 public:
  void add(uint64_t value) {
    if (count_ < 1024) ++count_;
    mean_ += (static_cast<double>(value) - mean_) / count_;
    most_ = std::max(most_, value);
  }
  uint64_t mean() const { return static_cast<uint64_t>(std::lround(mean_)); }
  uint64_t most() const { return most_; }

 private:
  double mean_ = 0;
  unsigned count_ = 0;
  uint64_t most_ = 0;
};

struct Counters {
  uint64_t sessions = 0;  // now: clients of a frontend, requests under way of a backend or server
  uint64_t sessions_most = 0;
  uint64_t sessions_total = 0;
  uint64_t queued = 0;
  uint64_t queued_most = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t denied_requests = 0;
  uint64_t bad_requests = 0;
  uint64_t denied_answers = 0;
  uint64_t connect_errors = 0;
  uint64_t answer_errors = 0;
  uint64_t retries = 0;
  uint64_t redispatches = 0;
  uint64_t requests = 0;
  uint64_t under_way = 0;    // of them; of a frontend
  uint64_t intercepted = 0;  // answered by the balancer itself, as was asked for
  uint64_t client_aborts = 0;
  uint64_t server_aborts = 0;
  uint64_t chosen = 0;  // by balancing, not by a cookie
  uint64_t connects = 0;
  uint64_t reuses = 0;
  uint64_t gzip_in = 0;
  uint64_t gzip_out = 0;
  uint64_t gzip_answers = 0;
  uint64_t tls_failures = 0;
  uint64_t last_session = 0;
  std::array<uint64_t, 6> answers{};  // 1xx to 5xx, others
  Rate session_rate;
  Rate request_rate;
  Average queue_time;
  Average connect_time;
  Average answer_time;
  Average total_time;

  void begin_session(uint64_t now) {
    sessions_most = std::max(sessions_most, ++sessions);
    ++sessions_total;
    session_rate.count(now);
    last_session = now;
  }
  void end_session() { --sessions; }
  void count_answer(unsigned status) {
    const unsigned kind = status / 100;
    ++answers[kind >= 1 && kind <= 5 ? kind - 1 : 5];
  }
};

}  // namespace netmgr::lb
