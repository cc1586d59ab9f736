#include "engine/http/http_date.h"

#include <time.h>

namespace engine {

std::optional<int64_t> parse_http_date(const std::string& text) {
  tm parts{};
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return ::timegm(&parts);
}

}  // namespace engine
