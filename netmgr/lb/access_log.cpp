#include "netmgr/lb/access_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <ctime>

namespace netmgr::lb {
namespace {

constexpr size_t kMostWaiting = 1024 * 1024;
constexpr size_t kMostSyslog = 1024;  // of a message (RFC 3164, 4.1)
// Facility times 8 and severity: local0.info, local1.alert, local1.notice.
constexpr unsigned kRequest = 16 * 8 + 6;
constexpr unsigned kAlert = 17 * 8 + 1;
constexpr unsigned kNotice = 17 * 8 + 5;

template <typename Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// Without waiting for its reader. An opening of its own, as the flag would hold for all who share this one.
sys::Fd own_output() {
  return sys::Fd(::open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

AccessLog::AccessLog() : fd_(own_output()) {
  // A socket cannot be opened so, nor what is another user's.
  may_wait_ = !fd_;
  if (!fd_) fd_.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
}

void AccessLog::begin(const LogEntry& entry) {
  const int64_t second = entry.accepted_ms / 1000;
  if (second != stamp_second_) {
    const auto time = static_cast<std::time_t>(second);
    tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 32> stamp{};
    const size_t size = std::strftime(stamp.data(), stamp.size(), "%d/%b/%Y:%H:%M:%S", &parts);
    stamp_.assign(stamp.data(), size);
    stamp_second_ = second;
  }
  text_.append(entry.client).append(" [").append(stamp_).append(".");
  const int64_t milliseconds = entry.accepted_ms % 1000;
  text_.append(milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : "");
  append_number(text_, milliseconds);
  text_.append("] ").append(entry.frontend).append(entry.tls ? "~ " : " ");
  text_.append(entry.backend).append("/").append(entry.server).append(" ");
}

void AccessLog::counts(const LogEntry& entry) {
  const LogCounts& counts = entry.counts;
  for (const uint64_t number : {counts.all, counts.frontend, counts.backend, counts.server}) {
    append_number(text_, number);
    text_ += '/';
  }
  if (counts.redispatched) text_ += '+';
  append_number(text_, counts.retries);
  text_ += ' ';
  append_number(text_, counts.server_queue);
  text_ += '/';
  append_number(text_, counts.backend_queue);
}

void AccessLog::http(const LogEntry& entry) {
  const size_t start = text_.size();
  begin(entry);
  for (const int64_t time : {entry.request_ms, entry.queue_ms, entry.connect_ms, entry.answer_ms}) {
    append_number(text_, time);
    text_ += '/';
  }
  append_number(text_, entry.total_ms);
  text_ += ' ';
  append_number(text_, entry.status);
  text_ += ' ';
  append_number(text_, entry.bytes);
  text_.append(" - - ").append(entry.state).append(" ");
  counts(entry);
  text_.append(" \"");
  for (const char c : entry.line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '#') {
      text_ += c;
    } else {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      text_.append("#").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  text_.append("\"\n");
  end(start);
}

void AccessLog::tcp(const LogEntry& entry) {
  const size_t start = text_.size();
  begin(entry);
  for (const int64_t time : {entry.queue_ms, entry.connect_ms}) {
    append_number(text_, time);
    text_ += '/';
  }
  append_number(text_, entry.total_ms);
  text_ += ' ';
  append_number(text_, entry.bytes);
  text_.append(" ").append(entry.state.substr(0, 2)).append(" ");
  counts(entry);
  text_ += '\n';
  end(start);
}

void AccessLog::use(bool output, const std::optional<SocketAddress>& syslog) {
  output_ = output;
  if (syslog_ == syslog) return;
  syslog_ = syslog;
  syslog_fd_.reset();
  if (!syslog) return;
  syslog_fd_.reset(::socket(syslog->family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (syslog_fd_ && ::connect(syslog_fd_.get(), syslog->raw(), syslog->size()) != 0) syslog_fd_.reset();
}

void AccessLog::tell(const std::string& text, bool alert) {
  if (syslog_) send_to_syslog(alert ? kAlert : kNotice, text);
}

// That nobody listens there is told with the next message, and is no reason not to try it again.
void AccessLog::send_to_syslog(unsigned priority, std::string_view line) {
  std::array<char, 32> stamp{};
  const std::time_t now = std::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  const size_t size = std::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", &parts);
  std::string message = "<" + std::to_string(priority) + ">";
  message.append(stamp.data(), size).append(" haproxy[").append(std::to_string(::getpid())).append("]: ");
  message.append(line);
  if (message.size() > kMostSyslog) message.resize(kMostSyslog);
  const auto send = [&] { return ::send(syslog_fd_.get(), message.data(), message.size(), MSG_NOSIGNAL); };
  if (!syslog_fd_ || (send() < 0 && (errno != ECONNREFUSED || send() < 0))) ++lost_;
}

void AccessLog::end(size_t start) {
  if (syslog_) send_to_syslog(kRequest, std::string_view(text_).substr(start, text_.size() - start - 1));
  if (!output_) return text_.resize(start);
  if (text_.size() <= kMostWaiting) return;
  text_.resize(start);
  ++lost_;
}

void AccessLog::flush() {
  size_t before = 0;
  do {
    before = text_.size();
    write_some();
  } while (may_wait_ && !text_.empty() && text_.size() < before);
}

void AccessLog::write_some() {
  if (text_.empty()) return;
  pollfd room{fd_.get(), POLLOUT, 0};
  if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) {
    if ((room.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) text_.clear();  // nobody reads it
    return;
  }
  // As much as there is room for for certain when a pipe is ready.
  const size_t most = may_wait_ ? std::min<size_t>(text_.size(), PIPE_BUF) : text_.size();
  const ssize_t size = ::write(fd_.get(), text_.data(), most);
  if (size > 0) text_.erase(0, static_cast<size_t>(size));
  if (size < 0 && errno != EAGAIN && errno != EINTR) text_.clear();
}

}  // namespace netmgr::lb
