// The whole pipeline on one file of any bytes: it ends in a project or in a LoadError. A project is printed,
// and what was printed loads again.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "parser/load.h"

namespace {

// Relative paths in the input find nothing in here.
const std::filesystem::path& folder() {
  static const std::filesystem::path kFolder = [] {
    char pattern[] = "/dev/shm/compose-fuzz-XXXXXX";
    if (mkdtemp(pattern) == nullptr) std::abort();
    std::atexit([] { std::filesystem::remove_all(folder()); });
    return std::filesystem::path(pattern);
  }();
  return kFolder;
}

parser::LoadResult load(const std::string& text) {
  std::ofstream(folder() / "compose.yaml", std::ios::binary) << text;
  parser::LoadOptions options;
  options.working_directory = folder();
  options.project_name = "fuzz";
  options.profiles = {"*"};
  options.environment = {{"HOME", "/root"}, {"A", "1"}, {"EMPTY", ""}};
  return parser::load(options);
}

void check_printed(const std::string& printed) {
  std::string again;
  try {
    again = to_yaml(load(printed).project);
  } catch (const parser::LoadError& error) {
    again = error.what();
  }
  if (again == printed) return;
  std::cerr << "printed:\n" << printed << "\nloaded again:\n" << again << "\n";
  std::abort();
}

// An image whose name a missing variable has spoilt is warned of; written out it is a mistake.
bool has_spoilt_image(const parser::LoadResult& result) {
  return std::any_of(result.warnings.begin(), result.warnings.end(), [](const auto& warning) {
    return warning.message.find("invalid image name") != std::string::npos;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string printed;
  try {
    const parser::LoadResult first = load(std::string(reinterpret_cast<const char*>(data), size));
    if (!has_spoilt_image(first)) printed = to_yaml(first.project);
    to_json(first.project);
  } catch (const parser::LoadError& error) {
    for (const parser::Diagnostic& diagnostic : error.diagnostics()) diagnostic.to_string_with_caret();
    return 0;
  }
  if (!printed.empty()) check_printed(printed);
  return 0;
}
