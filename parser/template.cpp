#include "parser/template.h"

#include <cctype>

namespace parser {

namespace {

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

size_t name_length(std::string_view text) {
  if (text.empty() || !starts_name(text[0])) return 0;
  size_t length = 1;
  while (length < text.size() && in_name(text[length])) ++length;
  return length;
}

// `text` starts after "${"; the offset of the '}' that closes it.
size_t find_closing_brace(std::string_view text) {
  int depth = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '$') {
      ++i;
    } else if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      ++depth;
      ++i;
    } else if (text[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

[[noreturn]] void bad_form(std::string_view form) {
  throw TemplateError("invalid variable '" + std::string(form) + "'", "write '$$' for a literal '$'");
}

class Substituter {
 public:
  explicit Substituter(const Lookup& lookup) : lookup_(lookup) {}

  std::string run(std::string_view text, int depth) {
    if (depth > kMaxNesting) throw TemplateError("variables nested too deep", "");
    std::string out;
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      out += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar + 1);
      text.remove_prefix(one(text, out, depth));
    }
    return out;
  }

  Substitution result;

 private:
  static constexpr int kMaxNesting = 50;

  // `text` starts after a '$'. Returns how much of it the form takes.
  size_t one(std::string_view text, std::string& out, int depth) {
    if (!text.empty() && text[0] == '$') {
      out += '$';
      return 1;
    }
    if (const size_t length = name_length(text); length > 0) {
      result.substituted = true;
      out += plain(std::string(text.substr(0, length)));
      return length;
    }
    if (text.empty() || text[0] != '{') bad_form("$" + std::string(text.substr(0, 1)));
    const size_t close = find_closing_brace(text.substr(1));
    if (close == std::string_view::npos)
      throw TemplateError("'${' without '}'", "close it, or write '$$' for a literal '$'");
    result.substituted = true;
    out += braced(text.substr(1, close), depth);
    return close + 2;
  }

  std::string plain(const std::string& name) {
    if (auto value = lookup_(name)) return *value;
    result.unset.push_back(name);
    return "";
  }

  std::string braced(std::string_view body, int depth) {
    const size_t length = name_length(body);
    const std::string name(body.substr(0, length));
    std::string_view rest = body.substr(length);
    if (length == 0) bad_form("${" + std::string(body) + "}");
    if (rest.empty()) return plain(name);

    const bool empty_is_unset = rest[0] == ':';
    if (empty_is_unset) rest.remove_prefix(1);
    if (rest.empty()) bad_form("${" + std::string(body) + "}");
    const char operation = rest[0];
    rest.remove_prefix(1);
    const std::optional<std::string> value = lookup_(name);
    const bool given = value && !(empty_is_unset && value->empty());
    switch (operation) {
      case '-':
        return given ? *value : run(rest, depth + 1);
      case '+':
        return given ? run(rest, depth + 1) : "";
      case '?': {
        if (given) return *value;
        const std::string why = run(rest, depth + 1);
        throw TemplateError(
            "required variable '" + name + "' is missing a value" + (why.empty() ? "" : ": " + why), "");
      }
      default:
        bad_form("${" + std::string(body) + "}");
    }
  }

  const Lookup& lookup_;
};

}  // namespace

Substitution substitute(std::string_view text, const Lookup& lookup) {
  Substituter substituter(lookup);
  substituter.result.text = substituter.run(text, 0);
  return std::move(substituter.result);
}

}  // namespace parser
