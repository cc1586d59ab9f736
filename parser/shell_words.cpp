#include "parser/shell_words.h"

#include <string_view>

#include "parser/units.h"

namespace parser {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// `i` is at the opening quote; leaves it at the closing one.
void take_quoted(const std::string& text, size_t& i, std::string& word) {
  const char quote = text[i];
  const std::string_view escapable = "\"\\$`\n";
  for (++i; i < text.size(); ++i) {
    if (text[i] == quote) return;
    const bool escape = quote == '"' && text[i] == '\\' && i + 1 < text.size() &&
                        escapable.find(text[i + 1]) != std::string_view::npos;
    if (escape) ++i;
    if (!escape || text[i] != '\n') word += text[i];
  }
  throw ValueError("a quote (" + std::string(1, quote) + ") is not closed in the command '" + text + "'");
}

}  // namespace

std::vector<std::string> split_shell_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\'' || c == '"') {
      take_quoted(text, i, word);
    } else if (c == '\\') {
      if (++i == text.size()) throw ValueError("backslash at the end of the command '" + text + "'");
      if (text[i] != '\n') word += text[i];
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace parser
