#include "engine/log_options.h"

#include <catch2/catch.hpp>

TEST_CASE("the size of a log counts in thousands, that of the local driver is Docker's own default") {
  const auto size = [](const char* driver, const std::map<std::string, std::string>& options) {
    engine::ContainerConfig config;
    config.log.driver = driver;
    config.log.options = options;
    engine::Spec spec;
    spec.state_dir = "/nowhere";
    engine::set_log(spec, config, engine::StoredImage());
    return spec.log_max_size;
  };
  CHECK(size("json-file", {{"max-size", "10m"}}) == 10'000'000);
  CHECK(size("json-file", {{"max-size", "1.5k"}}) == 1500);
  CHECK(size("json-file", {{"max-size", "2MiB"}}) == 2'000'000);
  CHECK(size("json-file", {{"max-size", "512"}}) == 512);
  CHECK(size("json-file", {}) == 0);
  CHECK(size("local", {}) == 20 << 20);
}
