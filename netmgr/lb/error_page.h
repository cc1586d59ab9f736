#pragma once
// Answers the balancer gives itself.
#include <string>
#include <string_view>

namespace netmgr::lb {

const char* reason_of(unsigned status);
// A whole message. `extra` are further lines of its head.
std::string message(unsigned status, std::string_view type, std::string_view extra, std::string_view body,
                    bool keep_alive, bool head_only);
std::string escape_html(std::string_view text);
// A message that ends the connection; `why` is for who reads the page.
std::string error_page(unsigned status, std::string_view why, bool head_only);

}  // namespace netmgr::lb
