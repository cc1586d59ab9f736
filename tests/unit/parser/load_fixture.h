#pragma once
// A folder that goes away with the test, and short ways to load what is in it.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "parser/load.h"

struct Folder {
  Folder() {
    char name[] = "/tmp/compose-parser-test-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    path = name;
    options.working_directory = path;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((std::filesystem::path(path) / name).parent_path());
    std::ofstream(std::filesystem::path(path) / name, std::ios::binary) << text;
  }
  parser::LoadResult load() const { return parser::load(options); }
  parser::LoadResult load(const std::string& text) const {
    write("compose.yaml", text);
    return parser::load(options);
  }
  // All diagnostics of a load that fails, a line each; "loaded" when it does not.
  std::string errors() const {
    try {
      parser::load(options);
      return "loaded";
    } catch (const parser::LoadError& error) {
      std::string text;
      for (const auto& diagnostic : error.diagnostics()) text += diagnostic.to_string() + "\n";
      return text;
    }
  }
  std::string errors(const std::string& text) const {
    write("compose.yaml", text);
    return errors();
  }

  std::string path;
  parser::LoadOptions options;
};
