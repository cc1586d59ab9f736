#include "parser/remote_context.h"

#include <string_view>

namespace parser {

namespace {
constexpr std::string_view kServicePrefix = "service:";
}

bool is_remote_context(const std::string& context) {
  return context.find("://") != std::string::npos || context.rfind("git@", 0) == 0 ||
         context.rfind("github.com/", 0) == 0 || service_of_context(context).has_value();
}

std::optional<std::string> service_of_context(const std::string& context) {
  if (context.rfind(kServicePrefix, 0) != 0) return std::nullopt;
  return context.substr(kServicePrefix.size());
}

}  // namespace parser
