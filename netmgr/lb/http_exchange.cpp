// The server's side of a session: connecting, the request on its way, the answer on its way back.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "netmgr/lb/http_rewrite.h"
#include "netmgr/lb/http_session.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kAvoidMs = 1000;  // a server after a failed connection
constexpr uint64_t kPooledIdleMs = 30'000;

}  // namespace

// `parsed`: context_.head is this request's.
void HttpSession::connect(bool parsed) {
  std::shared_ptr<Server> server = backend_->choose(hash_, tried_.get(), context_.loop.now());
  if (!server) return fail(503, "no server of \"" + backend_->config().name + "\" is there to take requests");
  ++server->active;
  ++server->requests;
  if (context_.access_log) server_name_ = server->config.name;
  if (!request_.repeatable || attempts_ > 0 || server->idle.empty())
    return open_connection(std::move(server));
  server_ = server->idle.back();
  server->idle.pop_back();
  EventLoop::disarm(*server_);
  server_->user = this;
  send_request(parsed);
}

void HttpSession::open_connection(std::shared_ptr<Server> server) {
  const SocketAddress& address = server->config.address;
  sys::Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    --server->active;
    return fail(503, "there are no more sockets to reach a server with");
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int raw = fd.get();
  const bool failed = ::connect(raw, address.raw(), address.size()) != 0 && errno != EINPROGRESS;
  server_ = context_.loop.adopt(
      std::make_unique<ServerConnection>(context_.loop, std::move(server), std::move(fd)));
  server_->user = this;
  phase_ = Phase::kConnecting;
  if (failed) return connection_failed("does not accept connections");
  context_.loop.watch(raw, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *server_);
  context_.loop.arm(*this, context_.timeouts.connect_ms);
}

void HttpSession::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_->connection.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return connection_failed("does not accept connections");
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  // An event of the client may come before the connection is there.
  if (::getpeername(server_->connection.fd(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;
  send_request(false);
}

void HttpSession::connection_failed(const char* why) {
  tried_ = server_->server;
  ++tried_->failures;
  tried_->avoid_until = context_.loop.now() + kAvoidMs;
  drop_server();
  if (attempts_ >= backend_->config().retries)
    return fail(503, "server \"" + tried_->config.name + "\" " + why);
  ++attempts_;
  connect(false);
}

void HttpSession::send_request(bool parsed) {
  phase_ = Phase::kExchange;
  connected_ = context_.loop.now();
  answer_scanned_ = 0;
  const std::string_view input = client_.input();
  const std::string_view head = input.substr(0, request_.size);
  if (!parsed) parse_request(head, context_.head);  // it was good before
  context_.scratch.clear();
  rewrite_request(head, context_.head, {address_, frontend_->port, request_.upgrade}, context_.scratch);
  context_.loop.arm(*this, context_.timeouts.server_ms);
  kept_ = request_.repeatable;
  request_done_ = request_.framing == Framing::kNone;
  if (kept_) {
    if (!server_->connection.send(context_.scratch)) answer_lost();
    return;
  }
  request_body_.begin(request_.framing, request_.length);
  size_t used = 0;
  const Body::Result result = request_body_.scan(input.substr(request_.size), used);
  if (result == Body::Result::kBad) return fail(400, "the body of the request is not well chunked");
  request_done_ = result == Body::Result::kDone;
  // Broken: the answer, if there is one, is read all the same.
  if (!server_->connection.send(context_.scratch, input.substr(request_.size, used))) request_done_ = false;
  client_.consume(request_.size + used);
}

bool HttpSession::pump_request() {
  Connection& server = server_->connection;
  if (!server.flush()) return true;  // it may have answered and closed; reading tells
  while (!request_done_ && !server.blocked()) {
    if (client_.input().empty()) {
      switch (client_.read()) {
        case Connection::Read::kSome:
        case Connection::Read::kFull:
          break;
        case Connection::Read::kNothing:
          return true;
        case Connection::Read::kEnd:
        case Connection::Read::kFailed:
          leave();
          return false;
      }
    }
    size_t used = 0;
    const Body::Result result = request_body_.scan(client_.input(), used);
    if (result == Body::Result::kBad) {
      fail(400, "the body of the request is not well chunked");
      return false;
    }
    const bool sent = server.send(client_.input().substr(0, used));
    client_.consume(used);
    if (!sent) return true;
    request_done_ = result == Body::Result::kDone;
  }
  return true;
}

HttpSession::Then HttpSession::pump_answer() {
  while (true) {
    if (client_.blocked()) return Then::kWait;
    if (!answer_started_) {
      if (read_answer_head() == Then::kWait) return Then::kWait;
      if (gone_ || phase_ != Phase::kExchange) return Then::kGoOn;
      if (!answer_started_) continue;
      if (answer_body_.framing() == Framing::kNone) return finish_exchange();
    }
    Connection& server = server_->connection;
    if (server.input().empty()) {
      switch (server.read()) {
        case Connection::Read::kSome:
        case Connection::Read::kFull:
          break;
        case Connection::Read::kNothing:
          return Then::kWait;
        case Connection::Read::kEnd:
          if (answer_body_.framing() == Framing::kClose) return finish_exchange();
          [[fallthrough]];
        case Connection::Read::kFailed:
          leave();  // so that the client sees an end that is none
          return Then::kWait;
      }
    }
    size_t used = 0;
    const Body::Result result = answer_body_.scan(server.input(), used);
    if (result == Body::Result::kBad || !client_.send(server.input().substr(0, used))) {
      leave();
      return Then::kWait;
    }
    bytes_ += used;
    server.consume(used);
    if (result == Body::Result::kDone) return finish_exchange();
  }
}

HttpSession::Then HttpSession::read_answer_head() {
  Connection& server = server_->connection;
  while (true) {
    const size_t size = head_size(server.input(), answer_scanned_);
    if (size > 0) return begin_answer(size);
    switch (server.read()) {
      case Connection::Read::kSome:
        break;
      case Connection::Read::kNothing:
        return Then::kWait;
      case Connection::Read::kFull:
        fail(502, "the head of the server's answer is larger than 16 KiB");
        return Then::kGoOn;
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        return answer_lost();
    }
  }
}

HttpSession::Then HttpSession::begin_answer(size_t size) {
  Connection& server = server_->connection;
  Head& head = context_.head;
  answer_scanned_ = 0;
  const std::string_view bytes = server.input().substr(0, size);
  const auto refuse = [&](const char* why) {
    fail(502, std::string("the server's answer is not passed on: ") + why);
    return Then::kGoOn;
  };
  if (!parse_answer(bytes, head)) return refuse(head.error);
  context_.scratch.clear();
  if (head.status < 200) {
    const bool switches = head.status == 101;
    if (switches && !request_.upgrade) return refuse("it goes over to another protocol unasked");
    commit_request();
    if (switches || request_.minor == 1)
      rewrite_answer(bytes, head, {true, request_.minor, switches}, context_.scratch);
    server.consume(size);
    if (!context_.scratch.empty() && !client_.send(context_.scratch)) leave();
    if (switches && !gone_) {
      status_ = 101;
      log(101);
      phase_ = Phase::kTunnel;
    }
    return Then::kGoOn;
  }
  Framing framing = head.framing;
  if (request_.head_only || head.status == 204 || head.status == 304) framing = Framing::kNone;
  if (framing == Framing::kLength && head.length == 0) framing = Framing::kNone;
  if (framing == Framing::kChunked && request_.minor == 0)
    return refuse("it is chunked, and HTTP/1.0 was asked for");
  commit_request();
  answer_started_ = true;
  answered_ = context_.loop.now();
  status_ = head.status;
  keep_alive_ = request_.keep_alive && framing != Framing::kClose && request_done_ && !context_.stopping;
  reuse_ = head.keep_alive && framing != Framing::kClose && request_done_ && request_.minor == 1;
  answer_body_.begin(framing, head.length);
  size_t used = 0;
  const std::string_view rest = server.input().substr(size);
  const Body::Result result = answer_body_.scan(rest, used);
  if (result == Body::Result::kBad) {
    answer_started_ = false;
    return refuse("it is not well chunked");
  }
  rewrite_answer(bytes, head, {keep_alive_, request_.minor, false}, context_.scratch);
  bytes_ = context_.scratch.size() + used;
  if (!client_.send(context_.scratch, rest.substr(0, used))) {
    leave();
    return Then::kWait;
  }
  server.consume(size + used);
  if (result == Body::Result::kDone) answer_body_.begin(Framing::kNone, 0);
  return Then::kGoOn;
}

// The server ended the connection before it answered.
HttpSession::Then HttpSession::answer_lost() {
  const std::string name = server_->server->config.name;
  if (!kept_ || attempts_ >= backend_->config().retries) {
    fail(502, "server \"" + name + "\" ended the connection without an answer");
    return Then::kGoOn;
  }
  ++attempts_;
  tried_ = server_->server;
  drop_server();
  connect(false);
  return Then::kGoOn;
}

void HttpSession::commit_request() {
  if (kept_) client_.consume(request_.size);
  kept_ = false;
}

void HttpSession::drop_server() {
  if (server_ == nullptr) return;
  --server_->server->active;
  server_->discard();
  server_ = nullptr;
}

HttpSession::Then HttpSession::finish_exchange() {
  log(status_);
  if (reuse_ && server_->connection.input().empty()) {
    --server_->server->active;
    server_->release(kPooledIdleMs);
    server_ = nullptr;
  } else {
    drop_server();
  }
  started_ = false;
  if (keep_alive_ && !context_.stopping) {
    phase_ = Phase::kHead;
    context_.loop.arm(*this, context_.timeouts.keep_alive_ms);
  } else {
    phase_ = Phase::kClosing;
    context_.loop.arm(*this, context_.timeouts.client_ms);
  }
  return Then::kGoOn;
}

void HttpSession::arm_exchange() {
  const bool client = client_.blocked() || (!request_done_ && !server_->connection.blocked());
  context_.loop.arm(*this, client ? context_.timeouts.client_ms : context_.timeouts.server_ms);
}

bool HttpSession::copy(Connection& from, Connection& to) {
  if (!to.flush()) return false;
  while (!to.blocked()) {
    if (from.input().empty()) {
      const Connection::Read result = from.read();
      if (result == Connection::Read::kFailed) return false;
      if (result == Connection::Read::kEnd) ::shutdown(to.fd(), SHUT_WR);
      if (result != Connection::Read::kSome) return true;
    }
    if (!to.send(from.input())) return false;
    from.consume(from.input().size());
  }
  return true;
}

void HttpSession::tunnel() {
  Connection& server = server_->connection;
  if (!copy(client_, server) || !copy(server, client_)) return leave();
  if (client_.ended() && server.ended() && !client_.blocked() && !server.blocked()) return leave();
  context_.loop.arm(*this, std::max(context_.timeouts.client_ms, context_.timeouts.server_ms));
}

}  // namespace netmgr::lb
