#include "netmgr/lb/session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "netmgr/lb/proxy_protocol.h"

namespace netmgr::lb {
namespace {

constexpr uint64_t kAvoidMs = 1000;  // a server after a failed connection
constexpr uint64_t kPauseMs = 1000;  // before the same server is tried again

int64_t wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Session::Session(SessionContext& context, std::shared_ptr<Frontend> frontend, sys::Fd fd,
                 const SocketAddress& client)
    : context_(context), frontend_(std::move(frontend)), client_(std::move(fd)), client_address_(client) {
  accepted_ = context_.loop.now();
  context_.sessions.insert(this);
  frontend_->counters.begin_session(accepted_);
  context_.loop.arm(*this, context_.timeouts.request_ms);
  address_ = client.host();
  hash_ = client.hash();
  if (frontend_->config.accept_proxy) return;
  client_is_known();
}

Session::~Session() {
  // The loop ends with sessions in it.
  if (backend_) backend_->forget(*this);
}

void Session::client_is_known() {
  known_ = true;
  if (frontend_->tls) {
    tls_ = frontend_->tls;
    client_.secure(tls_->open(client_.fd()));
  }
}

// What follows it stays in the socket, as it may be TLS. False: it has not come whole, or the session is
// over.
bool Session::read_proxy_header() {
  std::array<char, kMostProxyHeader> bytes{};
  const ssize_t size = ::recv(client_.fd(), bytes.data(), bytes.size(), MSG_PEEK);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (size <= 0) return leave(), false;
  const ProxyHeader header = lb::read_proxy_header({bytes.data(), static_cast<size_t>(size)});
  if (header.result == ProxyHeader::Result::kMore && !client_.hung_up()) return false;
  if (header.result != ProxyHeader::Result::kGood) {
    ++frontend_->counters.bad_requests;
    return leave(), false;
  }
  if (::recv(client_.fd(), bytes.data(), header.size, 0) != static_cast<ssize_t>(header.size))
    return leave(), false;
  if (header.client) {
    client_address_ = *header.client;
    address_ = client_address_.host();
    hash_ = client_address_.hash();
  }
  client_is_known();
  return true;
}

void Session::on_events(uint32_t events) {
  if (gone_) return;
  client_.note(events);
  if (client_.broken()) return client_lost();
  if (!known_) {
    if (!read_proxy_header()) return;
    begin();
    if (gone_) return;
  }
  if (finding_ == Finding::kQueued) {
    if (granted) {
      chosen_ = context_.loop.now();
      finding_ = Finding::kNo;
      use(std::exchange(granted, nullptr));
    } else if (client_.hung_up() && backend_->config().abort_on_close) {
      state_ = "CQ";
      ++backend_->counters.client_aborts;
      backend_->forget(*this);
      finding_ = Finding::kNo;
      write_log();
      return leave();
    } else {
      return;
    }
  }
  if (finding_ == Finding::kConnecting) finish_connecting();
  if (gone_ || finding_ != Finding::kNo) return;
  proceed();
}

void Session::on_timeout() {
  if (gone_) return;
  if (!known_) return leave();
  switch (finding_) {
    case Finding::kNo:
      return timed_out();
    case Finding::kQueued:
      backend_->forget(*this);
      finding_ = Finding::kNo;
      refused(503, "sQ", "all servers of \"" + backend_->config().name + "\" are busy");
      break;
    case Finding::kPaused:
      finding_ = Finding::kNo;
      // It may have gone while it was waited for.
      if (!tried_->takes_requests()) {
        find_server(nullptr);
        break;
      }
      backend_->take(*tried_);
      connect(tried_);
      break;
    case Finding::kConnecting:
      connection_failed("did not accept a connection in time", "sC");
      break;
  }
  if (!gone_ && finding_ == Finding::kNo) proceed();
}

void Session::find_server(Server* sticky) {
  sticky_ = sticky;
  if (queued_ == 0) queued_ = context_.loop.now();
  if (!counted_) backend_->counters.begin_session(queued_);
  counted_ = true;
  Backend::Choice choice = backend_->choose(hash_, sticky, tried_.get());
  if (choice.server) {
    chosen_ = context_.loop.now();
    backend_->take(*choice.server);
    return use(std::move(choice.server));
  }
  if (!choice.full) {
    return refused(503, "SC", "no server of \"" + backend_->config().name + "\" is there to take requests");
  }
  finding_ = Finding::kQueued;
  backend_->enqueue(*this, choice.wanted);
  const Timeouts& timeouts = context_.timeouts;
  context_.loop.arm(*this, timeouts.queue_ms > 0 ? timeouts.queue_ms : timeouts.connect_ms);
}

// Its place is taken.
void Session::use(std::shared_ptr<Server> server) {
  if (context_.access_log) server_name_ = server->config.name;
  reused_ = false;
  if (server->idle.empty() || attempts_ > 0 || !may_reuse()) return connect(std::move(server));
  reused_ = true;
  server_ = server->idle.back();
  server->idle.pop_back();
  EventLoop::disarm(*server_);
  server_->user = this;
  ++server->counters.reuses;
  ++backend_->counters.reuses;
  found();
}

void Session::connect(std::shared_ptr<Server> server) {
  const SocketAddress& address = server->config.address;
  sys::Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) {
    backend_->release(*server);
    return refused(503, "RC", "there are no more sockets to reach a server with");
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (backend_->config().keep_alive_probes) ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const int raw = fd.get();
  const bool failed = ::connect(raw, address.raw(), address.size()) != 0 && errno != EINPROGRESS;
  ++server->counters.connects;
  ++backend_->counters.connects;
  server_ = context_.loop.adopt(
      std::make_unique<ServerConnection>(context_.loop, std::move(server), std::move(fd)));
  server_->user = this;
  finding_ = Finding::kConnecting;
  if (failed) return connection_failed("does not accept connections", "SC");
  context_.loop.watch(raw, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *server_);
  context_.loop.arm(*this, context_.timeouts.connect_ms);
}

void Session::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(server_->connection.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return connection_failed("does not accept connections", "SC");
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  // An event of the client may come before the connection is there.
  if (::getpeername(server_->connection.fd(), reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) return;
  if (const unsigned version = server_->server->config.send_proxy; version > 0) {
    sockaddr_storage here{};
    socklen_t here_size = sizeof here;
    ::getsockname(client_.fd(), reinterpret_cast<sockaddr*>(&here), &here_size);
    server_->connection.send(write_proxy_header(version, client_address_, {here, here_size}));
  }
  found();
}

void Session::found() {
  finding_ = Finding::kNo;
  connected_ = context_.loop.now();
  for (Counters* counters : {&backend_->counters, &server_->server->counters}) {
    counters->queue_time.add(chosen_ - queued_);
    counters->connect_time.add(connected_ - chosen_);
  }
  server_found();
}

void Session::connection_failed(const std::string& why, const char* state) {
  tried_ = server_->server;
  ++tried_->counters.connect_errors;
  ++backend_->counters.connect_errors;
  tried_->avoid_until = context_.loop.now() + kAvoidMs;
  drop_server();
  finding_ = Finding::kNo;
  if (attempts_ >= backend_->config().retries)
    return refused(503, state, "server \"" + tried_->config.name + "\" " + why);
  ++attempts_;
  ++tried_->counters.retries;
  ++backend_->counters.retries;
  // One that has gone meanwhile cannot be tried again.
  if (!backend_->config().redispatch && tried_->takes_requests()) {
    finding_ = Finding::kPaused;
    return context_.loop.arm(*this, std::min(kPauseMs, context_.timeouts.connect_ms));
  }
  redispatched_ = true;
  ++tried_->counters.redispatches;
  ++backend_->counters.redispatches;
  find_server(nullptr);
}

void Session::drop_server() {
  if (server_ == nullptr) return;
  ServerConnection* server = std::exchange(server_, nullptr);
  const std::shared_ptr<Server> peer = server->server;
  server->discard();
  backend_->release(*peer);
}

void Session::leave() {
  if (gone_) return;
  gone_ = true;
  drop_server();
  if (backend_) backend_->forget(*this);
  if (backend_ && counted_) backend_->counters.end_session();
  counted_ = false;
  finding_ = Finding::kNo;
  if (client_.handshake_failed()) ++frontend_->counters.tls_failures;
  frontend_->counters.end_session();
  client_.close();
  context_.sessions.erase(this);
  context_.loop.retire(this);
}

LogEntry Session::log_entry() const {
  LogEntry entry;
  const uint64_t now = context_.loop.now();
  const auto since = [](uint64_t from, uint64_t to) {
    return from == 0 || to == 0 ? kNoTime : static_cast<int64_t>(to - from);
  };
  const uint64_t start = begun_ != 0 ? begun_ : accepted_;
  entry.accepted_ms = wall_clock() - static_cast<int64_t>(now - start);
  entry.frontend = frontend_->config.name;
  entry.tls = tls_ != nullptr;
  entry.backend = backend_ ? std::string_view(backend_->config().name) : entry.frontend;
  entry.server = server_name_.empty() ? std::string_view("<NOSRV>") : std::string_view(server_name_);
  entry.queue_ms = since(queued_, chosen_);
  entry.connect_ms = since(chosen_, connected_);
  entry.total_ms = static_cast<int64_t>(now - start);
  entry.bytes = bytes_;
  entry.state = state_;
  entry.counts.all = context_.sessions.size();
  entry.counts.frontend = frontend_->counters.sessions;
  entry.counts.backend = backend_ ? backend_->counters.sessions : 0;
  entry.counts.server = server_ != nullptr ? server_->server->active : 0;
  entry.counts.retries = attempts_;
  entry.counts.redispatched = redispatched_;
  entry.counts.backend_queue = backend_ ? backend_->counters.queued : 0;
  return entry;
}

}  // namespace netmgr::lb
