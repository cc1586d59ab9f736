#include "netmgr/lb/tcp_session.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace netmgr::lb {
namespace {

constexpr size_t kBufferSize = 16 * 1024;  // stays in the processor's first cache: more at a time is slower
constexpr int kTurns = 16;                 // of one session, then others have theirs

}  // namespace

void TcpSession::begin() {
  look_for_server();
}

void TcpSession::look_for_server() {
  if (found_ || finding() || backend_) return;
  begun_ = accepted_;
  backend_ = frontend_->router.otherwise();
  ++backend_->counters.requests;
  find_server(nullptr);
}

void TcpSession::server_found() {
  found_ = true;
  relay();
}

void TcpSession::refused(unsigned /*status*/, const char* state, const std::string& /*why*/) {
  finish(state);
}

void TcpSession::proceed() {
  if (!found_) return look_for_server();
  relay();
}

void TcpSession::timed_out() {
  finish(found_ ? "cD" : "cC");
}

// By way of a buffer that all share. splice(2), which copies nothing, took a quarter more of the processor's
// time here, between sockets of loopback.
TcpSession::Move TcpSession::pass(Connection& from, Connection& to, Direction& direction, uint64_t& count) {
  static std::array<char, kBufferSize> buffer;
  if (!to.flush()) return Move::kFailed;
  if (to.blocked() || !from.readable()) return Move::kWait;
  const ssize_t size = ::recv(from.fd(), buffer.data(), buffer.size(), 0);
  if (size < 0 && errno == EINTR) return Move::kMore;
  if (size < 0 && errno != EAGAIN) return Move::kFailed;
  if (size < 0) {
    from.found_empty();
    return Move::kWait;
  }
  if (size == 0) {
    from.found_ended();
    if (!direction.ended) to.end_sending();
    direction.ended = true;
    return Move::kWait;
  }
  // A short read has emptied the socket, and an edge tells of more; but an end already told of is told once.
  if (static_cast<size_t>(size) < buffer.size() && !from.hung_up()) from.found_empty();
  count += static_cast<uint64_t>(size);
  if (!to.send({buffer.data(), static_cast<size_t>(size)})) return Move::kFailed;
  return from.readable() && !to.blocked() ? Move::kMore : Move::kWait;
}

TcpSession::Move TcpSession::copy(Connection& from, Connection& to, Direction& direction, uint64_t& count) {
  if (!to.flush()) return Move::kFailed;
  if (to.blocked()) return Move::kWait;
  switch (from.read()) {
    case Connection::Read::kSome:
    case Connection::Read::kFull:
      break;
    case Connection::Read::kNothing:
      return Move::kWait;
    case Connection::Read::kFailed:
      return Move::kFailed;
    case Connection::Read::kEnd:
      if (!direction.ended) to.end_sending();
      direction.ended = true;
      return Move::kWait;
  }
  count += from.input().size();
  if (!to.send(from.input())) return Move::kFailed;
  from.consume(from.input().size());
  return Move::kMore;
}

void TcpSession::relay() {
  Connection& server = server_->connection;
  if (!server.flush()) return finish("SD");  // the PROXY protocol's header
  const bool within_tls = client_.secured();
  const auto move = [&](Connection& from, Connection& to, Direction& direction, uint64_t& count) {
    return within_tls ? copy(from, to, direction, count) : pass(from, to, direction, count);
  };
  uint64_t in = 0;
  uint64_t out = 0;
  Move up = Move::kMore;
  Move down = Move::kMore;
  for (int turn = 0; turn < kTurns && (up == Move::kMore || down == Move::kMore); ++turn) {
    up = move(client_, server, up_, in);
    down = move(server, client_, down_, out);
    if (up == Move::kFailed || down == Move::kFailed) break;
  }
  bytes_in_ += in;
  bytes_ += out;
  for (Counters* counters : {&frontend_->counters, &backend_->counters, &server_->server->counters}) {
    counters->bytes_in += in;
    counters->bytes_out += out;
  }
  if (up == Move::kFailed) return finish("CD");
  if (down == Move::kFailed) return finish("SD");
  const bool sent = !client_.blocked() && !server.blocked();
  if (up_.ended && down_.ended && sent) return finish("--");
  if (up == Move::kMore || down == Move::kMore) context_.loop.post(*this);
  context_.loop.arm(*this, context_.tunnel_ms());
}

void TcpSession::finish(const char* state) {
  if (gone_) return;
  state_ = state;
  if (backend_ && server_ != nullptr) {
    Counters& counters = server_->server->counters;
    counters.total_time.add(context_.loop.now() - accepted_);
    backend_->counters.total_time.add(context_.loop.now() - accepted_);
    if (state[0] == 'C') ++counters.client_aborts, ++backend_->counters.client_aborts;
    if (state[0] == 'S') ++counters.server_aborts, ++backend_->counters.server_aborts;
  }
  write_log();
  leave();
}

void TcpSession::write_log() {
  if (!context_.access_log || (!context_.log_empty && bytes_ + bytes_in_ == 0)) return;
  LogEntry entry = log_entry();
  const std::string client = client_address_.to_string();
  entry.client = client;
  context_.log.tcp(entry);
}

}  // namespace netmgr::lb
