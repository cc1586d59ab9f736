#include "netmgr/dns_tcp.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace netmgr::dns {
namespace {

constexpr size_t kMaxClients = 32;
constexpr size_t kMaxExchanges = 64;
constexpr size_t kLengthSize = 2;
constexpr size_t kMaxQuestion = 4096;      // over this a client is up to no good
constexpr size_t kMaxOutput = 256 * 1024;  // that a client leaves unread
constexpr Milliseconds kClientIdle = 10'000;
constexpr Milliseconds kAttempt = 3000;

size_t length_at(Bytes bytes) {
  return static_cast<size_t>(bytes[0] << 8 | bytes[1]);
}

void append_message(std::vector<uint8_t>& out, Bytes message) {
  out.push_back(static_cast<uint8_t>(message.size() >> 8));
  out.push_back(static_cast<uint8_t>(message.size()));
  out.insert(out.end(), message.begin(), message.end());
}

bool would_block() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

void TcpService::accept_clients() {
  while (true) {
    sys::Fd fd(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    size_t index = 0;
    while (index < clients_.size() && clients_[index].fd) ++index;
    if (index == kMaxClients) continue;  // closes it
    if (index == clients_.size()) clients_.emplace_back();
    Client& client = clients_[index];
    client.generation = (client.generation + 1) & 0xffffff;
    client.input.clear();
    client.output.clear();
    client.exchanges = 0;
    client.finished = false;
    client.deadline = now() + kClientIdle;
    const Tag tag{Source::kClient, client.generation, static_cast<uint32_t>(index)};
    if (watch(epoll_, EPOLL_CTL_ADD, fd.get(), EPOLLIN, tag)) client.fd = std::move(fd);
  }
}

void TcpService::on_client_event(const Tag& tag, uint32_t events) {
  if (tag.index >= clients_.size()) return;
  const Client& client = clients_[tag.index];
  if (!client.fd || client.generation != tag.generation) return;
  if ((events & EPOLLERR) != 0) return close_client(tag.index);
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) read_client(tag.index);
  if (clients_[tag.index].fd) write_client(tag.index);
}

void TcpService::read_client(size_t index) {
  Client& client = clients_[index];
  std::array<uint8_t, 4096> bytes;
  const ssize_t size = ::recv(client.fd.get(), bytes.data(), bytes.size(), 0);
  if (size < 0 && would_block()) return;
  if (size < 0) return close_client(index);
  if (size == 0) client.finished = true;
  client.deadline = now() + kClientIdle;
  client.input.insert(client.input.end(), bytes.begin(), bytes.begin() + size);

  size_t used = 0;
  while (client.input.size() - used >= kLengthSize) {
    const Bytes rest = Bytes(client.input).subspan(used);
    const size_t length = length_at(rest);
    if (length > kMaxQuestion) return close_client(index);
    if (rest.size() < kLengthSize + length) break;
    take_message(index, rest.subspan(kLengthSize, length));
    used += kLengthSize + length;
  }
  client.input.erase(client.input.begin(), client.input.begin() + static_cast<ptrdiff_t>(used));
}

void TcpService::take_message(size_t index, Bytes message) {
  buffer_.resize(kMaxMessageSize);
  size_t size = 0;
  switch (resolver_.resolve(message, Transport::kTcp, buffer_, size)) {
    case Resolver::Outcome::kAnswered:
      queue(clients_[index], Bytes(buffer_).first(size));
      break;
    case Resolver::Outcome::kForward:
      forward(index, message);
      break;
    case Resolver::Outcome::kDrop:
      break;
  }
}

void TcpService::queue(Client& client, Bytes message) {
  if (client.output.size() < kMaxOutput) append_message(client.output, message);
}

void TcpService::write_client(size_t index) {
  Client& client = clients_[index];
  if (!client.output.empty()) {
    const ssize_t size = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
    if (size < 0 && !would_block()) return close_client(index);
    if (size > 0) client.output.erase(client.output.begin(), client.output.begin() + size);
  }
  if (client.finished && client.output.empty() && client.exchanges == 0) return close_client(index);
  update_interest(index);
}

void TcpService::update_interest(size_t index) {
  const Client& client = clients_[index];
  uint32_t events = 0;
  if (!client.finished && client.output.size() < kMaxOutput) events |= EPOLLIN;
  if (!client.output.empty()) events |= EPOLLOUT;
  watch(epoll_, EPOLL_CTL_MOD, client.fd.get(), events,
        {Source::kClient, client.generation, static_cast<uint32_t>(index)});
}

void TcpService::close_client(size_t index) {
  clients_[index].fd.reset();
  clients_[index].input = {};
  clients_[index].output = {};
}

Tag TcpService::tag_of(const Exchange& exchange) const {
  return {Source::kExchange, exchange.generation, static_cast<uint32_t>(&exchange - exchanges_.data())};
}

void TcpService::forward(size_t client_index, Bytes message) {
  size_t index = 0;
  while (index < exchanges_.size() && exchanges_[index].fd) ++index;
  if (index == kMaxExchanges) {
    const size_t size = Resolver::write_failure(message, buffer_);
    return queue(clients_[client_index], Bytes(buffer_).first(size));
  }
  if (index == exchanges_.size()) exchanges_.emplace_back();
  Exchange& exchange = exchanges_[index];
  exchange.client = client_index;
  exchange.client_generation = clients_[client_index].generation;
  exchange.client_id = id_of(message);
  exchange.query.clear();
  append_message(exchange.query, message);
  exchange.tried = 0;
  ++clients_[client_index].exchanges;
  attempt(exchange);
}

void TcpService::attempt(Exchange& exchange) {
  exchange.fd.reset();
  while (const std::optional<size_t> upstream = upstreams_.next(exchange.tried)) {
    exchange.tried |= Upstreams::Tried{1} << *upstream;
    exchange.upstream = *upstream;
    exchange.generation = (exchange.generation + 1) & 0xffffff;
    exchange.sent = 0;
    exchange.answer.clear();
    exchange.deadline = now() + kAttempt;
    set_id(std::span(exchange.query).subspan(kLengthSize), random_id());
    exchange.fd = upstreams_.connect(*upstream, SOCK_STREAM);
    if (exchange.fd && watch(epoll_, EPOLL_CTL_ADD, exchange.fd.get(), EPOLLIN | EPOLLOUT, tag_of(exchange)))
      return;
    exchange.fd.reset();
  }
  const std::span<uint8_t> question = std::span(exchange.query).subspan(kLengthSize);
  std::array<uint8_t, kClassicUdpSize> failure;
  const size_t size = Resolver::write_failure(question, failure);
  finish(exchange, std::span(failure).first(size));
}

void TcpService::on_exchange_event(const Tag& tag, uint32_t events) {
  if (tag.index >= exchanges_.size()) return;
  Exchange& exchange = exchanges_[tag.index];
  if (!exchange.fd || exchange.generation != tag.generation) return;
  bool complete = false;
  const bool works = (events & EPOLLERR) == 0 && write_query(exchange) && read_answer(exchange, complete);
  if (!works) {
    upstreams_.mark_silent(exchange.upstream);
    return attempt(exchange);
  }
  if (!complete) return;
  const std::span<uint8_t> answer = std::span(exchange.answer).subspan(kLengthSize);
  if (!answers(answer, Bytes(exchange.query).subspan(kLengthSize))) return attempt(exchange);
  upstreams_.mark_answering(exchange.upstream);
  finish(exchange, answer);
}

bool TcpService::write_query(Exchange& exchange) {
  if (exchange.sent == exchange.query.size()) return true;
  const ssize_t size = ::send(exchange.fd.get(), exchange.query.data() + exchange.sent,
                              exchange.query.size() - exchange.sent, MSG_NOSIGNAL);
  if (size < 0) return would_block();
  exchange.sent += static_cast<size_t>(size);
  if (exchange.sent < exchange.query.size()) return true;
  return watch(epoll_, EPOLL_CTL_MOD, exchange.fd.get(), EPOLLIN, tag_of(exchange));
}

bool TcpService::read_answer(Exchange& exchange, bool& complete) {
  std::array<uint8_t, 4096> bytes;
  const ssize_t size = ::recv(exchange.fd.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return would_block();
  if (size == 0) return false;
  exchange.answer.insert(exchange.answer.end(), bytes.begin(), bytes.begin() + size);
  if (exchange.answer.size() < kLengthSize) return true;
  const size_t whole = kLengthSize + length_at(exchange.answer);
  if (exchange.answer.size() < whole) return true;
  exchange.answer.resize(whole);
  complete = true;
  return true;
}

void TcpService::finish(Exchange& exchange, std::span<uint8_t> message) {
  exchange.fd.reset();
  Client& client = clients_[exchange.client];
  if (!client.fd || client.generation != exchange.client_generation) return;
  set_id(message, exchange.client_id);
  --client.exchanges;
  queue(client, message);
  update_interest(exchange.client);
}

Milliseconds TcpService::expire(Milliseconds present) {
  Milliseconds next = 0;
  const auto consider = [&](Milliseconds deadline) {
    if (next == 0 || deadline < next) next = deadline;
  };
  for (Exchange& exchange : exchanges_) {
    if (exchange.fd && exchange.deadline <= present) {
      upstreams_.mark_silent(exchange.upstream);
      attempt(exchange);
    }
    if (exchange.fd) consider(exchange.deadline);
  }
  for (size_t index = 0; index < clients_.size(); ++index) {
    Client& client = clients_[index];
    if (client.fd && client.deadline <= present && client.exchanges == 0) close_client(index);
    if (client.fd) consider(std::max(client.deadline, present + 1));
  }
  return next;
}

}  // namespace netmgr::dns
