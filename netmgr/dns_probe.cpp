#include "netmgr/dns_probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include "netmgr/dns_packet.h"
#include "netmgr/dns_upstreams.h"

namespace netmgr {
namespace {

constexpr uint16_t kTypeA = 1, kTypeNs = 2;

std::vector<uint8_t> question(const std::string& name) {
  const uint16_t id = dns::random_id();
  const uint16_t type = name.empty() ? kTypeNs : kTypeA;
  std::vector<uint8_t> message{
      static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    message.push_back(static_cast<uint8_t>(end - begin));
    message.insert(message.end(), name.begin() + static_cast<ptrdiff_t>(begin),
                   name.begin() + static_cast<ptrdiff_t>(end));
    begin = end + 1;
  }
  message.insert(message.end(),
                 {0, static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type), 0, dns::kClassIn});
  return message;
}

bool is_answer(dns::Code code) {
  return code == dns::Code::kNoError || code == dns::Code::kNxDomain;
}

}  // namespace

bool dns_answers(const std::string& server, const std::string& name, int timeout_ms) {
  const std::vector<uint8_t> query = question(name);
  const sys::Fd socket = dns::Upstreams({server}).connect(0, SOCK_DGRAM);
  if (!socket || ::send(socket.get(), query.data(), query.size(), 0) < 0) return false;
  const dns::Milliseconds end = dns::now() + timeout_ms;
  for (dns::Milliseconds left = timeout_ms; left > 0; left = end - dns::now()) {
    pollfd ready{socket.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    std::array<uint8_t, dns::kMaxUdpSize> reply;
    const ssize_t size = ::recv(socket.get(), reply.data(), reply.size(), 0);
    if (size < 0) return false;  // nobody is there (ICMP)
    const dns::Bytes message{reply.data(), static_cast<size_t>(size)};
    if (dns::answers(message, query)) return is_answer(dns::code_of(message));
  }
  return false;
}

}  // namespace netmgr
