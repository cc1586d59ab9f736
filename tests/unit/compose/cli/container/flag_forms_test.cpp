#include "compose/cli/container/flag_forms.h"

#include <catch2/catch.hpp>

#include "compose/cli/container/random_name.h"
#include "parser/diagnostic.h"

using namespace compose::cli;
using parser::FlagDocument;
using Words = std::vector<std::string>;

namespace {

parser::Service read(FlagDocument& document) {
  document.complete({}, "/work");
  return document.service({}, "/work");
}

std::string failure(const Words& mounts) {
  FlagDocument document;
  mounts_form(document, "volumes", "--mount", mounts);
  try {
    read(document);
  } catch (const parser::LoadError& error) {
    return error.diagnostics().front().to_string();
  }
  return "";
}

}  // namespace

TEST_CASE("a mount flag becomes a mount as a file would have it") {
  FlagDocument document;
  mounts_form(document, "volumes", "--mount",
              {"type=bind,src=/a,dst=/b,ro,bind-propagation=rshared", "source=data,target=/c,volume-nocopy",
               "type=tmpfs,destination=/d,tmpfs-size=1m,tmpfs-mode=0700"});
  const auto mounts = read(document).volumes;
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].source == "/a");
  CHECK(mounts[0].read_only);
  CHECK_FALSE(mounts[0].create_host_path);
  CHECK(mounts[0].propagation == "rshared");
  CHECK(mounts[1].source == "data");
  CHECK(mounts[1].nocopy);
  CHECK(mounts[2].tmpfs_size == 1 << 20);
  CHECK(mounts[2].tmpfs_mode == 0700);
}

TEST_CASE("a mount option that is unknown or of another type is told at the flag") {
  CHECK(failure({"type=bind,src=/a,dst=/b,nonsense=1"}).find("--mount: option 'nonsense'") !=
        std::string::npos);
  CHECK(failure({"src=a,dst=/b,tmpfs-size=1m"}).find("is for mounts of type tmpfs") != std::string::npos);
}

TEST_CASE("comma-separated pairs keep what is quoted together") {
  const auto pairs = comma_pairs(R"(a=1,"b=x,y",c)");
  REQUIRE(pairs.size() == 3);
  CHECK(pairs[1] == std::pair<std::string, std::string>("b", "x,y"));
  CHECK(pairs[2].second == "true");
}

TEST_CASE("limits, seconds, devices and options of a map are read, and told when they are wrong") {
  FlagDocument document;
  limits_form(document, "ulimits", "--ulimit", {"nofile=10:20", "nproc=5"});
  seconds_form(document, "stop_grace_period", "--stop-timeout", {"7"});
  rates_form(document, "blkio_config/device_read_bps", "--device-read-bps", {"/dev/sda:1mb"});
  map_form(document, "logging/options", "--log-opt", {"max-size=1m", "tag=a=b"});
  program_form(document, "entrypoint", "--entrypoint", {"one word"});
  const parser::Service service = read(document);
  CHECK(service.ulimits.at("nofile").soft == 10);
  CHECK(service.ulimits.at("nofile").hard == 20);
  CHECK(service.ulimits.at("nproc").hard == 5);
  CHECK(service.stop_grace_period == std::chrono::seconds(7));
  CHECK(service.blkio_config->device_read_bps.front().rate == 1 << 20);
  CHECK(service.logging->options.at("tag") == "a=b");
  CHECK(service.entrypoint == Words{"one word"});

  FlagDocument wrong;
  limits_form(wrong, "ulimits", "--ulimit", {"nofile"});
  seconds_form(wrong, "stop_grace_period", "--stop-timeout", {"soon"});
  rates_form(wrong, "blkio_config/device_read_bps", "--device-read-bps", {"sda:1"});
  try {
    read(wrong);
    FAIL("nothing was told");
  } catch (const parser::LoadError& error) {
    CHECK(error.diagnostics().size() == 3);
  }
}

TEST_CASE("files of variables are taken word for word") {
  FlagDocument document;
  raw_files_form(document, "env_file", "--env-file", {"/nowhere/vars"});
  CHECK_THROWS_AS(read(document), parser::LoadError);
}

TEST_CASE("a random name is two words, with a number from the second attempt on") {
  const std::string first = random_name(0), later = random_name(1);
  CHECK(first.find('_') != std::string::npos);
  CHECK(first.find_first_of("0123456789") == std::string::npos);
  CHECK(later.find_first_of("0123456789") != std::string::npos);
}
