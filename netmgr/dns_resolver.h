#pragma once
// Answers questions about our own names. Knows no sockets.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/dns_packet.h"
#include "netmgr/dns_table.h"

namespace netmgr::dns {

enum class Transport { kUdp, kTcp };

class Resolver {
 public:
  // `links`: alias -> name, in any case of letters.
  explicit Resolver(std::vector<std::string> directories,
                    const std::map<std::string, std::string>& links = {});

  enum class Outcome {
    kAnswered,  // the answer is in the buffer
    kForward,   // a good question about a name that is not ours
    kDrop,      // no answer is due
  };
  // `buffer` takes at least kMaxUdpSize, over TCP kMaxMessageSize bytes. Sets `size` when answered.
  Outcome resolve(Bytes message, Transport transport, std::span<uint8_t> buffer, size_t& size);

  // "No server could be asked", for a message that `resolve` wanted forwarded. The answer's size.
  static size_t write_failure(Bytes message, std::span<uint8_t> buffer);

 private:
  // Addresses of a name. An alias is looked up first, as it is meant for this container, and as a name when
  // what it leads to is not there.
  const Table::Addresses* addresses_of(std::string_view name) const;
  size_t answer(Bytes message, const Query& query, const Table::Addresses* addresses,
                std::string_view pointer, std::span<uint8_t> buffer, size_t limit);

  Table table_;
  std::map<std::string, std::string, std::less<>> links_;  // in lower case
  size_t rotation_ = 0;                                    // which of several addresses comes first
};

}  // namespace netmgr::dns
