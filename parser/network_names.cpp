// What stands for something on a network: hosts, links, addresses.
#include <algorithm>
#include <cctype>

#include "parser/address.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

void check_host_name(const std::string& what, const std::string& name) {
  constexpr size_t kLongest = 64;  // HOST_NAME_MAX
  const bool good = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    constexpr unsigned char kFirstNonAscii = 0x80;
    return c >= kFirstNonAscii || std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
  if (!good || name.empty() || name[0] == '.' || name[0] == '-')
    throw ValueError(
        "invalid " + what + " '" + name + "'",
        "letters, digits, '.', '_' and '-' are allowed, the first must be a letter, digit or '_'");
  if (name.size() > kLongest)
    throw ValueError(what + " '" + name + "' is longer than " + std::to_string(kLongest) + " characters");
}

void check_interface_name(const std::string& name) {
  constexpr size_t kLongest = 15;
  const bool good = std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isspace(c) != 0 || std::iscntrl(c) != 0 || c == '/' || c == ':';
  });
  if (!good || name.empty() || name == "." || name == ".." || name.size() > kLongest)
    throw ValueError("invalid interface name '" + name + "'",
                     "at most " + std::to_string(kLongest) + " characters, without '/', ':' and blanks");
}

void check_address(const std::string& text) {
  if (!read_address(text))
    throw ValueError("'" + text + "' is not an IP address", "write it as 10.0.0.5 or fd00::5");
}

std::string normal_mac_address(const std::string& text) {
  constexpr size_t kLength = 17;
  std::string normal = text;
  bool good = text.size() == kLength;
  for (size_t i = 0; good && i < kLength; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    good = i % 3 == 2 ? text[i] == text[2] && (c == ':' || c == '-') : std::isxdigit(c) != 0;
    normal[i] = i % 3 == 2 ? ':' : static_cast<char>(std::tolower(c));
  }
  if (!good) throw ValueError("'" + text + "' is not a MAC address", "write 02:42:ac:11:00:03");
  return normal;
}

}  // namespace parser
