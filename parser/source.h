#pragma once
// The text of a file that was read, for positions and for the lines shown under an error. Columns count
// characters (code points), not bytes, from 1.
#include <string>
#include <string_view>
#include <vector>

#include "parser/diagnostic.h"

namespace parser {

class Report;
class Source;

// The place of a node: a Mark without a string of its own. The Source outlives every node (a Report owns it).
struct Location {
  const Source* source = nullptr;
  int line = 0;
  int column = 0;
  Mark mark() const;
  // The chain of a file that is asked for here.
  std::vector<Origin> chain_to(Origin::Kind kind) const;
};

class Source {
 public:
  // `name` is what errors call the file, `chain` why it was read (Diagnostic::chain). A UTF-8 byte order mark
  // is dropped.
  Source(std::string name, std::string text, std::vector<Origin> chain = {});

  const std::string& name() const { return name_; }
  const std::vector<Origin>& chain() const { return chain_; }
  const std::string& text() const { return text_; }
  // Line `number` without its end; empty when there is none.
  std::string_view line(int number) const;
  int line_count() const { return static_cast<int>(starts_.size()); }
  // The place of a byte: by offset, or by line and byte column as a scanner counts them (both from 0).
  Mark mark_at(size_t offset) const;
  Location locate(int line, int byte_column) const;
  size_t offset_of(int line, int byte_column) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<Origin> chain_;
  std::vector<size_t> starts_;  // byte offset of each line
  bool ascii_;                  // each character is one byte
};

// Files above this are refused: a Compose file is some kilobytes.
inline constexpr size_t kMaxFileSize = 4U << 20;

// Reads a text file (or "-", stdin) and checks that it can be one: exists, is a regular file or pipe, not
// larger than kMaxFileSize, UTF-8, no NUL byte. `name` is what errors call it. On failure the error is in
// `report`, null is returned. `place` and `where` say who asked for the file; without, the error is about the
// file itself. `chain` goes to the Source.
const Source* read_source(Report& report, const std::string& path, const std::string& name);
const Source* read_source(Report& report, const std::string& path, const std::string& name, const Mark& place,
                          const std::string& where, std::vector<Origin> chain = {});

// As many columns of white space as the characters of `line` before character `column` take on a terminal.
std::string blank_up_to(std::string_view line, int column);

// Offset of the first byte that is not part of valid UTF-8; npos when all is well.
size_t find_invalid_utf8(std::string_view text);

}  // namespace parser
