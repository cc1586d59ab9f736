#include "parser/published.h"

#include <catch2/catch.hpp>

#include "load_fixture.h"

namespace {

parser::PublishRequest request_of(const Folder& folder, bool env_files) {
  return {folder.path + "/compose.yaml", folder.path,
          [&folder](const std::string& path) {
            return "<" + std::filesystem::path(path).lexically_relative(folder.path).string() + ">";
          },
          env_files};
}

std::string refusal(const Folder& folder) {
  try {
    parser::publish_file(request_of(folder, true), {});
    return "published";
  } catch (const parser::LoadError& error) {
    return error.diagnostics().front().to_string();
  }
}

}  // namespace

TEST_CASE("published: the text stays as it was written, but for the names of files that go with it") {
  Folder folder;
  folder.write("compose.yaml",
               "# what it is\n"
               "services:\n"
               "  é: {image: x, env_file: ['é.env', {path: \"b.env\", required: false}]}  # two\n"
               "  web:\n"
               "    env_file: ./${NAME}.env # one\n"
               "    extends:\n"
               "      file: ../common/base.yaml\n"
               "      service: web\n"
               "  near: {extends: {service: web}, image: x}\n"
               "  far: {extends: {file: 'oci://example.com/x', service: a}}\n"
               "---\n"
               "services: {web: {image: \"y\"}}\n");
  const parser::PublishedFile with = parser::publish_file(request_of(folder, true), {{"NAME", "c"}});
  CHECK(with.text ==
        "# what it is\n"
        "services:\n"
        "  é: {image: x, env_file: [<é.env>.env, {path: <b.env>.env, required: false}]}  # two\n"
        "  web:\n"
        "    env_file: <c.env>.env # one\n"
        "    extends:\n"
        "      file: <../common/base.yaml>.yaml\n"
        "      service: web\n"
        "  near: {extends: {service: web}, image: x}\n"
        "  far: {extends: {file: 'oci://example.com/x', service: a}}\n"
        "---\n"
        "services: {web: {image: \"y\"}}\n");
  CHECK(with.env_files.size() == 3);
  CHECK(with.env_files.at(folder.path + "/c.env") == "<c.env>.env");
  CHECK(with.extended.size() == 1);
  CHECK(with.services.at("web").has_env_file);
  CHECK_FALSE(with.services.at("near").has_env_file);

  const parser::PublishedFile without = parser::publish_file(request_of(folder, false), {{"NAME", "c"}});
  CHECK(without.env_files.empty());
  CHECK(without.text.find("env_file: ./${NAME}.env # one") != std::string::npos);
}

TEST_CASE("published: what a file tells of its author is noted as it is written") {
  Folder folder;
  folder.write("compose.yaml",
               "include: [a.yaml, {path: [b.yaml, 'oci://example.com/c']}, 'oci://example.com/d']\n"
               "services:\n"
               "  web: {image: x, environment: {PASSWORD: hunter2, TOKEN: '${TOKEN}', NONE: }}\n"
               "  db: {image: x, environment: ['A=b=c', B]}\n"
               "configs: {own: {content: \"text\"}, file: {file: ./f}}\n");
  const parser::PublishedFile file = parser::publish_file(request_of(folder, true), {{"TOKEN", "secret"}});
  CHECK(file.local_includes == std::vector<std::string>{"a.yaml", "b.yaml"});
  CHECK(file.services.at("web").environment ==
        parser::StringMap{{"PASSWORD", "hunter2"}, {"TOKEN", "${TOKEN}"}});
  CHECK(file.services.at("db").environment == parser::StringMap{{"A", "b=c"}});
  CHECK(file.config_contents == parser::StringMap{{"own", "text"}});
}

TEST_CASE("published: a file's name that cannot be replaced in the text is refused at its place") {
  Folder folder;
  const std::string at = folder.path + "/compose.yaml:";
  folder.write("compose.yaml", "services: {web: {image: x, env_file: &e a.env}}\n");
  CHECK(refusal(folder) == at + "1:38: services.web.env_file: the name of a file that is published too must "
                                "stand here by itself; write it out, in one line and without an anchor");
  folder.write("compose.yaml", "services:\n  web:\n    image: x\n    env_file: >-\n      a.env\n");
  CHECK(refusal(folder).find(at + "4:15: services.web.env_file: the name") == 0);
  folder.write("compose.yaml", "services: [\n");
  CHECK(refusal(folder).find(at) == 0);
}
