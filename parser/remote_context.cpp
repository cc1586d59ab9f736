#include "parser/remote_context.h"

#include <string_view>

#include "parser/paths.h"

namespace parser {

namespace {
constexpr std::string_view kServicePrefix = "service:";
}

bool is_remote_context(const std::string& context) {
  return is_remote(context) || service_of_context(context).has_value();
}

std::optional<std::string> service_of_context(const std::string& context) {
  if (context.rfind(kServicePrefix, 0) != 0) return std::nullopt;
  return context.substr(kServicePrefix.size());
}

}  // namespace parser
