#pragma once
// The PROXY protocol (proxy-protocol.txt of HAProxy), versions 1 and 2: a header in front of a connection
// that says whose it was.
#include <optional>
#include <string>
#include <string_view>

#include "netmgr/lb/socket_address.h"

namespace netmgr::lb {

constexpr size_t kMostProxyHeader = 536;

struct ProxyHeader {
  enum class Result { kMore, kGood, kBad };
  Result result = Result::kBad;
  size_t size = 0;                      // of the header, when it is good
  std::optional<SocketAddress> client;  // empty: the sender speaks for itself
};

// A header at the front of `bytes`.
ProxyHeader read_proxy_header(std::string_view bytes);
std::string write_proxy_header(unsigned version, const SocketAddress& client, const SocketAddress& here);

}  // namespace netmgr::lb
