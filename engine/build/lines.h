#pragma once
// The lexical layer of a Dockerfile: parser directives, comments, line continuation and here-documents.
// Source: the Dockerfile reference, "Format", "Parser directives", "Here-Documents".
#include <string>
#include <vector>

#include "engine/build/place.h"

namespace engine::build {

struct Heredoc {
  std::string name;         // without quotes; names the file in COPY
  bool expand = true;       // false when the name was quoted
  bool strip_tabs = false;  // <<-
  std::string content;      // every line with its newline, leading tabs already stripped for <<-
};

// One instruction with its continuation lines joined.
struct Line {
  Place place;       // of its first line
  std::string text;  // leading blanks removed
  std::vector<Heredoc> heredocs;
};

struct Lines {
  char escape = '\\';
  std::string syntax;  // value of `# syntax=`; empty when not given
  std::string check;   // value of `# check=`
  std::vector<Line> lines;
  std::vector<Place> empty_continuations;  // empty lines within an instruction, the first of each
};

// Throws engine::Error(kInvalid) with the place: a bad directive, an unclosed here-document, a NUL byte.
Lines split_lines(const std::string& text, const std::string& file);
// Same for text that stands somewhere in a Dockerfile (an ONBUILD trigger): no directives, every line at
// `place`.
std::vector<Line> split_trigger(const std::string& text, const Place& place, char escape);

// Splits at blanks; quotes mean nothing: `COPY "a b" c` has three words.
std::vector<std::string> blank_separated(const std::string& text);
// Splits at blanks; quotes and escapes keep blanks together and stay in the words.
std::vector<std::string> raw_words(const std::string& text, char escape);
// The words of a JSON array of strings; nothing when `text` is not a JSON array (then it is shell form).
// Throws engine::Error(kInvalid) at `place` for an array with elements that are not strings.
bool parse_json_words(const std::string& text, const Place& place, std::vector<std::string>& words);

}  // namespace engine::build
