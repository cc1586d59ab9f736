#pragma once
// What --chmod says: octal digits ("0755"), or symbolic clauses ("u=rwX,go=rX") as chmod(1) takes them. Where
// a clause names nobody it means all, but for the bits of umask 022, as in Docker's daemon. Source: POSIX,
// chmod, "EXTENDED DESCRIPTION".
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace engine::build {

class ModeChange {
 public:
  // Nothing when the text is neither.
  static std::optional<ModeChange> parse(const std::string& text);

  // The permission bits of a file or folder that had those of `mode`.
  mode_t apply(mode_t mode, bool is_dir) const;
  // The canonical text, for cache keys.
  const std::string& text() const { return text_; }

 private:
  struct Clause {
    mode_t who = 0;  // mask over all bits that may change, set-id and sticky ones included
    char operation = '=';
    mode_t bits = 0;              // rwx and st, spread over all classes
    bool execute_if_any = false;  // X
    char copy_from = 0;           // u, g or o
  };
  static bool parse_clause(const std::string& text, std::vector<Clause>& clauses);
  std::string text_;
  std::optional<mode_t> fixed_;
  std::vector<Clause> clauses_;
};

}  // namespace engine::build
