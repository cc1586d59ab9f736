// The server's side of a session: the request on its way, the answer on its way back.
#include <sys/socket.h>

#include <algorithm>

#include "netmgr/lb/http_rewrite.h"
#include "netmgr/lb/http_session.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kPooledIdleMs = 30'000;

}  // namespace

bool HttpSession::may_reuse() const {
  return request_.repeatable && !request_.upgrade && backend_->config().close == Close::kNone;
}

void HttpSession::server_found() {
  phase_ = Phase::kExchange;
  answer_scanned_ = 0;
  const std::string_view input = client_.input();
  const std::string_view head = input.substr(0, request_.size);
  if (!parsed_) parse_request(head, context_.head);  // it was good before
  const BackendConfig& config = backend_->config();
  RequestEdit edit;
  edit.client = address_;
  edit.port = frontend_->port;
  edit.tls = tls_ != nullptr;
  edit.upgrade = request_.upgrade;
  edit.forwarded = config.forwarded;
  edit.close = config.close != Close::kNone;
  if (config.cookie && config.cookie->mode == CookieMode::kPrefix)
    edit.strip_prefix = config.cookie->name;
  else if (config.cookie && config.cookie->mode == CookieMode::kInsert && config.cookie->indirect)
    edit.strip_cookie = config.cookie->name;
  context_.scratch.clear();
  rewrite_request(head, context_.head, edit, context_.scratch);
  context_.loop.arm(*this, context_.timeouts.server_ms);
  kept_ = request_.repeatable;
  request_done_ = request_.framing == Framing::kNone;
  if (kept_) {
    count_in(request_.size);
    if (!server_->connection.send(context_.scratch)) answer_lost();
    return;
  }
  request_body_.begin(request_.framing, request_.length);
  size_t used = 0;
  const Body::Result result = request_body_.scan(input.substr(request_.size), used);
  if (result == Body::Result::kBad) return fail(400, "PR", "the body of the request is not well chunked");
  request_done_ = result == Body::Result::kDone;
  request_bytes_ = used;
  if (is_too_large()) return;
  count_in(request_.size + used);
  // Broken: the answer, if there is one, is read all the same.
  if (!server_->connection.send(context_.scratch, input.substr(request_.size, used))) request_done_ = false;
  client_.consume(request_.size + used);
}

bool HttpSession::is_too_large() {
  if (context_.max_body_bytes == 0 || request_bytes_ <= context_.max_body_bytes) return false;
  fail(413, "PD", "the request's body is larger than " + std::to_string(context_.max_body_bytes) + " bytes");
  return true;
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
          leave_early("CD");
          return false;
      }
    }
    size_t used = 0;
    const Body::Result result = request_body_.scan(client_.input(), used);
    if (result == Body::Result::kBad) {
      fail(400, "PD", "the body of the request is not well chunked");
      return false;
    }
    request_bytes_ += used;
    if (is_too_large()) return false;
    const bool sent = server.send(client_.input().substr(0, used));
    count_in(used);
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
    const Then then = pass_body();
    if (then == Then::kWait || gone_ || phase_ != Phase::kExchange) return then;
  }
}

// One piece of it.
HttpSession::Then HttpSession::pass_body() {
  Connection& server = server_->connection;
  if (server.input().empty()) {
    switch (server.read()) {
      case Connection::Read::kSome:
      case Connection::Read::kFull:
        break;
      case Connection::Read::kNothing:
        if (!gzip_) return Then::kWait;
        context_.payload.clear();
        gzip_->flush(context_.payload);
        count_out(context_.payload.size());
        if (!context_.payload.empty() && !client_.send(context_.payload)) leave_early("CD");
        return Then::kWait;
      case Connection::Read::kEnd:
        if (answer_body_.framing() == Framing::kClose)
          return send_answer({}, {}, true) ? finish_exchange() : Then::kWait;
        [[fallthrough]];
      case Connection::Read::kFailed:
        leave_early("SD");  // so that the client sees an end that is none
        return Then::kWait;
    }
  }
  size_t used = 0;
  context_.payload.clear();
  const Body::Result result = answer_body_.scan(server.input(), used, gzip_ ? &context_.payload : nullptr);
  if (result == Body::Result::kBad) {
    leave_early("SD");
    return Then::kWait;
  }
  const bool done = result == Body::Result::kDone;
  if (!send_answer({}, server.input().substr(0, used), done)) return Then::kWait;
  server.consume(used);
  return done ? finish_exchange() : Then::kGoOn;
}

// `bytes` of the body, of which context_.payload is what goes through gzip. False: the client has gone.
bool HttpSession::send_answer(std::string_view head, std::string_view bytes, bool done) {
  bool sent = true;
  if (gzip_) {
    std::string chunks;
    gzip_->write(context_.payload, chunks);
    if (done) gzip_->finish(chunks);
    count_out(head.size() + chunks.size());
    sent = (head.empty() && chunks.empty()) || client_.send(head, chunks);
  } else if (!head.empty() || !bytes.empty()) {
    count_out(head.size() + bytes.size());
    sent = client_.send(head.empty() ? bytes : head, head.empty() ? std::string_view() : bytes);
  }
  if (!sent) leave_early("CD");
  return sent;
}

HttpSession::Then HttpSession::read_answer_head() {
  Connection& server = server_->connection;
  while (true) {
    bool bare = false;
    size_t size = answer_head_size(server.input(), answer_scanned_, bare);
    if (bare) {
      const std::string head = with_line_ends(server.input().substr(0, size));
      if (!server.replace(size, head)) {
        fail(502, "PH", "the head of the server's answer is larger than 16 KiB");
        return Then::kGoOn;
      }
      size = head.size();
    }
    if (size > 0) return begin_answer(size);
    switch (server.read()) {
      case Connection::Read::kSome:
        break;
      case Connection::Read::kNothing:
        return Then::kWait;
      case Connection::Read::kFull:
        fail(502, "PH", "the head of the server's answer is larger than 16 KiB");
        return Then::kGoOn;
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        return answer_lost();
    }
  }
}

HttpSession::Then HttpSession::pass_interim(size_t size) {
  Connection& server = server_->connection;
  Head& head = context_.head;
  const bool switches = head.status == 101;
  if (switches && !request_.upgrade) {
    fail(502, "PH", "the server's answer is not passed on: it goes over to another protocol unasked");
    return Then::kGoOn;
  }
  commit_request();
  context_.scratch.clear();
  if (switches || request_.minor == 1) {
    AnswerEdit edit;
    edit.client_minor = request_.minor;
    edit.upgrade = switches;
    std::string lines;
    if (switches) {
      answer_lines(head, lines);
      edit.drop_cookie = own_cookie();
    }
    edit.extra = lines;
    rewrite_answer(server.input().substr(0, size), head, edit, context_.scratch);
  }
  server.consume(size);
  count_out(context_.scratch.size());
  if (!context_.scratch.empty() && !client_.send(context_.scratch)) leave_early("CD");
  if (switches && !gone_) {
    status_ = 101;
    answered_ = context_.loop.now();
    write_log();
    frontend_->counters.count_answer(status_);
    backend_->counters.count_answer(status_);
    server_->server->counters.count_answer(status_);
    phase_ = Phase::kTunnel;
  }
  return Then::kGoOn;
}

HttpSession::Then HttpSession::begin_answer(size_t size) {
  Connection& server = server_->connection;
  Head& head = context_.head;
  answer_scanned_ = 0;
  const std::string_view bytes = server.input().substr(0, size);
  const auto refuse = [&](const char* why) {
    fail(502, "PH", std::string("the server's answer is not passed on: ") + why);
    return Then::kGoOn;
  };
  if (!parse_answer(bytes, head)) return refuse(head.error);
  if (head.status < 200) return pass_interim(size);
  Framing framing = head.framing;
  if (request_.head_only || head.status == 204 || head.status == 304) framing = Framing::kNone;
  if (framing == Framing::kLength && head.length == 0) framing = Framing::kNone;
  if (framing == Framing::kChunked && request_.minor == 0)
    return refuse("it is chunked, and HTTP/1.0 was asked for");
  if (wants_gzip(head, framing)) gzip_ = std::make_unique<GzipStream>();
  answer_body_.begin(framing, head.length);
  size_t used = 0;
  context_.payload.clear();
  const std::string_view rest = server.input().substr(size);
  const Body::Result result = answer_body_.scan(rest, used, gzip_ ? &context_.payload : nullptr);
  if (result == Body::Result::kBad) return refuse("it is not well chunked");
  commit_request();
  answer_started_ = true;
  answered_ = context_.loop.now();
  status_ = head.status;
  const bool ends = framing == Framing::kClose;
  const Close close = backend_->config().close;
  keep_alive_ =
      request_.keep_alive && (!ends || gzip_) && request_done_ && !context_.stopping && close != Close::kBoth;
  reuse_ = head.keep_alive && !ends && request_done_ && request_.minor == 1 && close == Close::kNone &&
           server_->server->config.send_proxy == 0;
  std::string lines;
  answer_lines(head, lines);
  AnswerEdit edit;
  edit.keep_alive = keep_alive_;
  edit.client_minor = request_.minor;
  edit.extra = lines;
  edit.drop_cookie = own_cookie();
  edit.drop_transport = backend_->config().hsts_seconds > 0 && tls_;
  edit.gzip = gzip_ != nullptr;
  context_.scratch.clear();
  rewrite_answer(bytes, head, edit, context_.scratch);
  if (!send_answer(context_.scratch, rest.substr(0, used), result == Body::Result::kDone)) return Then::kWait;
  server.consume(size + used);
  if (result == Body::Result::kDone) answer_body_.begin(Framing::kNone, 0);
  return Then::kGoOn;
}

// The server ended the connection before it answered.
HttpSession::Then HttpSession::answer_lost() {
  const std::shared_ptr<Server> server = server_->server;
  // A connection that had waited may have been closed for its age: that says nothing of the server, and is no
  // attempt that counts.
  const bool retried = attempts_ < backend_->config().retries || reused_;
  if (!kept_ || !retried) {
    fail(502, "SH", "server \"" + server->config.name + "\" ended the connection without an answer");
    return Then::kGoOn;
  }
  ++attempts_;
  ++server->counters.retries;
  ++backend_->counters.retries;
  const bool aged = reused_ && server->takes_requests();
  if (!aged) tried_ = server;
  drop_server();
  phase_ = Phase::kFinding;
  find_server(aged ? server.get() : nullptr);
  return Then::kGoOn;
}

void HttpSession::commit_request() {
  if (kept_) client_.consume(request_.size);
  kept_ = false;
}

HttpSession::Then HttpSession::finish_exchange() {
  Server& server = *server_->server;
  server.counters.count_answer(status_);
  ++server.counters.requests;
  if (answered_ != 0)
    for (Counters* counters : {&backend_->counters, &server.counters})
      counters->answer_time.add(answered_ - connected_);
  server.counters.total_time.add(context_.loop.now() - begun_);
  if (gzip_) {
    for (Counters* counters : {&frontend_->counters, &backend_->counters}) {
      counters->gzip_in += gzip_->bytes_in();
      counters->gzip_out += gzip_->bytes_out();
      ++counters->gzip_answers;
    }
  }
  write_log();
  if (reuse_ && server_->connection.input().empty()) {
    ServerConnection* connection = std::exchange(server_, nullptr);
    const std::shared_ptr<Server> peer = connection->server;
    connection->release(kPooledIdleMs);
    backend_->release(*peer);
  } else {
    drop_server();
  }
  end_request(keep_alive_);
  return Then::kGoOn;
}

void HttpSession::arm_exchange() {
  const bool client = client_.blocked() || (!request_done_ && !server_->connection.blocked());
  context_.loop.arm(*this, client ? context_.timeouts.client_ms : context_.timeouts.server_ms);
}

bool HttpSession::copy(Connection& from, Connection& to, uint64_t& count) {
  if (!to.flush()) return false;
  while (!to.blocked()) {
    if (from.input().empty()) {
      const Connection::Read result = from.read();
      if (result == Connection::Read::kFailed) return false;
      if (result == Connection::Read::kEnd) to.end_sending();
      if (result != Connection::Read::kSome) return true;
    }
    count += from.input().size();
    if (!to.send(from.input())) return false;
    from.consume(from.input().size());
  }
  return true;
}

void HttpSession::tunnel() {
  Connection& server = server_->connection;
  uint64_t in = 0;
  uint64_t out = 0;
  const bool good = copy(client_, server, in) && copy(server, client_, out);
  count_in(in);
  count_out(out);
  if (!good || (client_.ended() && server.ended() && !client_.blocked() && !server.blocked())) return leave();
  context_.loop.arm(*this, context_.tunnel_ms());
}

}  // namespace netmgr::lb
