#pragma once
// Reads the files of a project, named by the user or by other files, and makes their documents ready for
// merging: variables, names and types, one form of each attribute, absolute paths. Holds what goes through
// the whole loading: options, and limits over all files.
#include <optional>
#include <string>
#include <vector>

#include "parser/discovery.h"
#include "parser/node.h"
#include "parser/report.h"

namespace parser {

inline constexpr size_t kMaxFiles = 1000;
inline constexpr size_t kMaxNodesOfAllFiles = 400'000;  // what `extends` copies included
inline constexpr size_t kMaxServices = 5000;            // of the merged project
inline constexpr size_t kMaxChain = 100;                // files that include, services that extend each other

// What the relative paths and the variables of a file go by. An included file has a scope of its own.
struct Scope {
  StringMap environment;
  std::string folder;  // absolute
  bool resolve_paths = true;
};

struct ReadFile {
  InputFile file;
  std::vector<Node> documents;
};

class Documents {
 public:
  // `interpolate` false: values stay as they are written (keep_variables). The references must live as long.
  Documents(const LoadOptions& options, std::string working_directory, bool interpolate, Report& report);

  // A file the user named; its documents are empty when there was an error.
  ReadFile read(const InputFile& file);
  // A file that `asker` names, at `where` in its document.
  ReadFile read(const InputFile& file, const Node& asker, const std::string& where, Origin::Kind kind);

  // The local copy of a remote file that `asker` names, at `where` in its document. Nothing when there is
  // none, which is reported.
  std::optional<InputFile> fetch(const Node& asker, const std::string& where);

  // Leaves a map, whatever the document was.
  void prepare(Node& document, const Scope& scope);

  // Counts the values of a tree. Throws LoadError when there are too many by now.
  void count(const Node& tree, const Location& at);

  // The file at an absolute path, named as reads best in messages: relative to the working directory when it
  // is not far from it.
  InputFile file_at(const std::string& path) const;

  // Variables of an included project's own .env that its configs and secrets are made from:
  // "secrets.token/TOKEN" -> value. The first project to say it wins.
  void keep_file_variable(const std::string& object, const std::string& variable, const std::string& value) {
    file_variables_.emplace(object + '/' + variable, value);
  }
  StringMap take_file_variables() { return std::move(file_variables_); }

  bool interpolates() const { return interpolate_; }
  Report& report() { return report_; }

 private:
  ReadFile load(const InputFile& file, const Source* source);

  const LoadOptions& options_;
  std::string working_directory_;
  bool interpolate_;
  Report& report_;
  StringMap file_variables_;
  size_t files_ = 0;
  size_t nodes_ = 0;
};

}  // namespace parser
