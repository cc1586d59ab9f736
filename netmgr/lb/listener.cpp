#include "netmgr/lb/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "netmgr/lb/http_session.h"
#include "netmgr/lb/tcp_session.h"
#include "sys/error.h"

namespace netmgr::lb {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 64;  // then clients at hand get their turn

constexpr uint64_t kPauseMs = 100;

}  // namespace

void Listener::on_timeout() {
  resume();
}

void Listener::resume() {
  context_.loop.change(fd_.get(), EPOLLIN, *this);
}

Listener::Listener(SessionContext& context, const SocketAddress& bind, std::shared_ptr<Frontend> frontend)
    : context_(context),
      frontend_(std::move(frontend)),
      fd_(::socket(bind.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  const std::string name = bind.to_string();
  sys::check(fd_.get(), "socket", name);
  const int on = 1;
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sys::check(::bind(fd_.get(), bind.raw(), bind.size()), "bind", name);
  sys::check(::listen(fd_.get(), kBacklog), "listen", name);
  context_.loop.watch(fd_.get(), EPOLLIN, *this);
}

Listener::Listener(const Listener& other, std::shared_ptr<Frontend> frontend)
    : context_(other.context_), frontend_(std::move(frontend)), fd_(sys::dup(other.fd_.get())) {
  context_.loop.watch(fd_.get(), EPOLLIN, *this);
}

Listener::~Listener() {
  context_.loop.forget(fd_.get());
}

bool Listener::is_full() const {
  const unsigned own_limit = frontend_->config.max_connections;
  return context_.sessions.size() >= context_.max_connections ||
         (own_limit > 0 && frontend_->counters.sessions >= own_limit);
}

SocketAddress Listener::address() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size);
  return {storage, size};
}

void Listener::on_events(uint32_t /*events*/) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    if (is_full()) {
      // Asked again when a client has left; until then the kernel's queue holds them.
      context_.loop.change(fd_.get(), 0, *this);
      context_.full.push_back([this] {
        if (is_full()) return false;
        context_.loop.change(fd_.get(), EPOLLIN, *this);
        return true;
      });
      return;
    }
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    sys::Fd fd(
        ::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // Out of descriptors: the client stays in the kernel's queue, which would be told of without end.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        context_.loop.change(fd_.get(), 0, *this);
        context_.loop.arm(*this, kPauseMs);
      }
      return;
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (context_.keep_alive_probes) ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    const int raw = fd.get();
    const SocketAddress client(storage, size);
    Session* session = nullptr;
    if (frontend_->config.mode == Mode::kTcp)
      session = context_.loop.adopt(std::make_unique<TcpSession>(context_, frontend_, std::move(fd), client));
    else
      session =
          context_.loop.adopt(std::make_unique<HttpSession>(context_, frontend_, std::move(fd), client));
    // The first event is that it can be written to, at once.
    context_.loop.watch(raw, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, *session);
  }
}

}  // namespace netmgr::lb
