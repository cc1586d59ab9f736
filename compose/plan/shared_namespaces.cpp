#include "compose/plan/shared_namespaces.h"

namespace compose {

std::string lending_service(const std::string& mode) {
  constexpr std::string_view kPrefix = "service:";
  return mode.starts_with(kPrefix) ? mode.substr(kPrefix.size()) : "";
}

bool shares_namespace(const parser::Service& service, const std::string& lender) {
  for (const std::string* mode : {&service.network_mode, &service.ipc, &service.pid, &service.uts})
    if (lending_service(*mode) == lender) return true;
  return false;
}

}  // namespace compose
