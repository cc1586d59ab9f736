#include "netmgr/lb/proxy_protocol.h"

#include <netinet/in.h>

#include <cstring>
#include <vector>

namespace netmgr::lb {
namespace {

using Result = ProxyHeader::Result;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixed = 16;      // of version 2, before the addresses
constexpr size_t kMostText = 107;  // of version 1
constexpr size_t kIpv4 = 12;
constexpr size_t kIpv6 = 36;

bool is_start(std::string_view bytes, std::string_view of) {
  return bytes.substr(0, of.size()) == of.substr(0, bytes.size());
}

ProxyHeader read_text(std::string_view bytes) {
  const size_t end = bytes.substr(0, kMostText).find("\r\n");
  if (end == std::string_view::npos) return {bytes.size() < kMostText ? Result::kMore : Result::kBad, 0, {}};
  std::vector<std::string> words;
  std::string_view line = bytes.substr(0, end);
  while (true) {
    const size_t space = line.find(' ');
    words.emplace_back(line.substr(0, space));
    if (space == std::string_view::npos) break;
    line.remove_prefix(space + 1);
  }
  ProxyHeader header{Result::kGood, end + 2, {}};
  if (words.size() > 1 && words[1] == "UNKNOWN") return header;
  const bool four = words.size() == 6 && words[1] == "TCP4";
  const bool six = words.size() == 6 && words[1] == "TCP6";
  if (!four && !six) return {};
  header.client = SocketAddress::parse(six ? "[" + words[2] + "]:" + words[4] : words[2] + ":" + words[4]);
  return header.client ? header : ProxyHeader{};
}

SocketAddress address_of(std::string_view bytes, size_t host, size_t size, size_t port) {
  sockaddr_storage storage{};
  if (size == 4) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    std::memcpy(&address->sin_addr, bytes.data() + host, size);
    std::memcpy(&address->sin_port, bytes.data() + port, 2);
    return {storage, sizeof *address};
  }
  auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
  address->sin6_family = AF_INET6;
  std::memcpy(&address->sin6_addr, bytes.data() + host, size);
  std::memcpy(&address->sin6_port, bytes.data() + port, 2);
  return {storage, sizeof *address};
}

ProxyHeader read_binary(std::string_view bytes) {
  if (bytes.size() < kFixed) return {Result::kMore, 0, {}};
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const size_t length = size_t{byte(14)} << 8 | byte(15);
  const unsigned command = byte(12);
  if (command != 0x20 && command != 0x21) return {};
  if (kFixed + length > kMostProxyHeader) return {};
  if (bytes.size() < kFixed + length) return {Result::kMore, 0, {}};
  ProxyHeader header{Result::kGood, kFixed + length, {}};
  if (command == 0x20) return header;  // LOCAL
  if (byte(13) == 0x11 && length >= kIpv4)
    header.client = address_of(bytes, kFixed, 4, kFixed + 8);
  else if (byte(13) == 0x21 && length >= kIpv6)
    header.client = address_of(bytes, kFixed, 16, kFixed + 32);
  return header;
}

void append_address(const SocketAddress& address, std::string& hosts, std::string& ports) {
  if (address.family() == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(address.raw());
    hosts.append(reinterpret_cast<const char*>(&six->sin6_addr), sizeof six->sin6_addr);
    ports.append(reinterpret_cast<const char*>(&six->sin6_port), 2);
  } else {
    const auto* four = reinterpret_cast<const sockaddr_in*>(address.raw());
    hosts.append(reinterpret_cast<const char*>(&four->sin_addr), sizeof four->sin_addr);
    ports.append(reinterpret_cast<const char*>(&four->sin_port), 2);
  }
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view bytes) {
  if (is_start(bytes, kSignature)) return read_binary(bytes);
  if (is_start(bytes, "PROXY "))
    return bytes.size() < 6 ? ProxyHeader{Result::kMore, 0, {}} : read_text(bytes);
  return {};
}

std::string write_proxy_header(unsigned version, const SocketAddress& client, const SocketAddress& here) {
  const bool same = client.family() == here.family();
  const bool six = client.family() == AF_INET6;
  if (version == 1) {
    if (!same) return "PROXY UNKNOWN\r\n";
    // A mapped IPv4 address is told as what it is.
    const bool text_six = client.host().find(':') != std::string::npos;
    if (text_six != (here.host().find(':') != std::string::npos)) return "PROXY UNKNOWN\r\n";
    return std::string("PROXY TCP") + (text_six ? "6 " : "4 ") + client.host() + " " + here.host() + " " +
           std::to_string(client.port()) + " " + std::to_string(here.port()) + "\r\n";
  }
  std::string header(kSignature);
  if (!same) return header + std::string("\x20\0\0\0", 4);
  std::string hosts;
  std::string ports;
  append_address(client, hosts, ports);
  append_address(here, hosts, ports);
  header += '\x21';
  header += six ? '\x21' : '\x11';
  header += '\0';
  header += static_cast<char>(hosts.size() + ports.size());
  return header + hosts + ports;
}

}  // namespace netmgr::lb
