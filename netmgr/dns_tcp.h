#pragma once
// DNS over TCP (RFC 7766): clients' connections, and for names that are not ours a connection to an upstream
// for each question. Messages carry two bytes of length before them.
#include <vector>

#include "netmgr/dns_events.h"
#include "netmgr/dns_resolver.h"
#include "netmgr/dns_upstreams.h"
#include "sys/fd.h"

namespace netmgr::dns {

class TcpService {
 public:
  // `listener` is the server's.
  TcpService(Resolver& resolver, Upstreams& upstreams, int epoll, int listener)
      : resolver_(resolver), upstreams_(upstreams), epoll_(epoll), listener_(listener) {}

  void accept_clients();
  void on_client_event(const Tag& tag, uint32_t events);
  void on_exchange_event(const Tag& tag, uint32_t events);
  // Closes what has been quiet too long, fails over what waits. The next time this is needed, 0 when nothing
  // waits.
  Milliseconds expire(Milliseconds present);

 private:
  struct Client {
    sys::Fd fd;  // empty: the slot is free
    uint32_t generation = 0;
    std::vector<uint8_t> input;
    std::vector<uint8_t> output;
    size_t exchanges = 0;   // answers still to come
    bool finished = false;  // it sends no more
    Milliseconds deadline = 0;
  };
  struct Exchange {
    sys::Fd fd;  // empty: the slot is free
    uint32_t generation = 0;
    size_t client = 0;
    uint32_t client_generation = 0;
    uint16_t client_id = 0;
    std::vector<uint8_t> query;  // with length
    size_t sent = 0;
    std::vector<uint8_t> answer;
    Upstreams::Tried tried = 0;
    size_t upstream = 0;
    Milliseconds deadline = 0;
  };

  void read_client(size_t index);
  void take_message(size_t index, Bytes message);
  void queue(Client& client, Bytes message);
  void write_client(size_t index);
  void update_interest(size_t index);
  void close_client(size_t index);

  void forward(size_t client_index, Bytes message);
  void attempt(Exchange& exchange);
  bool write_query(Exchange& exchange);
  // False when the connection has failed.
  bool read_answer(Exchange& exchange, bool& complete);
  void finish(Exchange& exchange, std::span<uint8_t> message);
  Tag tag_of(const Exchange& exchange) const;

  Resolver& resolver_;
  Upstreams& upstreams_;
  int epoll_;
  int listener_;
  std::vector<Client> clients_;
  std::vector<Exchange> exchanges_;
  std::vector<uint8_t> buffer_;  // one message; only there once TCP is used
};

}  // namespace netmgr::dns
