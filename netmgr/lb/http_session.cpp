// The client's side of a session.
#include "netmgr/lb/http_session.h"

#include <array>

#include "netmgr/lb/error_page.h"
#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kLingerMs = 2000;  // for the client to read why it is refused

// Among what is behind the first `seen` bytes.
bool has_bare_line_feed(std::string_view bytes, size_t seen) {
  for (size_t at = bytes.find('\n', seen); at != std::string_view::npos; at = bytes.find('\n', at + 1))
    if (at == 0 || bytes[at - 1] != '\r') return true;
  return false;
}

bool is_idempotent(std::string_view method) {
  for (const std::string_view one : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == one) return true;
  return false;
}

// Within a connection that went over to HTTP/2 a client could ask for what no rule here has seen. A server
// may always stay with HTTP/1.1, so the wish is left out (RFC 9113 has done away with it).
bool names_http2(std::string_view upgrade) {
  bool names = false;
  each_item(upgrade, [&](std::string_view item) {
    names = names || equal_name(item, "h2c") || equal_name(item, "h2");
  });
  return names;
}

}  // namespace

void HttpSession::proceed() {
  drive();
}

void HttpSession::drive() {
  Then then = Then::kGoOn;
  while (!gone_ && then == Then::kGoOn) {
    if (!client_.flush()) return leave_early("CD");
    switch (phase_) {
      case Phase::kHead:
        then = read_request();
        break;
      case Phase::kFinding:
        return;
      case Phase::kExchange:
        if (!pump_request()) break;
        then = pump_answer();
        if (!gone_ && phase_ == Phase::kExchange) arm_exchange();
        break;
      case Phase::kTunnel:
        return tunnel();
      case Phase::kClosing:
        return linger();
    }
  }
}

HttpSession::Then HttpSession::read_request() {
  if (client_.blocked()) return Then::kWait;
  while (true) {
    // RFC 9112, 2.2: an empty line before a request is no error.
    while (client_.input().starts_with("\r\n")) {
      client_.consume(2);
      scanned_ = 0;
    }
    const std::string_view input = client_.input();
    const size_t seen = scanned_;
    const size_t size = head_size(input, scanned_);
    if (size > 0) {
      begin_request(size);
      return Then::kGoOn;
    }
    // Half of an empty line is none of a head.
    if (!input.empty() && input != "\r" && !started_) {
      reset_request();
      started_ = true;
      begun_ = context_.loop.now();
      context_.loop.arm(*this, context_.timeouts.request_ms);
    }
    if (has_bare_line_feed(input, seen)) {
      fail(400, "PR", "a line of the request does not end in CRLF");
      return Then::kGoOn;
    }
    switch (client_.read()) {
      case Connection::Read::kSome:
        break;
      case Connection::Read::kNothing:
        return Then::kWait;
      case Connection::Read::kFull:
        fail(431, "PR", "the head of the request is larger than 16 KiB");
        return Then::kGoOn;
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        if (started_) ++frontend_->counters.bad_requests;
        leave();
        return Then::kWait;
    }
  }
}

void HttpSession::reset_request() {
  request_ = {};
  request_done_ = answer_started_ = redispatched_ = false;
  request_bytes_ = 0;
  attempts_ = 0;
  tried_.reset();
  app_session_.clear();
  server_name_.clear();
  line_.clear();
  cookie_ = {};
  state_ = "--";
  status_ = 0;
  bytes_ = 0;
  begun_ = came_ = queued_ = chosen_ = connected_ = answered_ = 0;
  backend_.reset();
}

void HttpSession::set_under_way(bool under_way) {
  if (std::exchange(under_way_, under_way) == under_way) return;
  if (under_way)
    ++frontend_->counters.under_way;
  else
    --frontend_->counters.under_way;
}

void HttpSession::begin_request(size_t size) {
  const uint64_t now = context_.loop.now();
  if (!started_) {
    reset_request();
    begun_ = now;
  }
  started_ = false;
  scanned_ = 0;
  came_ = now;
  set_under_way(true);
  ++frontend_->counters.requests;
  frontend_->counters.request_rate.count(now);
  Head& head = context_.head;
  const std::string_view bytes = client_.input().substr(0, size);
  if (context_.access_log) line_.assign(bytes.substr(0, bytes.find('\r')));
  if (!parse_request(bytes, head)) return fail(head.error_status, "PR", head.error);
  request_.size = size;
  request_.framing = head.framing;
  request_.length = head.length;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.head_only = head.method == "HEAD";
  request_.post = head.method == "POST";
  request_.repeatable = head.framing == Framing::kNone && is_idempotent(head.method);
  request_.upgrade = head.connection_upgrade && !head.upgrade.empty() && head.minor == 1 &&
                     head.framing == Framing::kNone && !names_http2(head.upgrade);
  if (!route(head)) return;
  Server* const sticky = sticky_server(head);
  phase_ = Phase::kFinding;
  parsed_ = true;
  ++backend_->counters.requests;
  find_server(sticky);
  parsed_ = false;
}

void HttpSession::refused(unsigned status, const char* state, const std::string& why) {
  fail(status, state, why);
}

void HttpSession::fail(unsigned status, const char* state, const std::string& why) {
  if (state[0] == 'P')
    ++(status == 413 ? frontend_->counters.denied_requests : frontend_->counters.bad_requests);
  if (state[0] == 'S' && state[1] != 'C') ++backend_->counters.answer_errors;
  if (state[0] == 'S' && server_ != nullptr) ++server_->server->counters.answer_errors;
  state_ = state;
  if (answer_started_) return leave_early(state);  // a page cannot be told from the answer's rest
  status_ = status;
  const std::string page = error_page(status, why, request_.head_only);
  count_out(page.size());
  const bool sent = client_.send(page);
  write_log();
  drop_server();
  if (!sent) return leave();
  end_request(false);
}

// Its answer is sent, or waits to be.
void HttpSession::end_request(bool keep_alive) {
  set_under_way(false);
  frontend_->counters.count_answer(status_);
  if (backend_) {
    backend_->counters.count_answer(status_);
    if (counted_) backend_->counters.end_session();
    backend_->counters.total_time.add(context_.loop.now() - begun_);
  }
  counted_ = false;
  gzip_.reset();
  started_ = false;
  line_.clear();
  if (keep_alive && !context_.stopping) {
    phase_ = Phase::kHead;
    context_.loop.arm(*this, context_.timeouts.keep_alive_ms);
  } else {
    phase_ = Phase::kClosing;
    context_.loop.arm(*this, context_.timeouts.client_ms);
  }
}

// A close while the client's bytes are unread would reset the connection, and with it what it has not read
// yet.
void HttpSession::linger() {
  if (client_.blocked()) return;
  if (!shut_) {
    shut_ = true;
    client_.end_sending();
    context_.loop.arm(*this, kLingerMs);
  }
  while (true) {
    client_.consume(client_.input().size());
    switch (client_.read()) {
      case Connection::Read::kSome:
      case Connection::Read::kFull:
        break;
      case Connection::Read::kNothing:
        return;
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        return leave();
    }
  }
}

// In the middle of an exchange.
void HttpSession::leave_early(const char* state) {
  if (phase_ == Phase::kExchange || phase_ == Phase::kTunnel) {
    state_ = state;
    const bool client = state[0] == 'C' || state[0] == 'c';
    for (Counters* counters :
         {&backend_->counters, server_ != nullptr ? &server_->server->counters : nullptr})
      if (counters != nullptr) ++(client ? counters->client_aborts : counters->server_aborts);
    if (phase_ == Phase::kExchange) write_log();
  }
  leave();
}

void HttpSession::leave_if_idle() {
  if (phase_ == Phase::kHead && client_.input().empty() && !client_.blocked()) leave();
}

void HttpSession::timed_out() {
  switch (phase_) {
    case Phase::kHead:
      if (!started_) return leave();
      fail(408, "cR", "the request did not come in time");
      break;
    case Phase::kFinding:
      break;
    case Phase::kExchange:
      if (client_.blocked()) return leave_early("cD");
      if (!request_done_ && !server_->connection.blocked())
        fail(408, "cD", "the rest of the request did not come in time");
      else
        fail(504, answer_started_ ? "sD" : "sH", "the server did not answer in time");
      break;
    case Phase::kTunnel:
    case Phase::kClosing:
      return leave();
  }
  drive();
}

void HttpSession::count_in(uint64_t bytes) {
  server_->server->counters.bytes_in += bytes;
  // What is sent once more has come once.
  if (kept_ && std::exchange(request_.sent, true)) return;
  frontend_->counters.bytes_in += bytes;
  backend_->counters.bytes_in += bytes;
}

void HttpSession::count_out(uint64_t bytes) {
  bytes_ += bytes;
  frontend_->counters.bytes_out += bytes;
  if (backend_) backend_->counters.bytes_out += bytes;
  if (server_ != nullptr) server_->server->counters.bytes_out += bytes;
}

void HttpSession::write_log() {
  if (!context_.access_log) return;
  LogEntry entry = log_entry();
  const auto since = [](uint64_t from, uint64_t to) {
    return from == 0 || to == 0 ? kNoTime : static_cast<int64_t>(to - from);
  };
  const std::string client = client_address_.to_string();
  entry.client = client;
  entry.request_ms = since(begun_, came_);
  entry.answer_ms = since(connected_, answered_);
  entry.status = status_ == 0 ? -1 : static_cast<int>(status_);
  const std::array<char, 4> state = {state_[0], state_[1], cookie_.seen, cookie_.set};
  entry.state = {state.data(), state.size()};
  entry.line = line_.empty() ? std::string_view("<BADREQ>") : std::string_view(line_);
  context_.log.http(entry);
}

}  // namespace netmgr::lb
