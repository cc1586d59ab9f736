#include "netmgr/lb/basic_auth.h"

#include <optional>
#include <string>

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> decode(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string result;
  unsigned bits = 0;
  unsigned value = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = (value << 6 | static_cast<unsigned>(digit)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    result += static_cast<char>(value >> bits & 0xff);
  }
  return result;
}

bool same(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ (i < b.size() ? b[i] : '\0'));
  return difference == 0;
}

}  // namespace

bool is_authorized(std::string_view field, const std::vector<User>& users) {
  constexpr size_t kScheme = 6;
  if (field.size() < kScheme || !equal_name(field.substr(0, kScheme), "basic ")) return false;
  const std::optional<std::string> pair = decode(trim(field.substr(kScheme)));
  if (!pair || pair->find(':') == std::string::npos) return false;
  const std::string_view name = std::string_view(*pair).substr(0, pair->find(':'));
  const std::string_view password = std::string_view(*pair).substr(name.size() + 1);
  bool result = false;
  for (const User& user : users) {
    const bool good = same(name, user.name);
    result = (same(password, user.password) && good && !user.password.empty()) || result;
  }
  return result;
}

}  // namespace netmgr::lb
