// Every folder of tests/golden/parser is a case: its Compose files are found as a user's are, with the
// variables of the file `environment`; diagnostics and canonical YAML must equal `expected`.
// COMPOSE_UPDATE_GOLDEN=1 rewrites them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parser/load.h"
#include "places.h"

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

parser::StringMap read_environment(const fs::path& path) {
  parser::StringMap environment;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return environment;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string run_case(const fs::path& folder) {
  parser::LoadOptions options;
  options.working_directory = folder.string();
  options.environment = read_environment(folder / "environment");
  std::string text;
  try {
    const parser::LoadResult result = parser::load(options);
    for (const parser::Diagnostic& warning : result.warnings) text += warning.to_string() + "\n";
    text += to_yaml(result.project);
  } catch (const parser::LoadError& error) {
    for (const parser::Diagnostic& diagnostic : error.diagnostics()) text += diagnostic.to_string() + "\n";
  }
  return replace_all(replace_all(text, folder.string(), "/project"), folder.parent_path().string(), "/above");
}

}  // namespace

TEST_CASE("golden: every case of tests/golden/parser gives its expected text") {
  const fs::path root = fs::path(places::source("tests/golden/parser"));
  std::vector<fs::path> cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  REQUIRE(cases.size() > 50);
  for (const fs::path& folder : cases) {
    INFO(folder.filename().string());
    const std::string got = run_case(folder);
    if (std::getenv("COMPOSE_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(folder / "expected") << got;
      continue;
    }
    CHECK(got == read_file(folder / "expected"));
  }
}

TEST_CASE("golden: what `config` prints loads to the same, as YAML and as JSON") {
  const fs::path root = fs::path(places::source("tests/golden/parser"));
  for (const fs::directory_entry& entry : fs::directory_iterator(root)) {
    parser::LoadOptions options;
    options.working_directory = entry.path().string();
    options.environment = read_environment(entry.path() / "environment");
    parser::Project project;
    size_t warnings = 0;
    try {
      parser::LoadResult result = parser::load(options);
      project = std::move(result.project);
      warnings = result.warnings.size();
    } catch (const parser::LoadError&) {
      continue;  // a case of errors
    }
    INFO(entry.path().filename().string());
    char folder[] = "/tmp/compose-parser-test-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    std::ofstream(fs::path(folder) / "yaml") << to_yaml(project);
    std::ofstream(fs::path(folder) / "json") << to_json(project);
    for (const char* form : {"yaml", "json"}) {
      options.files = {std::string(folder) + "/" + form};
      const parser::LoadResult again = parser::load(options);
      CHECK(again.warnings.size() <= warnings);
      CHECK(to_yaml(again.project) == to_yaml(project));
      CHECK(to_json(again.project) == to_json(project));
    }
    fs::remove_all(folder);
  }
}
