#pragma once
// YAML text -> Node trees, one a document. Anchors, aliases and merge keys (`<<`, also a list of them) are
// resolved; duplicate keys, unknown tags, alias bombs, too deep or too large documents are errors with their
// place. Source: YAML 1.2, with the merge key of YAML 1.1 that Compose files use.
#include <optional>
#include <string>
#include <vector>

#include "parser/node.h"
#include "parser/report.h"

namespace parser {

inline constexpr size_t kMaxNodes = 200'000;         // of one file, aliases expanded
inline constexpr size_t kMaxAliasedNodes = 100'000;  // of these, what aliases bring in
inline constexpr int kMaxDepth = 100;

// Every document of `source` that is not empty. Errors go to `report`; after a syntax error what was read
// before it is not returned. A file without any document gives an empty vector and no error.
std::vector<Node> load_yaml(const Source& source, Report& report);

// How load_yaml reads a file of at least two kLeastPart: its services in so many parts, each by a thread of
// its own. Nothing when it may not be what reading the whole gives, or has errors.
inline constexpr size_t kLeastPart = 64U << 10;
std::optional<std::vector<Node>> read_in_parts(const Source& source, size_t parts);

// What a YAML scanner's complaint at a byte (offset into the text) means in plain words, and where the cause
// is.
struct SyntaxError {
  Mark mark;
  std::string message;
  std::string hint;
};
SyntaxError explain_syntax_error(const Source& source, size_t offset, const std::string& complaint);

// The offset of the quote that closes the one at `open`; npos when none does.
size_t find_closing_quote(const std::string& text, size_t open);

}  // namespace parser
