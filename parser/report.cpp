#include "parser/report.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace parser {

const Source& Report::add_source(std::string name, std::string text, std::vector<Origin> chain) {
  sources_.push_back(std::make_unique<Source>(std::move(name), std::move(text), std::move(chain)));
  return *sources_.back();
}

void Report::add(Severity severity, const Mark& mark, std::string path, std::string message,
                 std::string hint) {
  if (severity == Severity::kError) ++errors_;
  diagnostics_.push_back({severity, mark, std::move(path), std::move(message), std::move(hint), ""});
}

void Report::error(const Mark& mark, std::string path, std::string message, std::string hint) {
  add(Severity::kError, mark, std::move(path), std::move(message), std::move(hint));
}

void Report::warning(const Mark& mark, std::string path, std::string message, std::string hint) {
  add(Severity::kWarning, mark, std::move(path), std::move(message), std::move(hint));
}

std::vector<Diagnostic> Report::diagnostics() const {
  return placed(diagnostics_);
}

std::vector<Diagnostic> Report::placed(const std::vector<Diagnostic>& diagnostics) const {
  std::map<std::string, std::pair<size_t, const Source*>> by_name;
  // Of a file that was read several times the first reading tells how it came in.
  for (size_t i = 0; i < sources_.size(); ++i)
    by_name.emplace(sources_[i]->name(), std::make_pair(i, sources_[i].get()));

  std::vector<Diagnostic> result;
  std::set<std::tuple<std::string, int, int, std::string>> seen;
  for (Diagnostic diagnostic : diagnostics) {
    const Mark& mark = diagnostic.mark;
    if (!seen.emplace(mark.file, mark.line, mark.column, diagnostic.message).second) continue;
    if (const auto found = by_name.find(mark.file); found != by_name.end()) {
      diagnostic.source_line = found->second.second->line(mark.line);
      diagnostic.chain = found->second.second->chain();
    }
    result.push_back(std::move(diagnostic));
  }
  const auto order = [&](const Diagnostic& diagnostic) {
    const auto found = by_name.find(diagnostic.mark.file);
    return std::make_tuple(found == by_name.end() ? sources_.size() : found->second.first,
                           diagnostic.mark.line, diagnostic.mark.column);
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return order(a) < order(b); });
  return result;
}

void Report::throw_if_failed() const {
  if (failed()) throw LoadError(diagnostics());
}

Report::Silence::Silence(Report& report)
    : report_(report), before_(report.errors_), kept_(report.diagnostics_.size()) {}

Report::Silence::~Silence() {
  report_.diagnostics_.resize(kept_);
  report_.errors_ = before_;
}

}  // namespace parser
