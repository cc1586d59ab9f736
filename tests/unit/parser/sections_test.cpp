// What the sections of a service mean for the typed project, beyond what `config` prints.
#include <catch2/catch.hpp>

#include "load_fixture.h"
#include "parser/build_inputs.h"

using Policy = parser::Restart::Policy;

namespace {

parser::Service web(const std::string& attributes) {
  const Folder folder;
  return folder.load("services: {web: {image: x, " + attributes + "}}").project.services.at("web");
}

}  // namespace

TEST_CASE("sections: deploy.restart_policy is the restart policy of the container") {
  const auto restart = [](const std::string& policy, const std::string& more = "") {
    return web("deploy: {restart_policy: {" + policy + "}}" + more).restart;
  };
  CHECK(restart("condition: none").policy == Policy::kNo);
  CHECK(restart("condition: any").policy == Policy::kAlways);
  CHECK(restart("delay: 1s").policy == Policy::kAlways);
  const auto limited = restart("condition: on-failure, max_attempts: 4");
  CHECK(limited.policy == Policy::kOnFailure);
  CHECK(limited.max_retries == 4);
  CHECK_FALSE(limited.given);
  CHECK(restart("condition: on-failure", ", restart: always").policy == Policy::kOnFailure);
  CHECK(restart("condition: any", ", restart: always").given);
  CHECK(web("deploy: {replicas: 1}").restart.policy == Policy::kNo);
}

TEST_CASE("sections: a limit holds where it is given, at the service or under deploy") {
  const auto service =
      web("cpus: 2, mem_limit: 1g, deploy: {resources: {limits: {pids: 7}, reservations: {memory: 512m}}}");
  CHECK(service.limits.cpus == 2);
  CHECK(service.limits.memory == 1 << 30);
  CHECK(service.limits.pids == 7);
  CHECK(service.limits.memory_reservation == 512 << 20);
  CHECK(service.mem_reservation == 0);
  CHECK(web("deploy: {resources: {limits: {pids: -1}}}").limits.pids == 0);
}

TEST_CASE("sections: a request for devices without a number asks for all") {
  CHECK(web("gpus: all").gpus.at(0).count == -1);
  CHECK(web("gpus: [{driver: x}]").gpus.at(0).count == -1);
  CHECK(web("gpus: [{device_ids: ['3']}]").gpus.at(0).count == 0);
  CHECK(web("gpus: [{count: '2'}]").gpus.at(0).count == 2);
}

TEST_CASE("sections: permissions are octal, but decimal where JSON has to write them so") {
  const Folder folder;
  const auto configs = folder
                           .load(
                               "services: {web: {image: x, configs: [{source: c, target: a, mode: 0440}, "
                               "{source: c, target: b, mode: '440'}, {source: c, target: d, mode: 288}]}}\n"
                               "configs: {c: {content: x}}")
                           .project.services.at("web")
                           .configs;
  for (const auto& config : configs) CHECK(config.mode == 0440);
}

TEST_CASE("sections: a service of a provider has no image and no network") {
  const Folder folder;
  const auto project = folder.load("services: {db: {provider: {type: cloud}}}").project;
  CHECK(project.services.at("db").networks.empty());
  CHECK(project.networks.empty());
}

TEST_CASE("sections: what only inactive services use is left out, and may be missing") {
  const Folder folder;
  const std::string text =
      "services:\n"
      "  web: {image: x, secrets: [used]}\n"
      "  dbg: {image: x, profiles: [dbg], configs: [c], secrets: [s], models: [m], networks: [n]}\n"
      "configs: {c: {file: ./nowhere}}\n"
      "secrets: {s: {environment: NOWHERE}, used: {file: ./compose.yaml}}\n"
      "models: {m: {model: x}}\n"
      "networks: {n: }\n";
  const auto project = folder.load(text).project;
  CHECK(project.configs.empty());
  CHECK(project.models.empty());
  CHECK(project.networks.count("n") == 0);
  CHECK(project.secrets.size() == 1);
}

TEST_CASE("sections: what a build reads of this machine must be there, the rest is not looked at") {
  const Folder folder;
  folder.write("app/Dockerfile", "FROM scratch");
  const auto errors = [&](const std::string& build) {
    const auto project = folder.load("services: {web: {build: " + build + "}}").project;
    std::string text;
    for (const auto& error : check_build_inputs(project, {})) text += error.message + "\n";
    return text;
  };
  CHECK(errors("https://github.com/x/y.git").empty());
  CHECK(errors("{context: git@github.com:x/y.git, dockerfile: nowhere}").empty());
  CHECK(errors("{context: app, additional_contexts: {a: app, b: docker-image://x}}").empty());
  CHECK(errors("{context: app, additional_contexts: {a: nowhere}}").find("additional context") == 0);
}

TEST_CASE("sections: secrets are never printed, inline configs are") {
  const Folder folder;
  folder.write("key", "of-file");
  parser::LoadOptions options = folder.options;
  options.environment["TOKEN"] = "of-environment";
  folder.write("compose.yaml",
               "services: {web: {image: x, secrets: [a, b], configs: [c, d]}}\n"
               "secrets: {a: {file: ./key}, b: {environment: TOKEN}}\n"
               "configs: {c: {content: inline}, d: {environment: TOKEN}}\n");
  const auto project = parser::load(options).project;
  for (const std::string& text : {to_yaml(project), to_json(project)}) {
    CHECK(text.find("of-file") == std::string::npos);
    CHECK(text.find("of-environment") == std::string::npos);
    CHECK(text.find("inline") != std::string::npos);
  }
}

TEST_CASE("sections: a secret from a variable has its value, of the included project's own .env too") {
  const Folder folder;
  folder.write("part/.env", "OWN=inner\nBOTH=inner\n");
  folder.write("part/compose.yaml",
               "services: {db: {image: x, secrets: [own, both], configs: [own]}}\n"
               "secrets: {own: {environment: OWN}, both: {environment: BOTH}}\n"
               "configs: {own: {environment: OWN}}\n");
  folder.write("compose.yaml",
               "include: [part/compose.yaml]\n"
               "services: {web: {image: x, secrets: [outer]}}\n"
               "secrets: {outer: {environment: OUTER}}\n");
  parser::LoadOptions options = folder.options;
  options.environment = {{"OUTER", "outer"}, {"BOTH", "outer"}};
  const auto project = parser::load(options).project;
  CHECK(project.secrets.at("own").environment_value == "inner");
  CHECK(project.configs.at("own").environment_value == "inner");
  CHECK(project.secrets.at("both").environment_value == "outer");
  CHECK(project.secrets.at("outer").environment_value == "outer");

  folder.write("compose.yaml",
               "include: [part/compose.yaml]\n"
               "services: {web: {image: x, secrets: [outer]}}\n"
               "secrets: {outer: {environment: OWN}}\n");
  const parser::LoadResult unset = folder.load();
  CHECK_FALSE(unset.project.secrets.at("outer").environment_value);
  REQUIRE(unset.warnings.size() == 1);
  CHECK(unset.warnings[0].to_string() ==
        "compose.yaml:3:32: warning: secrets.outer.environment: variable 'OWN' is not set");
}

TEST_CASE("sections: a project included by an included one sees the .env files of both") {
  const Folder folder;
  folder.write("compose.yaml", "include: [mid/compose.yaml]\n");
  folder.write("mid/.env", "TOKEN=of-mid\n");
  folder.write("mid/compose.yaml", "include: [inner/compose.yaml]\nconfigs: {motd: {environment: MOTD}}\n");
  folder.write("mid/inner/.env", "MOTD=of-inner\nTOKEN=of-inner\n");
  folder.write("mid/inner/compose.yaml",
               "services: {db: {image: x, configs: [motd], secrets: [token]}}\n"
               "configs: {motd: {environment: MOTD}}\n"
               "secrets: {token: {environment: TOKEN}}\n");
  const parser::LoadResult result = folder.load();
  CHECK(result.warnings.empty());
  CHECK(result.project.configs.at("motd").environment_value == "of-inner");
  CHECK(result.project.secrets.at("token").environment_value == "of-mid");
}
