#include "parser/dotenv.h"

#include <cctype>
#include <map>

namespace parser {

namespace {

bool in_key(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_.-[]").find(c) != std::string_view::npos;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

class DotenvParser {
 public:
  DotenvParser(const Source& source, DotenvFormat format, const Lookup& outside, Report& report)
      : source_(source), text_(source.text()), format_(format), outside_(outside), report_(report) {}

  std::vector<Variable> run() {
    const bool raw = format_ == DotenvFormat::kRaw;
    while (at_ < text_.size()) {
      skip_blanks();
      if (at_ >= text_.size()) break;
      if (text_[at_] == '\n' || text_[at_] == '\r')
        ++at_;
      else if (text_[at_] == '#')
        to_line_end();
      else if (raw)
        raw_statement();
      else
        statement();
    }
    return std::move(variables_);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  // Moves to the end of the line; what was passed, without blanks at its ends.
  std::string to_line_end() {
    const size_t start = at_;
    at_ = std::min(text_.find('\n', at_), text_.size());
    std::string line = text_.substr(start, at_ - start);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) line.pop_back();
    return line;
  }

  void fail(size_t offset, const std::string& message, const std::string& hint = "") {
    report_.error(source_.mark_at(offset), "", message, hint);
    to_line_end();
  }

  // All that follows the first '=' is the value; before it anything but white space is a name.
  void raw_statement() {
    const size_t start = at_;
    at_ = std::min(text_.find('\n', at_), text_.size());
    std::string line = text_.substr(start, at_ - start);
    if (line.back() == '\r') line.pop_back();
    const size_t equals = line.find('=');
    const std::string name = line.substr(0, equals);
    if (const size_t blank = name.find_first_of(" \t"); blank != std::string::npos)
      return fail(start + blank, "white space in a variable name", "write NAME=value");
    if (name.empty()) return fail(start, "no name before the '='");
    if (equals == std::string::npos)
      variables_.push_back({name, lookup(name)});
    else
      keep(name, line.substr(equals + 1));
  }

  void statement() {
    const std::string_view keyword = "export";
    const size_t after = at_ + keyword.size();
    if (text_.compare(at_, keyword.size(), keyword) == 0 && after < text_.size() && is_blank(text_[after])) {
      at_ = after;
      skip_blanks();
    }
    const size_t start = at_;
    while (at_ < text_.size() && in_key(text_[at_])) ++at_;
    const std::string name = text_.substr(start, at_ - start);
    skip_blanks();
    const char next = at_ < text_.size() ? text_[at_] : '\n';
    if (name.empty() || (next != '=' && next != ':' && next != '\n' && next != '\r' && next != '#')) {
      if (next == '=' || next == ':') return fail(at_, "no name before the '" + std::string(1, next) + "'");
      return fail(at_, "unexpected character '" + character_at(at_) + "' in a variable name",
                  "write NAME=value");
    }
    if (next == '=' || next == ':') {
      ++at_;
      skip_blanks();
      read_value(name);
    } else {
      variables_.push_back({name, lookup(name)});
      to_line_end();
    }
  }

  std::string character_at(size_t offset) const {
    size_t end = offset + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    return text_.substr(offset, end - offset);
  }

  void read_value(const std::string& name) {
    const size_t start = at_;
    const char first = at_ < text_.size() ? text_[at_] : '\n';
    if (first == '\'' || first == '"') {
      const std::optional<std::string> quoted = first == '"' ? double_quoted() : single_quoted();
      if (!quoted) {
        fail(start, "quote that is never closed");
        at_ = text_.size();
        return;
      }
      skip_blanks();
      if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r' && text_[at_] != '#')
        return fail(at_, "unexpected '" + character_at(at_) + "' after the closing quote");
      to_line_end();
      return first == '"' ? keep_substituted(name, *quoted, start) : keep(name, *quoted);
    }
    std::string value = to_line_end();
    // A comment needs a blank before it: "a#b" is a value, and so is "#b" right after the separator.
    for (size_t i = 0; i < value.size(); ++i)
      if (value[i] == '#' && is_blank(text_[start + i - 1])) value.erase(i);
    while (!value.empty() && is_blank(value.back())) value.pop_back();
    keep_substituted(name, value, start);
  }

  // Only the quote itself can be escaped.
  std::optional<std::string> single_quoted() {
    std::string value;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\'') {
        at_ = i + 1;
        return value;
      }
      if (text_[i] == '\\' && i + 1 < text_.size() && (text_[i + 1] == '\'' || text_[i + 1] == '\\')) {
        if (text_[++i] == '\\') value += '\\';
      }
      value += text_[i];
    }
    return std::nullopt;
  }

  std::optional<std::string> double_quoted() {
    std::string value;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        at_ = i + 1;
        return value;
      }
      if (text_[i] == '\\' && i + 1 < text_.size())
        i += escape(text_.substr(i + 1, 4), value);
      else if (text_[i] != '\r' || text_.compare(i, 2, "\r\n") != 0)
        value += text_[i];
    }
    return std::nullopt;
  }

  // `rest` follows a backslash; returns how many of its characters belong to the escape.
  static size_t escape(const std::string& rest, std::string& value) {
    static constexpr std::string_view kNames = "abfnrtv\"\\";
    static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\"\\";
    if (const size_t found = kNames.find(rest[0]); found != std::string_view::npos) {
      value += kValues[found];
      return 1;
    }
    if (rest[0] == '$') {
      value += "$$";  // a literal dollar to the substitution that follows
      return 1;
    }
    if (rest[0] == '0') {
      int code = 0;
      size_t used = 1;
      while (used < rest.size() && rest[used] >= '0' && rest[used] <= '7')
        code = code * 8 + (rest[used++] - '0');
      value += static_cast<char>(code);
      return used;
    }
    value += '\\';
    value += rest[0];
    return 1;
  }

  std::optional<std::string> lookup(const std::string& name) const {
    if (auto value = outside_(name)) return value;
    const auto found = read_.find(name);
    if (found == read_.end()) return std::nullopt;
    return found->second;
  }

  void keep(const std::string& name, const std::string& value) {
    read_[name] = value;
    variables_.push_back({name, value});
  }

  void keep_substituted(const std::string& name, const std::string& value, size_t offset) {
    try {
      const Substitution done =
          substitute(value, [this](const std::string& wanted) { return lookup(wanted); });
      for (const std::string& unset : done.unset)
        report_.warning(source_.mark_at(offset), "",
                        "variable '" + unset + "' is not set, empty text is used");
      keep(name, done.text);
    } catch (const TemplateError& error) {
      report_.error(source_.mark_at(offset), "", error.what(), error.hint());
    }
  }

  const Source& source_;
  const std::string& text_;
  DotenvFormat format_;
  const Lookup& outside_;
  Report& report_;
  size_t at_ = 0;
  std::map<std::string, std::string> read_;
  std::vector<Variable> variables_;
};

}  // namespace

std::vector<Variable> parse_dotenv(const Source& source, DotenvFormat format, const Lookup& outside,
                                   Report& report) {
  return DotenvParser(source, format, outside, report).run();
}

}  // namespace parser
