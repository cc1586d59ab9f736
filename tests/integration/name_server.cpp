#include "name_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sys/error.h"

namespace it {

namespace {

constexpr size_t kHeader = 12;

// "3web7example0" to "web.example"; where the name ends goes to `end`.
std::string read_name(const std::string& message, size_t& end) {
  std::string name;
  size_t at = kHeader;
  while (at < message.size() && message[at] != 0) {
    const auto length = size_t{static_cast<unsigned char>(message[at])};
    name += (name.empty() ? "" : ".") + message.substr(at + 1, length);
    at += length + 1;
  }
  end = at + 1;
  return name;
}

// The question with one address record behind it; RFC 1035 section 4.1.
std::string answer_to(std::string message, size_t question_end, const std::string& address) {
  message.resize(question_end);
  message[2] = static_cast<char>(0x81);
  message[3] = static_cast<char>(0x80);
  message[7] = 1;                                // one answer
  std::fill(&message[8], &message[kHeader], 0);  // and nothing else
  const std::array<unsigned char, 12> record = {0xc0, kHeader, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
  message.append(reinterpret_cast<const char*>(record.data()), record.size());
  in_addr bytes{};
  ::inet_pton(AF_INET, address.c_str(), &bytes);
  message.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  return message;
}

}  // namespace

NameServer::NameServer(const std::string& address, const std::string& answer)
    : answer_(answer),
      socket_(sys::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")),
      end_(sys::check(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(53);
  ::inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  sys::check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place), "bind", address);
  thread_ = std::thread([this] { serve(); });
}

NameServer::~NameServer() {
  const uint64_t one = 1;
  if (::write(end_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

bool NameServer::was_asked_for(const std::string& name) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

void NameServer::serve() {
  for (;;) {
    std::array<pollfd, 2> fds = {{{socket_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[1].revents != 0) return;
    std::array<char, 1500> buffer{};
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
    if (size < static_cast<ssize_t>(kHeader)) continue;
    const std::string message(buffer.data(), static_cast<size_t>(size));
    size_t end = 0;
    const std::string name = read_name(message, end);
    if (end + 4 > message.size()) continue;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      names_.push_back(name);
    }
    const bool wants_ipv4 = message[end + 1] == 1;
    std::string answer = answer_to(message, end + 4, answer_);
    if (!wants_ipv4) {
      answer.resize(end + 4);
      answer[7] = 0;
    }
    ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from),
             length);
  }
}

}  // namespace it
