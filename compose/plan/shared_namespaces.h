#pragma once
// `network_mode`, `ipc`, `pid` and `uts` with service:NAME. The service needs that other one: it starts after
// it, and again when it is replaced, since a namespace ends with those in it. Source: Compose Specification.
#include <string>

#include "parser/service.h"

namespace compose {

// NAME of "service:NAME"; empty for every other mode.
std::string lending_service(const std::string& mode);

bool shares_namespace(const parser::Service& service, const std::string& lender);

}  // namespace compose
