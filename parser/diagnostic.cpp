#include "parser/diagnostic.h"

#include "parser/source.h"

namespace parser {

std::string Mark::to_string() const {
  return line > 0 ? file + ":" + std::to_string(line) + ":" + std::to_string(column) : file;
}

std::string Diagnostic::headline() const {
  std::string text = mark.to_string();
  if (!text.empty()) text += ": ";
  if (severity == Severity::kWarning) text += "warning: ";
  if (!path.empty()) text += path + ": ";
  text += message;
  // "did you mean" reads on from the message, any other advice is a clause of its own.
  if (!hint.empty()) text += (hint.rfind("did you mean", 0) == 0 ? ", " : "; ") + hint;
  return text;
}

std::string Diagnostic::chain_lines() const {
  std::string text;
  for (const Origin& origin : chain) {
    text += origin.kind == Origin::Kind::kIncluded ? "\n  included from " : "\n  extended from ";
    text += origin.mark.to_string();
  }
  return text;
}

std::string Diagnostic::to_string() const {
  return headline() + chain_lines();
}

std::string Diagnostic::to_string_with_caret() const {
  std::string text = headline();
  if (!source_line.empty() && mark.line > 0 && mark.column > 0)
    text += "\n    " + source_line + "\n    " + blank_up_to(source_line, mark.column) + "^";
  return text + chain_lines();
}

namespace {

std::string join(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::kError) continue;
    if (!text.empty()) text += '\n';
    text += diagnostic.to_string();
  }
  return text;
}

}  // namespace

LoadError::LoadError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(join(diagnostics)), diagnostics_(std::move(diagnostics)) {}

}  // namespace parser
