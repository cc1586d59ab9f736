#include "netmgr/lb/health_check.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "netmgr/lb/server_pool.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kFirstMs = 30'000;
constexpr size_t kStatusEnd = 12;  // behind "HTTP/1.1 200"

std::string request_of(const HttpCheckConfig& check) {
  std::string request = check.method + " " + check.target + " HTTP/1.1\r\n";
  bool host = false;
  for (const std::string& field : check.fields) {
    request += field + "\r\n";
    host = host || ::strncasecmp(field.c_str(), "host:", 5) == 0;
  }
  if (!host) request += "Host: localhost\r\n";
  return request + "Connection: close\r\n\r\n";
}

}  // namespace

void HealthCheck::start(EventLoop& loop, Backend& backend, std::shared_ptr<Server> server,
                        const HealthConfig& config, uint64_t timeout_ms) {
  auto* check = loop.adopt(std::make_unique<HealthCheck>(loop, backend, server, config, timeout_ms));
  server->check = check;
  loop.arm(*check, 0);
}

HealthCheck::HealthCheck(EventLoop& loop, Backend& backend, std::shared_ptr<Server> server,
                         const HealthConfig& config, uint64_t timeout_ms)
    : loop_(loop),
      backend_(backend),
      server_(std::move(server)),
      config_(config),
      timeout_ms_(timeout_ms > 0 ? timeout_ms : config.interval_ms),
      // One that was checked before, by other rules, is not new.
      first_until_(config.first_interval_ms > 0 && server_->health.status[0] == '\0' ? loop.now() + kFirstMs
                                                                                     : 0) {}

HealthCheck::~HealthCheck() {
  if (server_->check == this) server_->check = nullptr;
}

void HealthCheck::stop() {
  server_->check = nullptr;
  fd_.reset();
  loop_.retire(this);
}

void HealthCheck::begin() {
  SocketAddress address = server_->config.address;
  if (config_.port != 0) address = address.with_port(config_.port);
  begun_ = loop_.now();
  sent_ = false;
  answer_.clear();
  fd_.reset(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Not the server's fault.
  if (!fd_) return loop_.arm(*this, next_ms());
  // A check that found it open closes by a reset, or each would leave a socket in TIME_WAIT.
  const linger reset{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (::connect(fd_.get(), address.raw(), address.size()) != 0 && errno != EINPROGRESS)
    return finish(false, "L4CON", 0, std::strerror(errno));
  loop_.watch(fd_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *this);
  loop_.arm(*this, timeout_ms_);
}

void HealthCheck::on_events(uint32_t /*events*/) {
  if (!fd_) return;
  if (!sent_) connected();
  if (fd_ && sent_) read_answer();
}

void HealthCheck::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return finish(false, "L4CON", 0, std::strerror(error));
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;
  if (!config_.http) return finish(true, "L4OK", 0, "");
  const std::string request = request_of(*config_.http);
  // A new socket takes so little whole.
  if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return finish(false, "L7RSP", 0, "the request could not be sent");
  sent_ = true;
}

void HealthCheck::read_answer() {
  char bytes[512];
  const ssize_t size = ::recv(fd_.get(), bytes, sizeof bytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return finish(false, "L7RSP", 0, "the connection ended without an answer");
  answer_.append(bytes, static_cast<size_t>(size));
  if (answer_.size() < kStatusEnd) return;
  const bool http = answer_.starts_with("HTTP/1.") && answer_[8] == ' ';
  unsigned code = 0;
  for (size_t i = 9; http && i < kStatusEnd; ++i) {
    if (answer_[i] < '0' || answer_[i] > '9') return finish(false, "L7RSP", 0, "the answer is not HTTP");
    code = code * 10 + static_cast<unsigned>(answer_[i] - '0');
  }
  if (!http) return finish(false, "L7RSP", 0, "the answer is not HTTP");
  if (code >= 200 && code < 400) return finish(true, "L7OK", code, "");
  finish(false, "L7STS", code, "status " + std::to_string(code));
}

void HealthCheck::on_timeout() {
  if (!fd_) return begin();
  const bool connecting = !sent_;
  finish(false, connecting ? "L4TOUT" : "L7TOUT", 0, "no answer in " + std::to_string(timeout_ms_) + " ms");
}

void HealthCheck::finish(bool good, const char* status, unsigned code, const std::string& text) {
  fd_.reset();
  Health& health = server_->health;
  health.status = status;
  health.code = code;
  health.text = text;
  health.duration_ms = loop_.now() - begun_;
  if (!good && health.up) ++health.failures;
  count(good, text);
  loop_.arm(*this, next_ms());
}

void HealthCheck::count(bool good, const std::string& text) {
  Health& health = server_->health;
  const unsigned most = config_.rise + config_.fall - 1;
  const std::string layer = std::string(health.status).starts_with("L4") ? "Layer4" : "Layer7";
  const std::string duration = ", check duration: " + std::to_string(health.duration_ms) + "ms";
  if (good) {
    if (health.score < most) ++health.score;
    if (is_first()) health.score = most;
    first_until_ = 0;
    if (health.up || health.score < config_.rise) return;
    health.score = most;
    backend_.health_changed(*server_, true, layer + " check passed" + duration);
  } else if (health.score > config_.rise) {
    --health.score;
  } else {
    health.score = 0;
    if (health.up)
      backend_.health_changed(*server_, false, layer + " problem, info: \"" + text + "\"" + duration);
  }
}

uint64_t HealthCheck::next_ms() const {
  const Health& health = server_->health;
  if (is_first()) return config_.first_interval_ms;
  const auto or_usual = [&](uint64_t value) { return value > 0 ? value : config_.interval_ms; };
  if (!health.up && health.score == 0) return or_usual(config_.down_interval_ms);
  if (health.score < config_.rise + config_.fall - 1) return or_usual(config_.fast_interval_ms);
  return config_.interval_ms;
}

}  // namespace netmgr::lb
