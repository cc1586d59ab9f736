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
};

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  Mark mark;
  std::string path;         // place in the document: "services.web.ports[0]"; may be empty
  std::string message;      // "unknown attribute 'Image'"
  std::string hint;         // "did you mean 'image'?"; may be empty
  std::string source_line;  // the line of the file, for the caret; may be empty

  // "docker-compose.yml:4:9: services.db: unknown attribute 'Image', did you mean 'image'?"
  // Warnings have "warning: " after the place.
  std::string to_string() const;
  // to_string() and, below it, the source line with a caret (for a terminal).
  std::string to_string_with_caret() const;
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
