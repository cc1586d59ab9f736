// Plain words for the YAML scanner's complaints. The scanner notices a mistake late (an unclosed quote at the
// end of the file); here the text is looked over again for the place a reader has to mend.
#include <cctype>
#include <optional>

#include "parser/yaml.h"

namespace parser {

namespace {

std::string_view trim_left(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : line.substr(first);
}

// The first tab in the indentation of a line up to `last`; the text before it is only blanks.
std::optional<size_t> find_tab_indentation(const Source& source, int last) {
  for (int number = 1; number <= last && number <= source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    const size_t tab = line.find_first_not_of(' ');
    if (tab != std::string_view::npos && line[tab] == '\t' && !trim_left(line).empty())
      return source.offset_of(number - 1, static_cast<int>(tab));
  }
  return std::nullopt;
}

// True where a quote opens a quoted scalar rather than standing inside a word.
bool opens_scalar(const std::string& text, size_t at) {
  if (at == 0) return true;
  const char before = text[at - 1];
  if (before == '\n' || before == '[' || before == '{' || before == ',') return true;
  if (before != ' ' && before != '\t') return false;
  const size_t word = text.find_last_not_of(" \t", at - 1);
  return word == std::string::npos || std::string_view("\n:-,[{?").find(text[word]) != std::string_view::npos;
}

// Comments may hold any quote.
bool in_comment(const std::string& text, size_t at) {
  const size_t start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  for (size_t i = start; i < at; ++i)
    if (text[i] == '#' && (i == start || text[i - 1] == ' ' || text[i - 1] == '\t')) return true;
  return false;
}

std::optional<size_t> find_unclosed_quote(const std::string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] != '"' && text[i] != '\'') || !opens_scalar(text, i) || in_comment(text, i)) continue;
    const size_t close = find_closing_quote(text, i);
    if (close == std::string::npos) return i;
    i = close;
  }
  return std::nullopt;
}

// The first quoted scalar before `offset` that runs over a line end: most likely it swallowed what follows
// it.
std::optional<size_t> find_swallowing_quote(const std::string& text, size_t offset) {
  for (size_t i = 0; i < text.size() && i <= offset; ++i) {
    if ((text[i] != '"' && text[i] != '\'') || !opens_scalar(text, i) || in_comment(text, i)) continue;
    const size_t close = find_closing_quote(text, i);
    if (close == std::string::npos) return i;
    if (text.substr(i, close - i).find('\n') != std::string::npos) return i;
    i = close;
  }
  return std::nullopt;
}

// The innermost bracket that is open at `offset`.
std::optional<size_t> find_open_bracket(const std::string& text, size_t offset) {
  std::vector<size_t> open;
  for (size_t i = 0; i < text.size() && i < offset; ++i) {
    const char c = text[i];
    if ((c == '"' || c == '\'') && opens_scalar(text, i)) {
      const size_t close = find_closing_quote(text, i);
      if (close == std::string::npos) break;
      i = close;
    } else if (c == '#' && in_comment(text, i + 1)) {
      i = std::min(text.find('\n', i), text.size());
    } else if ((c == '[' || c == '{') && (!open.empty() || opens_scalar(text, i))) {
      open.push_back(i);
    } else if ((c == ']' || c == '}') && !open.empty()) {
      open.pop_back();
    }
  }
  if (open.empty()) return std::nullopt;
  return open.back();
}

std::string name_after(const std::string& text, size_t offset) {
  size_t end = offset;
  while (end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0) ++end;
  return text.substr(offset, end - offset);
}

SyntaxError misplaced_key(const Source& source, size_t offset) {
  const std::string& text = source.text();
  if (const auto quote = find_swallowing_quote(text, offset))
    return {source.mark_at(*quote), "the quote that opens here is closed too late or never",
            "close it in its line"};
  const Mark mark = source.mark_at(offset);
  const std::string_view line = source.line(mark.line);
  const std::string_view before = line.substr(0, std::min(line.size(), static_cast<size_t>(mark.column - 1)));
  if (before.find(": ") != std::string_view::npos)
    return {mark, "a second ':' in one line", "write a value that contains ': ' in quotes"};
  return {mark, "this line does not fit the lines above", "check its indentation and the ':' before it"};
}

}  // namespace

size_t find_closing_quote(const std::string& text, size_t open) {
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[open] == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == text[open]) {
      if (text[open] == '\'' && i + 1 < text.size() && text[i + 1] == '\'')
        ++i;
      else
        return i;
    }
  }
  return std::string::npos;
}

SyntaxError explain_syntax_error(const Source& source, size_t offset, const std::string& complaint) {
  const Mark mark = source.mark_at(offset);
  const auto says = [&complaint](std::string_view part) { return complaint.find(part) != std::string::npos; };

  if (const auto tab = find_tab_indentation(source, mark.line))
    return {source.mark_at(*tab), "tab in the indentation", "YAML takes only spaces"};
  if (says("illegal EOF in scalar"))
    if (const auto quote = find_unclosed_quote(source.text()))
      return {source.mark_at(*quote), "quote that is never closed", ""};
  if (says("flow not found")) {
    const auto bracket = find_open_bracket(source.text(), offset);
    return {bracket ? source.mark_at(*bracket) : mark, "bracket that is never closed", ""};
  }
  if (says("illegal map") || says("end of map not found") || says("end of sequence not found") ||
      says("illegal block entry") || says("illegal EOF"))
    return misplaced_key(source, offset);
  if (says("flow end")) return {mark, "closing bracket that none opens", ""};
  if (says("alias is not defined") || says("referenced anchor"))
    return {mark, "alias '" + name_after(source.text(), offset) + "' has no anchor before it", ""};
  if (says("unknown escape"))
    return {mark,
            "unknown escape in a double-quoted string (" + complaint.substr(complaint.find(':') + 2) + ")",
            "use single quotes, or \\\\ for a backslash"};
  if (says("unknown token"))
    return {mark, "a value cannot start with this character", "put the value in quotes"};
  if (says("block scalar"))
    return {mark, "'|' or '>' starts a block of text, which begins in the next line",
            "put a value that starts with one in quotes"};
  if (says("scanning alias"))
    return {mark, "character that the name of an alias cannot have", "put the value in quotes"};
  if (says("scanning anchor"))
    return {mark, "character that the name of an anchor cannot have", "put the value in quotes"};
  if (says("hex number"))
    return {mark, "escape that is not followed by hexadecimal digits",
            "use single quotes, or \\\\ for a backslash"};
  if (says("alias not found")) return {mark, "'*' starts an alias", "put the value in quotes"};
  if (says("anchor not found")) return {mark, "'&' starts an anchor", "put the value in quotes"};
  if (says("bad file")) return {mark, "nested too deep", ""};
  return {mark, "not valid YAML: " + complaint, ""};
}

}  // namespace parser
