#pragma once
// What is wrong in a Compose file, and where.
#include <stdexcept>
#include <string>
#include <vector>

namespace parser {

// A place in a source file. Lines and columns count from 1; 0 means "the file as a whole".
struct Mark {
  std::string file;
  int line = 0;
  int column = 0;
  std::string to_string() const;  // "compose.yaml:3:5", or only the file
};

enum class Severity { kError, kWarning };

// Why a file was read that the user did not name: the place that asks for it.
struct Origin {
  enum class Kind { kIncluded, kExtended };
  Kind kind = Kind::kIncluded;
  Mark mark;
};

struct Diagnostic {
  Severity severity = Severity::kError;
  Mark mark;
  std::string path;                // place in the document: "services.web.ports[0]"; may be empty
  std::string message;             // "unknown attribute 'Image'"
  std::string hint;                // "did you mean 'image'?"; may be empty
  std::string source_line;         // the line of the file, for the caret; may be empty
  std::vector<Origin> chain = {};  // what brought the file in, nearest first

  // "docker-compose.yml:4:9: services.db: unknown attribute 'Image', did you mean 'image'?"
  // Warnings have "warning: " after the place. Below it a line for each origin of the file:
  // "  included from compose.yaml:3:5".
  std::string to_string() const;
  // The same with the source line and a caret below the message (for a terminal).
  std::string to_string_with_caret() const;

 private:
  std::string headline() const;
  std::string chain_lines() const;
};

// Thrown when a project cannot be loaded: all errors of the run at once (and the warnings met so far).
class LoadError : public std::runtime_error {
 public:
  explicit LoadError(std::vector<Diagnostic> diagnostics);
  const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace parser
