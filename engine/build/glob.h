#pragma once
// Wildcard patterns over paths and text. Matching is a walk over the set of reachable pattern positions:
// linear in text times pattern, whatever the pattern.
#include <string>
#include <vector>

namespace engine::build {

class Glob {
 public:
  enum class Dialect {
    kPath,    // Go filepath.Match: * and ? and [a-z] [^a-z] within one path component, \ escapes
    kIgnore,  // .dockerignore: as kPath, and ** matches any number of components
    kText,    // shell parameter patterns: * crosses slashes
  };
  // Throws std::invalid_argument for a malformed pattern ([ without ], trailing \).
  Glob(const std::string& pattern, Dialect dialect);

  bool matches(const std::string& text) const;
  // True when the pattern matches `path` or one of the folders it is in.
  bool matches_or_contains(const std::string& path) const;
  // True when some text that begins with `prefix` could match.
  bool could_match_below(const std::string& prefix) const;

  // True when the text has a wildcard, so that it must be matched against names.
  static bool is_pattern(const std::string& text) { return text.find_first_of("*?[\\") != std::string::npos; }

 private:
  struct Token {
    enum class Kind { kChar, kOne, kAny, kAnyDeep, kDirs, kClass } kind = Kind::kChar;
    char character = 0;
    bool negated = false;
    std::vector<std::pair<unsigned char, unsigned char>> ranges;
  };
  using States = std::vector<unsigned char>;
  States start() const;
  void close(States& states) const;
  // False when no position is reachable any more.
  bool advance(const States& states, char c, States& next) const;
  // Feeds `text`; false as soon as nothing can match. With `stop_at_folder` it ends when a folder on the way
  // matches.
  bool feed(const std::string& text, bool stop_at_folder, States& states) const;
  size_t read_class(const std::string& pattern, size_t at);

  std::vector<Token> tokens_;
  bool slash_is_special_;
};

}  // namespace engine::build
