#pragma once
// One TCP connection of the balancer, to a client or a server: what arrived and is not used yet, and what
// could not be sent yet. Reading takes a block of memory from a shared pool and gives it back when all was
// used, so a connection that waits costs none.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "netmgr/lb/tls.h"
#include "sys/fd.h"

namespace netmgr::lb {

// Also the most that a head may take.
constexpr size_t kBlockSize = 16 * 1024;

class Connection {
 public:
  enum class Read { kSome, kNothing, kEnd, kFailed, kFull };

  Connection() = default;
  explicit Connection(sys::Fd fd) : fd_(std::move(fd)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  int fd() const { return fd_.get(); }
  bool open() const { return static_cast<bool>(fd_); }
  void close();
  // From now on everything is within TLS; the handshake is made by reading.
  void secure(TlsSession session) { tls_ = std::move(session); }
  bool secured() const { return tls_ != nullptr; }
  bool handshake_failed() const { return handshake_failed_; }
  // Nothing more is sent: the peer reads an end.
  void end_sending();

  // Edges of epoll: to be told of every event.
  void note(uint32_t events);
  bool readable() const { return readable_; }
  bool hung_up() const { return hung_up_; }
  bool broken() const { return broken_; }  // reset: neither side says anything more
  // For who reads and writes the socket itself.
  void found_empty() { readable_ = false; }
  void found_ended() { readable_ = false, ended_ = true; }
  bool ended() const { return ended_; }  // the peer has sent all it will

  // Reads once, behind what is there. kFull: no room; something must be consumed first.
  Read read();
  std::string_view input() const { return {block_ + begin_, end_ - begin_}; }
  void consume(size_t size);
  // The first `size` bytes of the input become others. False: there is no room for them.
  bool replace(size_t size, std::string_view bytes);

  // Sends both, keeping what the socket does not take. False: the connection is broken.
  bool send(std::string_view first, std::string_view second = {});
  // What was kept; true when nothing fails.
  bool flush();
  bool blocked() const { return !pending_.empty(); }

 private:
  void release();
  Read read_tls(size_t room);
  // How many were taken; below zero: broken.
  ssize_t send_tls(std::string_view bytes);

  sys::Fd fd_;
  TlsSession tls_;
  bool handshake_failed_ = false;
  bool readable_ = false;
  bool writable_ = true;
  bool ended_ = false;
  bool broken_ = false;
  bool hung_up_ = false;  // an end of file or an error waits behind the bytes
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  char* block_ = nullptr;
  std::string pending_;
};

}  // namespace netmgr::lb
