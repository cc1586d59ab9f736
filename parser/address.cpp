#include "parser/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "parser/units.h"

namespace parser {

namespace {

// The address with all bits after the first `prefix` cleared.
Address network_part(Address address, int prefix) {
  constexpr int kByte = 8;
  for (size_t i = 0; i < address.bytes.size(); ++i) {
    const int kept = std::clamp(prefix - static_cast<int>(i) * kByte, 0, kByte);
    address.bytes[i] &= static_cast<uint8_t>(0xFF00U >> kept);
  }
  return address;
}

}  // namespace

std::optional<Address> read_address(const std::string& text) {
  Address address;
  address.v6 = text.find(':') != std::string::npos;
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

Subnet parse_subnet(const std::string& text) {
  const size_t slash = text.find('/');
  const auto address = read_address(text.substr(0, slash));
  const auto prefix = slash == std::string::npos ? std::nullopt : read_integer(text.substr(slash + 1));
  if (!address || !prefix || *prefix < 0 || *prefix > address->bits())
    throw ValueError("'" + text + "' is not a subnet", "write it as 172.28.0.0/16 or fd00:28::/64");
  const Subnet subnet{*address, static_cast<int>(*prefix)};
  const Address network = network_part(*address, subnet.prefix);
  if (network.bytes != address->bytes)
    throw ValueError("subnet '" + text + "' has host bits set",
                     "did you mean '" + to_string(network) + text.substr(slash) + "'?");
  return subnet;
}

bool contains(const Subnet& subnet, const Address& address) {
  return subnet.address.v6 == address.v6 &&
         network_part(address, subnet.prefix).bytes == subnet.address.bytes;
}

bool contains(const Subnet& outer, const Subnet& inner) {
  return outer.prefix <= inner.prefix && contains(outer, inner.address);
}

bool overlap(const Subnet& a, const Subnet& b) {
  return contains(a, b.address) || contains(b, a.address);
}

}  // namespace parser
