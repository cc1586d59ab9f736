#pragma once
// From files to one tree: each document is prepared, gets what it includes and extends, and is laid over
// those before it. The tree is canonical, its paths absolute, and not yet checked for what is missing or
// undefined.
#include <string>
#include <vector>

#include "parser/documents.h"
#include "parser/load.h"

namespace parser {

// The files of one scope; `ancestors` are those that led to them by `include`.
Node merge_files(std::vector<ReadFile> files, const Scope& scope, const std::vector<InputFile>& ancestors,
                 Documents& documents);

// The files the user named. Throws LoadError when one cannot be read: without it all that refers to it would
// be called undefined.
std::vector<ReadFile> read_files(const std::vector<InputFile>& files, Documents& documents);

struct ProjectTree {
  Node tree;         // the nodes point into the report
  std::string name;  // the project's, whatever the tree says
  Surroundings surroundings;
  StringMap environment;     // what the variables were taken from, with COMPOSE_PROJECT_NAME
  StringMap file_variables;  // Documents::keep_file_variable
};

// All files of a project, found, read and merged. Throws LoadError when files cannot be read; what else is
// wrong is in `report`. With LoadOptions::interpolate false this is what `config --no-interpolate` shows.
ProjectTree load_tree(const LoadOptions& options, Report& report);

// Canonical YAML of a tree.
std::string to_yaml(const Node& tree);

}  // namespace parser
