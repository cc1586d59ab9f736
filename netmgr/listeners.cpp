#include "netmgr/listeners.h"

#include <charconv>
#include <string>
#include <vector>

namespace netmgr {
namespace {

constexpr std::string_view kTcpListen = "0A", kUdpUnconnected = "07";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = line.find_first_not_of(' '); begin != std::string_view::npos;) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = line.find_first_not_of(' ', end);
  }
  return words;
}

// Words of four bytes in the machine's order, which is the small end first wherever containers run.
bool is_loopback(std::string_view address) {
  if (address.size() == 8) return address.ends_with("7F");
  if (address == "00000000000000000000000001000000") return true;
  return address.starts_with("0000000000000000FFFF0000") && address.ends_with("7F");  // ::ffff:127.0.0.0/104
}

}  // namespace

Listening listening_in(std::string_view table, uint16_t port, bool udp) {
  Listening found;
  while (!table.empty()) {
    const size_t end = std::min(table.find('\n'), table.size());
    const std::vector<std::string_view> words = words_of(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    // sl local_address rem_address st ...
    if (words.size() < 4 || words[3] != (udp ? kUdpUnconnected : kTcpListen)) continue;
    const std::string_view local = words[1];
    const size_t colon = local.find(':');
    if (colon == std::string_view::npos) continue;
    unsigned number = 0;
    const auto parsed = std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
    if (parsed.ec != std::errc{} || number != port) continue;
    found.anywhere = true;
    if (!is_loopback(local.substr(0, colon))) found.beyond_loopback = true;
  }
  return found;
}

}  // namespace netmgr
