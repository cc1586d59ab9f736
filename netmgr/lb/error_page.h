#pragma once
// Answers the balancer gives itself, as whole messages that end the connection.
#include <string>
#include <string_view>

namespace netmgr::lb {

const char* reason_of(unsigned status);
// `why` is for who reads the page.
std::string error_page(unsigned status, std::string_view why, bool head_only);

}  // namespace netmgr::lb
