#include "netmgr/lb/basic_auth.h"

#include <crypt.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

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

// A hash takes milliseconds by design, and there is one thread: what has proved right is known from then on.
bool matches_hash(std::string_view password, const std::string& hash) {
  constexpr size_t kMostProven = 1024;
  static std::unordered_map<std::string, std::string> proven;  // passwords by hash
  const std::string text(password);
  if (const auto found = proven.find(hash); found != proven.end() && same(found->second, text)) return true;
  static const auto work = std::make_unique<crypt_data>();
  const char* const made = ::crypt_r(text.c_str(), hash.c_str(), work.get());
  if (made == nullptr || *made == '*' || text.find('\0') != std::string::npos || !same(made, hash))
    return false;
  if (proven.size() >= kMostProven) proven.clear();
  proven[hash] = text;
  return true;
}

bool is_password(std::string_view password, const User& user) {
  if (user.password.empty()) return false;
  return user.hashed ? matches_hash(password, user.password) : same(password, user.password);
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
    // Hashing for everybody would be an answer that takes everybody's time.
    result = ((good || !user.hashed) && is_password(password, user) && good) || result;
  }
  return result;
}

}  // namespace netmgr::lb
