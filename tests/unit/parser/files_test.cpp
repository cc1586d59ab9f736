// Several files: what golden cases cannot show, limits and standard input among it.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>

#include "load_fixture.h"
#include "parser/canonical.h"
#include "parser/paths.h"
#include "parser/tree.h"
#include "parser/yaml.h"

namespace {

std::string tree_of(Folder& folder) {
  parser::Report report;
  const std::string text = parser::to_yaml(parser::load_tree(folder.options, report).tree);
  std::string diagnostics;
  for (const auto& diagnostic : report.diagnostics()) diagnostics += diagnostic.to_string() + "\n";
  return diagnostics + text;
}

std::string number(size_t value) {
  return std::to_string(value);
}

// The paths of a document that lies in /project, HOME being /home/me.
std::string resolved(const std::string& text) {
  parser::Report report;
  parser::Node document = std::move(parser::load_yaml(report.add_source("f.yml", text), report).at(0));
  parser::make_canonical(document, report);
  parser::resolve_paths(document, "/project", {{"HOME", "/home/me"}}, report);
  std::string diagnostics;
  for (const auto& diagnostic : report.diagnostics()) diagnostics += diagnostic.to_string() + "\n";
  return diagnostics + parser::to_yaml(document);
}

std::string service(const std::string& body) {
  return "services: {a: {" + body + "}}";
}

}  // namespace

TEST_CASE("paths: each attribute that holds a path of the host is made absolute") {
  const struct {
    std::string given, expected;
  } kCases[] = {
      {service("build: ./x"), service("build: /project/x")},
      {service("build: {context: '', dockerfile: ../D}"),
       service("build: {context: /project, dockerfile: ../D}")},
      {service("build: https://example.com/x.git"), service("build: https://example.com/x.git")},
      {service("build: git@example.com:x.git"), service("build: git@example.com:x.git")},
      {service("build: github.com/a/b"), service("build: github.com/a/b")},
      {service("build: {context: ., additional_contexts: {a: ../a, b: 'docker-image://x', c: 'service:x', d: "
               "'https://e/x', e: 'oci-layout://./x', f: ~/f}}"),
       service("build: {context: /project, additional_contexts: {a: /a, b: 'docker-image://x', c: "
               "'service:x', d: "
               "'https://e/x', e: 'oci-layout://./x', f: /home/me/f}}")},
      {service("build: {context: ., ssh: [default, k=~/.ssh/k]}"),
       service("build: {context: /project, ssh: {default: null, k: /home/me/.ssh/k}}")},
      {service("env_file: [a.env, /b.env]"), service("env_file: [/project/a.env, /b.env]")},
      {service("label_file: ./a"), service("label_file: [/project/a]")},
      {service("develop: {watch: [{path: ./a/../b, action: sync}]}"),
       service("develop: {watch: [{path: /project/b, action: sync}]}")},
      {service("credential_spec: {file: c.json}"), service("credential_spec: {file: /project/c.json}")},
      {service("volumes: ['./a:/a', '~/b:/b', 'c:/c', {type: bind, source: d, target: /d}, {type: volume, "
               "source: "
               "e, target: /e}]"),
       service("volumes: ['/project/a:/a', '/home/me/b:/b', 'c:/c', {type: bind, source: /project/d, target: "
               "/d}, "
               "{type: volume, source: e, target: /e}]")},
      {"configs: {c: {file: ./c}}", "configs: {c: {file: /project/c}}"},
      {"secrets: {s: {file: ../s}}", "secrets: {s: {file: /s}}"},
      {"volumes: {v: {driver_opts: {o: 'rw,bind', device: ./d}}}",
       "volumes: {v: {driver_opts: {o: 'rw,bind', device: /project/d}}}"},
      {"volumes: {v: {driver_opts: {device: ./d}}}", "volumes: {v: {driver_opts: {device: /project/d}}}"},
      {"volumes: {v: {driver_opts: {o: 'addr=h', device: ':/d'}}}",
       "volumes: {v: {driver_opts: {o: 'addr=h', device: ':/d'}}}"},
      {"volumes: {v: {driver_opts: {type: tmpfs, device: tmpfs}}}",
       "volumes: {v: {driver_opts: {type: tmpfs, device: tmpfs}}}"},
  };
  for (const auto& test : kCases) {
    INFO(test.given);
    parser::Report report;
    parser::Node expected = std::move(parser::load_yaml(report.add_source("f", test.expected), report).at(0));
    parser::make_canonical(expected, report);
    CHECK(resolved(test.given) == parser::to_yaml(expected));
  }
}

TEST_CASE("paths: the home of another user, and no HOME, are errors") {
  CHECK(resolved("configs: {c: {file: ~other/c}}")
            .find("f.yml:1:21: configs.c.file: '~other/c': the home of") == 0);
  Folder folder;
  CHECK(folder.errors("services:\n  web: {image: x, volumes: ['~/d:/d']}\n") ==
        "compose.yaml:2:29: services.web.volumes[0].source: '~' in '~/d': HOME is not set\n");
}

TEST_CASE("paths: a watched path is told with its links resolved") {
  Folder folder;
  folder.write("real/x", "");
  std::filesystem::create_directory_symlink("real", folder.path + "/link");
  parser::Report report;
  parser::Node document = std::move(
      parser::load_yaml(report.add_source("f", "services: {a: {develop: {watch: [{path: link/x}]}}}"), report)
          .at(0));
  parser::resolve_paths(document, folder.path, {}, report);
  CHECK(parser::to_yaml(document).find("path: " + folder.path + "/real/x") != std::string::npos);
}

TEST_CASE("paths: without their resolution only those of the user's own files stay as written") {
  Folder folder;
  folder.options.resolve_paths = false;
  folder.write(
      "compose.yaml",
      "include: [sub/compose.yaml]\nservices:\n  web:\n    extends: {file: sub/base.yml, service: base}\n"
      "    volumes: ['./own:/own']\n    build: {target: t}\n");
  folder.write("sub/compose.yaml", "services: {db: {image: y, volumes: ['./d:/d']}}\n");
  folder.write("sub/base.yml", "services: {base: {image: x, volumes: ['./b:/b']}}\n");
  const std::string text = tree_of(folder);
  CHECK(text.find("source: ./own\n") != std::string::npos);
  CHECK(text.find("context: .\n") != std::string::npos);
  CHECK(text.find("source: " + folder.path + "/sub/d\n") != std::string::npos);
  CHECK(text.find("source: " + folder.path + "/sub/b\n") != std::string::npos);
}

TEST_CASE("tree: without interpolation values stay as written, and no type is missed") {
  Folder folder;
  folder.options.interpolate = false;
  folder.options.environment["FILE"] = "base.yml";
  folder.write("base.yml", "services: {base: {image: 'x:${TAG:?needed}'}}\n");
  folder.write("compose.yaml", R"(
services:
  web:
    extends: {file: "${FILE}", service: base}
    privileged: ${P}
    cpus: ${CPUS:-0.5}
    restart: ${R}
    ports: ["${PORT:-80}:80", "8080:80"]
    volumes: ["${DIR:-./d}:/d", "./e/${X}:/e", "v:/v:${MODE}"]
    environment: ["A=${A}", "${WHOLE}"]
    extra_hosts: ["${HOST}", "h:${IP}"]
    healthcheck: {interval: "${I}"}
    hostname: a$$b
    tmpfs: ${T}
volumes: {v: }
)");
  CHECK(tree_of(folder) ==
        "services:\n  web:\n    image: x:${TAG:?needed}\n    privileged: ${P}\n"
        "    cpus: ${CPUS:-0.5}\n    restart: ${R}\n    ports:\n      - ${PORT:-80}:80\n"
        "      - target: 80\n        published: \"8080\"\n"
        "        protocol: tcp\n    volumes:\n      - ${DIR:-./d}:/d\n"
        "      - type: bind\n        source: " +
            folder.path +
            "/e/${X}\n        target: /e\n        bind:\n          create_host_path: true\n"
            "      - v:/v:${MODE}\n    environment:\n      A: ${A}\n      ${WHOLE}: null\n"
            "    extra_hosts:\n      - ${HOST}\n      - h=${IP}\n    healthcheck:\n"
            "      interval: ${I}\n    hostname: a$$b\n    tmpfs:\n      - ${T}\n"
            "volumes:\n  v: null\n");
}

TEST_CASE("tree: without interpolation a list or map still has to be one") {
  Folder folder;
  folder.options.interpolate = false;
  folder.write("compose.yaml", "services:\n  web: {image: x, ports: '${P}', labels: {a: ['${X}']}}\n");
  const std::string text = tree_of(folder);
  CHECK(text.find("compose.yaml:2:26: services.web.ports: must be a list") == 0);
  CHECK(text.find("services.web.labels.a: must be a string") != std::string::npos);
}

TEST_CASE("include: a hundred files deep is enough, more is an error that stops") {
  Folder folder;
  const auto write = [&folder](size_t depth) {
    for (size_t i = 0; i < depth; ++i)
      folder.write("f" + number(i) + ".yml", "include: [f" + number(i + 1) + ".yml]\n");
    folder.write("f" + number(depth) + ".yml", "services: {web: {image: x}}\n");
  };
  folder.options.files = {"f0.yml"};
  write(parser::kMaxChain);
  CHECK(folder.load().project.services.size() == 1);
  write(parser::kMaxChain + 1);
  CHECK(folder.errors().find(
            "f100.yml:1:11: include[0]: files include each other more than 100 deep\n  included "
            "from f99.yml:1:11\n") == 0);
}

TEST_CASE("include: files that multiply end in an error within a second") {
  Folder folder;
  for (size_t i = 0; i < 30; ++i)
    folder.write("f" + number(i) + ".yml",
                 "include: [f" + number(i + 1) + ".yml, f" + number(i + 1) + ".yml]\n");
  folder.write("f30.yml", "services: {web: {image: x}}\n");
  folder.options.files = {"f0.yml"};
  const auto start = std::chrono::steady_clock::now();
  CHECK(folder.errors().find("more than 1000 files in one project") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("files: the values of all files together are limited") {
  Folder folder;
  std::string big = "services:\n  s$:\n    image: x\n    environment:\n";
  for (size_t i = 0; i < 90'000; ++i) big += "      - A" + number(i) + "=1\n";
  for (size_t i = 0; i < 5; ++i) {
    std::string text = big;
    text.replace(text.find('$'), 1, number(i));
    folder.write("f" + number(i) + ".yml", text);
    folder.options.files.push_back("f" + number(i) + ".yml");
  }
  CHECK(folder.errors().find("f4.yml:1:1: the project's files hold more than 400000 values") == 0);
}

TEST_CASE("files: the services of a project are limited") {
  Folder folder;
  std::string text = "services:\n";
  for (size_t i = 0; i < 5000; ++i) text += "  s" + number(i) + ": {image: a}\n";
  CHECK(folder.load(text).project.services.size() == 5000);
  text += "  last: {image: a}\n";
  CHECK(folder.errors(text) == "compose.yaml:5002:3: services: more than 5000 services in one project\n");
}

TEST_CASE("extends: what services copy from each other is limited") {
  Folder folder;
  std::string text = "services:\n  s0:\n    image: x\n    environment:\n";
  for (size_t i = 0; i < 10'000; ++i) text += "      - A" + number(i) + "=1\n";
  for (size_t i = 1; i < 100; ++i) text += "  s" + number(i) + ": {extends: s0}\n";
  CHECK(folder.errors(text).find("the project's files hold more than 400000 values") != std::string::npos);
}

TEST_CASE("extends: a chain of more than a hundred services is an error that stops") {
  Folder folder;
  std::string text = "services:\n";
  for (size_t i = 0; i < 150; ++i) text += "  s" + number(i) + ": {extends: s" + number(i + 1) + "}\n";
  CHECK(folder.errors(text + "  s150: {image: x}\n") ==
        "compose.yaml:102:19: services.s100.extends: services extend each other more than 100 deep\n");
}

TEST_CASE("files: standard input is a file in the working directory") {
  Folder folder;
  folder.write("piped",
               "services:\n  web: {image: x, volumes: ['./d:/d'], extends: {file: base.yml, service: b}}\n");
  folder.write("base.yml", "services: {b: {user: u}}\n");
  folder.options.files = {"-"};
  const int saved = dup(0);
  REQUIRE(std::freopen((folder.path + "/piped").c_str(), "r", stdin) != nullptr);
  const auto project = folder.load().project;
  CHECK(project.working_dir == folder.path);
  CHECK(project.services.at("web").volumes[0].source == folder.path + "/d");
  CHECK(project.services.at("web").user == "u");
  CHECK(project.services.at("web").mark.file == "<stdin>");
  dup2(saved, 0);
  close(saved);
}

TEST_CASE("files: remote ones are refused by name") {
  Folder folder;
  const std::string refusal =
      "remote Compose files are not supported, but those of oci://; fetch it and name the local file\n";
  for (const char* file :
       {"oci://example.com/app", "https://example.com/app.git", "git@example.com:app.git"}) {
    folder.options.files = {file};
    CHECK(folder.errors() == std::string(file) + ": " + refusal);
  }
  folder.options.fetch_remote = [](const std::string&) { return std::string("/never"); };
  folder.options.files = {"https://example.com/app.git"};
  CHECK(folder.errors() == "https://example.com/app.git: " + refusal);
  folder.options.files.clear();
  CHECK(folder.errors("include: ['https://example.com/app.git']\n") ==
        "compose.yaml:1:11: include[0]: 'https://example.com/app.git': " + refusal);
}

TEST_CASE("files: one of oci:// is loaded from its local copy, whose folder its relative paths start from") {
  Folder folder;
  Folder cache;
  cache.write("compose.yaml", "services: {web: {image: x, env_file: web.env, volumes: ['./d:/d']}}\n");
  cache.write("web.env", "A=1\n");
  std::vector<std::string> asked;
  folder.options.fetch_remote = [&](const std::string& reference) {
    asked.push_back(reference);
    return cache.path + "/compose.yaml";
  };
  folder.write(".env", "COMPOSE_PROJECT_NAME=\nTAG=2\n");
  folder.write("over.yaml", "services: {web: {image: 'x:${TAG}'}}\n");
  folder.options.files = {"oci://example.com/app:1", "over.yaml"};
  const parser::Project project = folder.load().project;
  CHECK(asked == std::vector<std::string>{"oci://example.com/app:1"});
  CHECK(project.services.at("web").image == "x:2");
  CHECK(project.services.at("web").environment.at("A") == "1");
  CHECK(project.services.at("web").volumes.at(0).source == cache.path + "/d");
  CHECK(project.working_dir == cache.path);
  CHECK(project.config_files ==
        std::vector<std::string>{cache.path + "/compose.yaml", folder.path + "/over.yaml"});
  std::string own = std::filesystem::path(folder.path).filename().string();
  std::transform(own.begin(), own.end(), own.begin(), ::tolower);
  CHECK(project.name == own);
  CHECK(parser::project_name(folder.options) == own);

  // What only configures the tool needs no registry.
  asked.clear();
  CHECK(parser::tool_environment(folder.options).at("TAG") == "2");
  CHECK(asked.empty());

  // A variable may name it, whose colons separate nothing unless another separator is given.
  folder.options.files.clear();
  folder.options.environment["COMPOSE_FILE"] = "oci://example.com:5000/app:1";
  CHECK(folder.load().project.services.at("web").image == "x");
  folder.options.environment["COMPOSE_FILE"] = "oci://example.com:5000/app:1,over.yaml";
  folder.options.environment["COMPOSE_PATH_SEPARATOR"] = ",";
  CHECK(folder.load().project.services.at("web").image == "x:2");
  CHECK(asked == std::vector<std::string>(2, "oci://example.com:5000/app:1"));
}

TEST_CASE("files: one of oci:// can be included and extended, and says what is wrong where it is named") {
  Folder folder;
  Folder cache;
  cache.write("compose.yaml", "services: {db: {image: db, volumes: ['./d:/d']}}\n");
  folder.options.fetch_remote = [&](const std::string& reference) {
    if (reference != "oci://example.com/app") throw std::runtime_error("no such artifact");
    return cache.path + "/compose.yaml";
  };
  const parser::Project project =
      folder
          .load(
              "include: ['oci://example.com/app']\n"
              "services: {web: {image: web, extends: {file: 'oci://example.com/app', service: db}}}\n")
          .project;
  CHECK(project.services.at("web").volumes.at(0).source == cache.path + "/d");
  CHECK(project.services.at("db").volumes.at(0).source == cache.path + "/d");
  CHECK(folder.errors("services: {web: {extends: {file: 'oci://example.com/gone', service: db}}}\n")
            .find("compose.yaml:1:34: services.web.extends: 'oci://example.com/gone': no such artifact") ==
        0);
  folder.options.files = {"oci://example.com/gone"};
  CHECK(folder.errors() == "oci://example.com/gone: no such artifact\n");
}

TEST_CASE("include: a file outside the working directory is named by its whole path") {
  Folder folder;
  Folder other;
  other.write("compose.yaml", "services: {db: {Image: y}}\n");
  folder.write("compose.yaml", "include: ['" + other.path + "/compose.yaml']\n");
  folder.options.working_directory = folder.path;
  folder.write("a/b/c/x", "");
  folder.options.files = {"../../../compose.yaml"};
  folder.options.working_directory = folder.path + "/a/b/c";
  CHECK(folder.errors() ==
        other.path +
            "/compose.yaml:1:17: services.db: unknown attribute 'Image', did you mean 'image'?\n"
            "  included from ../../../compose.yaml:1:11\n");
}

TEST_CASE("diagnostic: the chain stands below the caret") {
  parser::Diagnostic diagnostic{parser::Severity::kError, {"b.yml", 1, 2}, "", "m", "", "abc"};
  diagnostic.chain = {{parser::Origin::Kind::kExtended, {"a.yml", 3, 4}},
                      {parser::Origin::Kind::kIncluded, {"compose.yaml", 5, 6}}};
  CHECK(diagnostic.to_string_with_caret() ==
        "b.yml:1:2: m\n    abc\n     ^\n  extended from a.yml:3:4\n  included from compose.yaml:5:6");
}
