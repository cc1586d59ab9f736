#pragma once
// .dockerignore: which paths of the build context the build may see. Source: Docker's documentation, "Build
// context",
// ".dockerignore files".
#include <string>
#include <vector>

#include "engine/build/glob.h"

namespace engine::build {

class IgnoreRules {
 public:
  IgnoreRules() = default;
  // Throws engine::Error(kInvalid), "<file>:<line>: ...", for a malformed pattern.
  IgnoreRules(const std::string& text, const std::string& file);

  // The same from patterns that stand one by one, without a file: throws std::invalid_argument.
  explicit IgnoreRules(const std::vector<std::string>& patterns);

  // `path` is relative to the context, without "./". The last rule that matches it or a folder above it
  // decides.
  bool excluded(const std::string& path) const;
  // False when `folder` is excluded together with everything below it, so that it need not be read.
  bool may_hold_included(const std::string& folder) const;
  const std::string& file() const { return file_; }

 private:
  // False for what is no rule. Throws std::invalid_argument.
  bool add(std::string pattern);

  struct Rule {
    Glob pattern;
    bool include;  // a `!` rule
  };
  std::string file_;
  std::vector<Rule> rules_;
};

}  // namespace engine::build
