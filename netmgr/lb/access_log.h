#pragma once
// The access log: a line for each request, or TCP connection, in HAProxy's formats (configuration.txt of
// HAProxy 2.6, 8.2.3 and 8.2.2). Lines go to a descriptor, whose reader may be slow or gone: what cannot be
// written waits, and more than a megabyte of it is lost, counted. They also go, or only, to a syslog server
// by UDP, in the form of RFC 3164 without a host name as HAProxy's: requests as local0.info, what happens to
// servers as local1.notice and local1.alert.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "netmgr/lb/socket_address.h"
#include "sys/fd.h"

namespace netmgr::lb {

struct LogCounts {
  uint64_t all = 0;  // connections of the balancer, the frontend, the backend, the server
  uint64_t frontend = 0;
  uint64_t backend = 0;
  uint64_t server = 0;
  unsigned retries = 0;
  bool redispatched = false;
  uint64_t server_queue = 0;
  uint64_t backend_queue = 0;
};

constexpr int64_t kNoTime = -1;

struct LogEntry {
  std::string_view client;  // address:port
  int64_t accepted_ms = 0;  // since 1970
  std::string_view frontend;
  bool tls = false;
  std::string_view backend;
  std::string_view server;     // or <NOSRV>
  int64_t request_ms = 0;      // TR: until the request was there; HTTP only
  int64_t queue_ms = kNoTime;  // Tw
  int64_t connect_ms = kNoTime;
  int64_t answer_ms = kNoTime;  // Tr; HTTP only
  int64_t total_ms = 0;         // Ta, or Tt of TCP
  int status = 0;               // HTTP only
  uint64_t bytes = 0;           // to the client
  std::string_view state;       // how it ended: two letters, with HTTP's cookies four
  LogCounts counts;
  std::string_view line;  // of the request
};

class AccessLog {
 public:
  // Standard output.
  AccessLog();
  // `may_wait`: writing to it waits when there is no room.
  explicit AccessLog(sys::Fd fd, bool may_wait = false) : fd_(std::move(fd)), may_wait_(may_wait) {}
  // Where lines go from now on.
  void use(bool output, const std::optional<SocketAddress>& syslog);
  void http(const LogEntry& entry);
  void tcp(const LogEntry& entry);
  // To the syslog server, if there is one.
  void tell(const std::string& text, bool alert);
  void flush();
  uint64_t lost() const { return lost_; }

 private:
  void begin(const LogEntry& entry);
  void counts(const LogEntry& entry);
  void end(size_t start);
  void write_some();
  void send_to_syslog(unsigned priority, std::string_view line);

  sys::Fd fd_;
  bool may_wait_ = false;  // writing more than there is room for would
  bool output_ = true;
  std::optional<SocketAddress> syslog_;
  sys::Fd syslog_fd_;
  std::string text_;
  uint64_t lost_ = 0;
  int64_t stamp_second_ = -1;
  std::string stamp_;
};

}  // namespace netmgr::lb
