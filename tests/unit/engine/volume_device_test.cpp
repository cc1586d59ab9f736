#include "engine/volume/device.h"

#include <catch2/catch.hpp>

#include "engine/error.h"

namespace {

engine::VolumeDevice share(const std::string& device, const std::string& options) {
  engine::VolumeConfig config;
  config.name = "share";
  config.driver_opts = {{"type", "nfs"}, {"device", device}, {"o", options}};
  return engine::volume_device(config).value();
}

}  // namespace

TEST_CASE("the server of an export may be a name, and becomes the address that the kernel wants") {
  const auto options = [](const std::string& device, const std::string& given) {
    return engine::with_address(share(device, given)).options;
  };
  using Options = std::vector<std::string>;
  CHECK(options(":/export", "addr=192.0.2.7,rw") == Options{"addr=192.0.2.7", "rw"});
  CHECK(options("192.0.2.8:/export", "soft") == Options{"soft", "addr=192.0.2.8"});
  const Options named = options(":/export", "addr=localhost,nfsvers=4");
  REQUIRE(named.size() == 2);
  CHECK((named[0] == "addr=127.0.0.1" || named[0] == "addr=::1"));
  CHECK_THROWS_WITH(options(":/export", "addr=no-such-server.invalid"),
                    Catch::Contains("the server no-such-server.invalid of :/export has no address"));
}
