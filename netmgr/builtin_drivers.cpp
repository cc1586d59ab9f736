// host and none: no network of links, but whose links a container has. Every engine has one of each by
// itself; a container that is on it has network mode host or none.
#include <fmt/format.h>

#include <cerrno>

#include "netmgr/driver_names.h"
#include "sys/error.h"

namespace netmgr {
namespace {

class BuiltinDriver final : public Driver {
 public:
  explicit BuiltinDriver(std::string name) : name_(std::move(name)) {}

  bool is_builtin() const override { return true; }
  std::string complaint(const Network&) const override {
    return fmt::format(
        "there is one network with driver {0} and no other can be made: declare it as external "
        "with the name {0}, or give a service network_mode: {0}",
        name_);
  }
  void setup(const Network&) const override {}
  void teardown(const Network&, const std::vector<Network>&) const override {}
  bool is_up(const Network&) const override { return true; }
  void attach(const Network&, const Endpoint& endpoint, const sys::Fd&) const override {
    throw sys::Error(EINVAL, "attach to network " + name_ + ", which has no links",
                     "container " + short_id(endpoint.container_id));
  }
  void detach(const Network&, const Endpoint&, const sys::Fd&) const override {}

 private:
  std::string name_;
};

}  // namespace

const Driver& host_driver() {
  static const BuiltinDriver driver("host");
  return driver;
}

const Driver& none_driver() {
  static const BuiltinDriver driver("none");
  return driver;
}

}  // namespace netmgr
