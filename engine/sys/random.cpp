#include "sys/random.h"

#include <sys/random.h>

#include <vector>

#include "sys/error.h"

namespace sys {

std::string random_hex(size_t digits) {
  std::vector<unsigned char> bytes((digits + 1) / 2);
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) fail("getrandom");
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(digits + 1);
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  text.resize(digits);
  return text;
}

}  // namespace sys
