#pragma once
// Basic authentication (RFC 7617).
#include <string_view>
#include <vector>

#include "netmgr/lb/config.h"

namespace netmgr::lb {

// An Authorization field's value lets in one of them. How long it takes says nothing of the passwords.
bool is_authorized(std::string_view field, const std::vector<User>& users);

}  // namespace netmgr::lb
