#include "netmgr/lb/tcp_session.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "sys/error.h"

namespace netmgr::lb {
namespace {

constexpr int kPipeSize = 256 * 1024;
constexpr size_t kSparePipes = 64;
constexpr int kTurns = 16;  // of one session, then others have theirs

std::vector<std::unique_ptr<sys::Pipe>>& spare_pipes() {
  static std::vector<std::unique_ptr<sys::Pipe>> pipes;
  return pipes;
}

// Empty: there are no more descriptors.
std::unique_ptr<sys::Pipe> take_pipe() {
  auto& spare = spare_pipes();
  if (!spare.empty()) {
    std::unique_ptr<sys::Pipe> pipe = std::move(spare.back());
    spare.pop_back();
    return pipe;
  }
  try {
    auto pipe = std::make_unique<sys::Pipe>(sys::pipe());
    // Users without privileges have a limit of all pipes' sizes; a smaller one serves as well.
    ::fcntl(pipe->write.get(), F_SETPIPE_SZ, kPipeSize);
    return pipe;
  } catch (const sys::Error&) {
    return nullptr;
  }
}

// An empty one.
void give_pipe(std::unique_ptr<sys::Pipe> pipe) {
  if (spare_pipes().size() < kSparePipes) spare_pipes().push_back(std::move(pipe));
}

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

TcpSession::Move TcpSession::splice(Connection& from, Connection& to, Direction& direction, uint64_t& count) {
  if (direction.held == 0 && from.readable() && !from.ended()) {
    if (!direction.pipe) direction.pipe = take_pipe();
    if (!direction.pipe) return Move::kFailed;
    const ssize_t size = ::splice(from.fd(), nullptr, direction.pipe->write.get(), nullptr, kPipeSize,
                                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size == 0) from.found_ended();
    if (size < 0 && errno == EAGAIN) from.found_empty();
    if (size < 0 && errno != EAGAIN && errno != EINTR) return Move::kFailed;
    if (size > 0) direction.held = static_cast<size_t>(size);
  }
  if (direction.held > 0 && to.writable()) {
    const ssize_t size = ::splice(direction.pipe->read.get(), nullptr, to.fd(), nullptr, direction.held,
                                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size < 0 && errno == EAGAIN) to.found_full();
    if (size < 0 && errno != EAGAIN && errno != EINTR) return Move::kFailed;
    if (size > 0) {
      direction.held -= static_cast<size_t>(size);
      count += static_cast<uint64_t>(size);
    }
  }
  if (direction.held > 0) return to.writable() ? Move::kMore : Move::kWait;
  if (direction.pipe) give_pipe(std::move(direction.pipe));
  if (from.ended()) {
    if (!direction.ended) to.end_sending();
    direction.ended = true;
    return Move::kWait;
  }
  return from.readable() ? Move::kMore : Move::kWait;
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
    return within_tls || to.blocked() ? copy(from, to, direction, count) : splice(from, to, direction, count);
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
