#include "netmgr/lb/http_session.h"

#include <sys/socket.h>

#include <ctime>

#include "netmgr/lb/error_page.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kLingerMs = 2000;  // for the client to read why it is refused

bool has_bare_line_feed(std::string_view bytes) {
  for (size_t at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1))
    if (at == 0 || bytes[at - 1] != '\r') return true;
  return false;
}

bool is_idempotent(std::string_view method) {
  for (const std::string_view one : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == one) return true;
  return false;
}

}  // namespace

HttpSession::HttpSession(SessionContext& context, std::shared_ptr<Frontend> frontend, sys::Fd fd,
                         const SocketAddress& client)
    : context_(context),
      frontend_(std::move(frontend)),
      client_(std::move(fd)),
      address_(client.host()),
      hash_(client.hash()) {
  context_.sessions.insert(this);
  context_.loop.arm(*this, context_.timeouts.request_ms);
}

void HttpSession::on_events(uint32_t events) {
  if (gone_) return;
  client_.note(events);
  if (phase_ == Phase::kConnecting) finish_connecting();
  drive();
}

void HttpSession::drive() {
  Then then = Then::kGoOn;
  while (!gone_ && then == Then::kGoOn) {
    if (!client_.flush()) return leave();
    switch (phase_) {
      case Phase::kHead:
        then = read_request();
        break;
      case Phase::kConnecting:
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
    if (!input.empty() && !started_) {
      started_ = true;
      begun_ = context_.loop.now();
      context_.loop.arm(*this, context_.timeouts.request_ms);
    }
    if (has_bare_line_feed(input.substr(seen > 0 ? seen - 1 : 0))) {
      fail(400, "a line of the request does not end in CRLF");
      return Then::kGoOn;
    }
    switch (client_.read()) {
      case Connection::Read::kSome:
        break;
      case Connection::Read::kNothing:
        return Then::kWait;
      case Connection::Read::kFull:
        fail(431, "the head of the request is larger than 16 KiB");
        return Then::kGoOn;
      case Connection::Read::kEnd:
      case Connection::Read::kFailed:
        leave();
        return Then::kWait;
    }
  }
}

void HttpSession::begin_request(size_t size) {
  ++frontend_->requests;
  if (!started_) begun_ = context_.loop.now();
  started_ = false;
  scanned_ = 0;
  Head& head = context_.head;
  request_ = {};
  request_done_ = false;
  answer_started_ = false;
  attempts_ = 0;
  tried_.reset();
  status_ = 0;
  bytes_ = 0;
  connected_ = answered_ = 0;
  const std::string_view bytes = client_.input().substr(0, size);
  if (context_.access_log) {
    line_.assign(bytes.substr(0, bytes.find('\r')));
    server_name_ = "<NOSRV>";
  }
  backend_ = frontend_->backend;
  if (!parse_request(bytes, head)) return fail(head.error_status, head.error);
  request_.size = size;
  request_.framing = head.framing;
  request_.length = head.length;
  request_.minor = head.minor;
  request_.keep_alive = head.keep_alive;
  request_.head_only = head.method == "HEAD";
  request_.repeatable = head.framing == Framing::kNone && is_idempotent(head.method);
  request_.upgrade =
      head.connection_upgrade && !head.upgrade.empty() && head.minor == 1 && head.framing == Framing::kNone;
  connect(true);
}

void HttpSession::fail(unsigned status, const std::string& why) {
  drop_server();
  if (answer_started_) return leave();  // a page cannot be told from the answer's rest
  status_ = status;
  log(status);
  if (!client_.send(error_page(status, why, request_.head_only))) return leave();
  phase_ = Phase::kClosing;
  context_.loop.arm(*this, context_.timeouts.client_ms);
}

// A close while the client's bytes are unread would reset the connection, and with it what it has not read
// yet.
void HttpSession::linger() {
  if (client_.blocked()) return;
  if (!shut_) {
    shut_ = true;
    ::shutdown(client_.fd(), SHUT_WR);
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

void HttpSession::leave() {
  if (gone_) return;
  gone_ = true;
  drop_server();
  client_.close();
  context_.sessions.erase(this);
  context_.loop.retire(this);
}

void HttpSession::leave_if_idle() {
  if (phase_ == Phase::kHead && client_.input().empty() && !client_.blocked()) leave();
}

void HttpSession::on_timeout() {
  switch (phase_) {
    case Phase::kHead:
      if (!started_) return leave();
      fail(408, "the request did not come in time");
      break;
    case Phase::kConnecting:
      connection_failed("did not accept a connection in time");
      break;
    case Phase::kExchange:
      if (client_.blocked()) return leave();
      if (!request_done_ && !server_->connection.blocked())
        fail(408, "the rest of the request did not come in time");
      else
        fail(504, "the server did not answer in time");
      break;
    case Phase::kTunnel:
    case Phase::kClosing:
      return leave();
  }
  drive();
}

// HAProxy's HTTP format: client [time] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes - - ---- counts
// "line".
void HttpSession::log(unsigned status) {
  if (!context_.access_log) return;
  const uint64_t now = context_.loop.now();
  const std::time_t time = std::time(nullptr);
  tm parts{};
  ::gmtime_r(&time, &parts);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%d/%b/%Y:%H:%M:%S", &parts);
  const auto since = [](uint64_t from, uint64_t to) {
    return from == 0 || to == 0 ? std::string("-1") : std::to_string(to - from);
  };
  std::string& out = context_.log;
  out.append(address_).append(" [").append(stamp).append("] ").append(frontend_->name).append(" ");
  out.append(backend_ ? backend_->config().name : frontend_->name).append("/").append(server_name_);
  out.append(" 0/0/").append(since(begun_, connected_)).append("/").append(since(connected_, answered_));
  out.append("/").append(since(begun_, now)).append(" ").append(std::to_string(status)).append(" ");
  out.append(std::to_string(bytes_)).append(" - - ---- ").append(std::to_string(context_.sessions.size()));
  out.append("/0/0/0/").append(std::to_string(attempts_)).append(" 0/0 \"");
  for (const char c : line_) out.push_back(c < 0x20 || c == 0x7f || c == '"' ? '?' : c);
  out.append("\"\n");
  line_.clear();
}

}  // namespace netmgr::lb
