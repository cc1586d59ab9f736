#pragma once
// Which backend a request goes to: a frontend's rules, in their order.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "netmgr/lb/http_head.h"
#include "netmgr/lb/server_pool.h"

namespace netmgr::lb {

// `pattern`, in lower case, holds for all of `text`; "*" stands for any characters.
bool matches(std::string_view pattern, std::string_view text);

// Of a request's target, without what is before the path and behind it.
std::string_view path_of(std::string_view target);
// Of Host, without the port.
std::string_view host_of(std::string_view host);

struct Route {
  std::string host;  // in lower case
  std::string path;
  bool websocket = false;
  std::shared_ptr<Backend> backend;
};

class Router {
 public:
  Router() = default;
  Router(std::vector<Route> routes, std::shared_ptr<Backend> otherwise);
  // Empty: nobody is for it.
  const std::shared_ptr<Backend>& find(const Head& head) const;
  const std::shared_ptr<Backend>& otherwise() const { return otherwise_; }

 private:
  std::vector<Route> routes_;
  std::shared_ptr<Backend> otherwise_;
};

}  // namespace netmgr::lb
