#include "engine/image/config.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/timestamp.h"

using engine::image_config_from_json;
using engine::ImageConfig;

namespace {

const std::string kDiff = "sha256:" + std::string(64, 'b');

ImageConfig everything() {
  ImageConfig config;
  config.architecture = "arm64";
  config.created = "2024-05-01T12:00:00Z";
  config.author = "A. Author";
  config.entrypoint = {"/entry", "--flag"};
  config.cmd = {"serve"};
  config.env = {"PATH=/bin", "EMPTY=", "Z=1", "A=2"};
  config.shell = {"/bin/bash", "-c"};
  config.on_build = {"RUN true"};
  config.user = "app:staff";
  config.working_dir = "/srv";
  config.stop_signal = "SIGQUIT";
  config.volumes = {"/data", "/cache"};
  config.exposed_ports = {"80/tcp", "53/udp"};
  config.labels = {{"b", "2"}, {"a", "1 \"quoted\" \xc3\xa4"}};
  config.healthcheck = engine::ImageHealth{{"CMD", "true"}, 30000, 5000, 0, 250, 3};
  config.diff_ids = {kDiff, "sha256:" + std::string(64, '0')};
  config.history = {{"2024-05-01T12:00:00Z", "COPY . /", "note", false}, {"", "ENV A=2", "", true}};
  return config;
}

std::string refusal(const std::string& json) {
  try {
    image_config_from_json(json);
  } catch (const engine::Error& error) {
    CHECK(error.kind() == engine::Error::Kind::kInvalid);
    return error.what();
  }
  FAIL("accepted: " << json);
  return {};
}

std::string with_config(const std::string& config) {
  return R"({"config":)" + config + R"(,"rootfs":{"type":"layers","diff_ids":[]}})";
}

}  // namespace

TEST_CASE("an image configuration survives the way to JSON and back") {
  const std::string json = to_json(everything());
  const ImageConfig back = image_config_from_json(json);
  CHECK(to_json(back) == json);
  CHECK(back.env == everything().env);  // order matters
  CHECK(back.labels == everything().labels);
  CHECK(back.volumes == everything().volumes);
  CHECK(back.exposed_ports == everything().exposed_ports);
  CHECK(back.diff_ids == everything().diff_ids);
  CHECK(back.architecture == "arm64");
  REQUIRE(back.healthcheck);
  CHECK(back.healthcheck->start_interval_ms == 250);
  CHECK(back.healthcheck->start_period_ms == 0);
  CHECK(back.healthcheck->retries == 3);
  REQUIRE(back.history.size() == 2);
  CHECK(back.history[1].empty_layer);
}

TEST_CASE("the JSON is what other tools read: Docker's names, nanoseconds, sets as objects") {
  const auto json = nlohmann::json::parse(to_json(everything()));
  CHECK(json["config"]["Healthcheck"]["Interval"] == 30000000000);
  CHECK(json["config"]["ExposedPorts"]["80/tcp"] == nlohmann::json::object());
  CHECK(json["config"]["OnBuild"][0] == "RUN true");
  CHECK(json["rootfs"]["type"] == "layers");
  CHECK(json["history"][1]["empty_layer"] == true);
  CHECK_FALSE(json["history"][0].contains("empty_layer"));
}

TEST_CASE("what is empty is left out of the JSON") {
  const auto json = nlohmann::json::parse(to_json(ImageConfig{}));
  CHECK(json["config"].empty());
  CHECK_FALSE(json.contains("created"));
  CHECK(json["rootfs"]["diff_ids"].empty());
}

TEST_CASE("null and unknown members of foreign configurations are no error") {
  const ImageConfig config = image_config_from_json(
      R"({"architecture":"amd64","os":"linux","container_config":{},"docker_version":"20","config":{"Cmd":null,
          "Entrypoint":null,"Volumes":null,"Labels":null,"Env":["A=b"],"Healthcheck":{"Test":["NONE"]},
          "ArgsEscaped":true},"rootfs":{"type":"layers","diff_ids":null},"history":null})");
  CHECK(config.cmd.empty());
  CHECK(config.env == std::vector<std::string>{"A=b"});
  REQUIRE(config.healthcheck);
  CHECK_FALSE(config.healthcheck->interval_ms);
}

TEST_CASE("a damaged configuration is refused with the field's name") {
  CHECK_THAT(refusal("{"), Catch::Contains("not valid JSON"));
  CHECK_THAT(refusal("[]"), Catch::Contains("not a JSON object"));
  CHECK_THAT(refusal("{}"), Catch::Contains("rootfs"));
  CHECK_THAT(refusal(with_config(R"({"Env":"A=b"})")), Catch::Contains("Env"));
  CHECK_THAT(refusal(with_config(R"({"Cmd":[1]})")), Catch::Contains("Cmd"));
  CHECK_THAT(refusal(with_config(R"({"Labels":{"a":1}})")), Catch::Contains("Labels"));
  CHECK_THAT(refusal(with_config(R"({"User":0})")), Catch::Contains("User"));
  CHECK_THAT(refusal(with_config(R"({"Healthcheck":{"Interval":"30s"}})")), Catch::Contains("Interval"));
  CHECK_THAT(refusal(with_config(R"({"Healthcheck":{"Retries":-1}})")), Catch::Contains("Retries"));
  CHECK_THAT(refusal(R"({"rootfs":{"type":"layers","diff_ids":["sha256:../../../etc"]}})"),
             Catch::Contains("diff_ids"));
  CHECK_THAT(refusal(std::string(100000, '[')), Catch::Contains("JSON"));
}

TEST_CASE("a text that is not UTF-8 cannot be written into a configuration") {
  ImageConfig config;
  config.env = {"A=\xff"};
  CHECK_THROWS_AS(to_json(config), engine::Error);
}

TEST_CASE("times are read with fractions and offsets, and written in UTC") {
  CHECK(engine::parse_rfc3339("1970-01-01T00:00:01.5Z") == 1500);
  CHECK(engine::parse_rfc3339("1970-01-01T02:00:00.123456789+02:00") == 123);
  CHECK(engine::parse_rfc3339("2024-05-01T12:30:00Z") == 1714566600000);
  CHECK_FALSE(engine::parse_rfc3339("2024-05-01"));
  CHECK_FALSE(engine::parse_rfc3339("2024-13-01T00:00:00Z"));
  CHECK_FALSE(engine::parse_rfc3339("2024-05-01T12:30:00"));
  CHECK(engine::format_rfc3339(1714566600123) == "2024-05-01T12:30:00.123Z");
  CHECK(engine::format_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
}
