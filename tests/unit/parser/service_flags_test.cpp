#include "parser/service_flags.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace parser;

namespace {

Service read(const ServiceFlags& flags) {
  Project project;
  project.environment = {{"HOME", "/root"}, {"OUTSIDE", "out"}, {"EMPTY", ""}};
  return read_service_flags(flags, project, "/work/here");
}

std::string errors(const ServiceFlags& flags) {
  try {
    read(flags);
  } catch (const LoadError& error) {
    std::string text;
    for (const auto& diagnostic : error.diagnostics()) text += diagnostic.to_string() + "\n";
    return text;
  }
  return "";
}

}  // namespace

TEST_CASE("flags of ports, mounts, labels and capabilities mean what they mean in a file") {
  ServiceFlags flags;
  flags.ports = {"127.0.0.1:8080:80", "9000-9001:90-91/udp"};
  flags.volumes = {"data:/data:ro", "./sub:/x", "~/y:/y", "/anonymous"};
  flags.labels = {"a=1", "b="};
  flags.cap_add = {"cap_net_admin"};
  flags.cap_drop = {"ALL"};
  const Service service = read(flags);
  REQUIRE(service.ports.size() == 3);
  CHECK(service.ports[0].host_ip == "127.0.0.1");
  CHECK(service.ports[0].published == 8080);
  CHECK(service.ports[2].target == 91);
  CHECK(service.ports[2].protocol == "udp");
  REQUIRE(service.volumes.size() == 4);
  CHECK(service.volumes[0].read_only);
  CHECK(service.volumes[1].source == "/work/here/sub");
  CHECK(service.volumes[1].type == VolumeMount::Type::kBind);
  CHECK(service.volumes[2].source == "/root/y");
  CHECK(service.volumes[3].source.empty());
  CHECK(service.labels == StringMap{{"a", "1"}, {"b", ""}});
  CHECK(service.cap_add == Words{"NET_ADMIN"});
  CHECK(service.cap_drop == Words{"ALL"});
  CHECK_FALSE(service.entrypoint);
}

TEST_CASE("a variable without a value is the tool's own, and left out where that has none") {
  ServiceFlags flags;
  flags.environment = {"A=1", "A=2", "OUTSIDE", "EMPTY", "NOWHERE", "WITH=a=b $OUTSIDE"};
  CHECK(read(flags).environment ==
        StringMap{{"A", "2"}, {"EMPTY", ""}, {"OUTSIDE", "out"}, {"WITH", "a=b $OUTSIDE"}});
}

TEST_CASE("variables of a file give way to those given one by one") {
  char folder[] = "/tmp/service-flags-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  std::ofstream(folder + std::string("/vars")) << "A=file\nB='file'\n# no\nC=${B}${OUTSIDE}\n";
  ServiceFlags flags;
  flags.environment = {"A=flag"};
  flags.env_files = {folder + std::string("/vars")};
  const StringMap environment = read(flags).environment;
  std::filesystem::remove_all(folder);
  CHECK(environment == StringMap{{"A", "flag"}, {"B", "file"}, {"C", "fileout"}});
}

TEST_CASE("an entrypoint is split as a shell splits words, an empty one is none at all") {
  ServiceFlags flags;
  flags.entrypoint = "sh -c 'echo \"a b\"'";
  CHECK(read(flags).entrypoint == Words{"sh", "-c", "echo \"a b\""});
  flags.entrypoint = "";
  CHECK(read(flags).entrypoint == Words{});
}

TEST_CASE("what is wrong with a flag is told at the flag, all of it at once") {
  ServiceFlags flags;
  flags.ports = {"80:x"};
  flags.volumes = {"data:relative"};
  flags.cap_add = {"FLY"};
  flags.env_files = {"/does/not/exist"};
  flags.entrypoint = "sh 'open";
  const std::string text = errors(flags);
  for (const char* flag : {"--publish: ", "--volume: ", "--cap-add: ", "--env-from-file: ", "--entrypoint: "})
    CHECK_THAT(text, Catch::Contains(flag));
  CHECK_THAT(errors({.labels = {"bare"}}), Catch::Contains("--label: invalid value 'bare'"));
  CHECK_THAT(errors({.environment = {"=x"}}), Catch::Contains("--env: invalid value '=x'"));
}
