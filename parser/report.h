#pragma once
// Collects what is wrong over all stages, so that one run shows everything. Owns the sources the marks point
// into.
#include <memory>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/source.h"

namespace parser {

class Report {
 public:
  const Source& add_source(std::string name, std::string text, std::vector<Origin> chain = {});

  void error(const Mark& mark, std::string path, std::string message, std::string hint = "");
  void warning(const Mark& mark, std::string path, std::string message, std::string hint = "");
  bool failed() const { return errors_ > 0; }
  size_t errors() const { return errors_; }

  // In the order of files and places; what an alias repeats (same place, same message) is there once.
  std::vector<Diagnostic> diagnostics() const;
  // The same of what was found later, about the files read here: with the lines it is about.
  std::vector<Diagnostic> placed(const std::vector<Diagnostic>& diagnostics) const;
  // Throws LoadError when there are errors.
  void throw_if_failed() const;

  // While one lives, diagnostics are counted in errors_found() but not kept: for trying something out.
  class Silence {
   public:
    explicit Silence(Report& report);
    ~Silence();
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    bool errors_found() const { return report_.errors_ > before_; }

   private:
    Report& report_;
    size_t before_;
    size_t kept_;
  };

 private:
  void add(Severity severity, const Mark& mark, std::string path, std::string message, std::string hint);

  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Diagnostic> diagnostics_;
  size_t errors_ = 0;
};

}  // namespace parser
