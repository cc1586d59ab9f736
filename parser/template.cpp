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

// What stands between "${" and "}".
struct Form {
  std::string name;
  char operation = 0;  // '-', '+', '?' or 0: the name alone
  bool empty_is_unset = false;
  std::string_view rest;
};

Form parse_form(std::string_view body) {
  Form form;
  const size_t length = name_length(body);
  form.name = body.substr(0, length);
  form.rest = body.substr(length);
  if (length == 0) bad_form("${" + std::string(body) + "}");
  if (form.rest.empty()) return form;
  form.empty_is_unset = form.rest[0] == ':';
  if (form.empty_is_unset) form.rest.remove_prefix(1);
  if (form.rest.empty() || std::string_view("-+?").find(form.rest[0]) == std::string_view::npos)
    bad_form("${" + std::string(body) + "}");
  form.operation = form.rest[0];
  form.rest.remove_prefix(1);
  return form;
}

// `text` starts after a '$'. What it is: a literal '$' (an empty name; so is one before anything that can be
// no variable, as in "$(date)") or a variable; and how much of `text` it takes.
struct Taken {
  Form form;
  size_t length = 0;
};

Taken take_form(std::string_view text) {
  if (!text.empty() && text[0] == '$') return {{}, 1};
  if (const size_t length = name_length(text); length > 0)
    return {{std::string(text.substr(0, length)), 0, false, {}}, length};
  if (text.empty() || text[0] != '{') return {};
  const size_t close = find_closing_brace(text.substr(1));
  if (close == std::string_view::npos)
    throw TemplateError("'${' without '}'", "close it, or write '$$' for a literal '$'");
  return {parse_form(text.substr(1, close)), close + 2};
}

constexpr int kMaxNesting = 50;

void check_nesting(int depth) {
  if (depth > kMaxNesting) throw TemplateError("variables nested too deep", "");
}

class Substituter {
 public:
  explicit Substituter(const Lookup& lookup) : lookup_(lookup) {}

  std::string run(std::string_view text, int depth) {
    check_nesting(depth);
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
  // `text` starts after a '$'. Returns how much of it the form takes.
  size_t one(std::string_view text, std::string& out, int depth) {
    const Taken taken = take_form(text);
    if (taken.form.name.empty()) {
      out += '$';
    } else {
      result.substituted = true;
      out += taken.form.operation == 0 ? plain(taken.form.name) : choose(taken.form, depth);
    }
    return taken.length;
  }

  std::string plain(const std::string& name) {
    if (auto value = lookup_(name)) return *value;
    result.unset.push_back(name);
    return "";
  }

  std::string choose(const Form& form, int depth) {
    const std::optional<std::string> value = lookup_(form.name);
    const bool given = value && !(form.empty_is_unset && value->empty());
    if (form.operation == '+') return given ? run(form.rest, depth + 1) : "";
    if (given) return *value;
    const std::string other = run(form.rest, depth + 1);
    if (form.operation == '-') return other;
    throw TemplateError(
        "required variable '" + form.name + "' is missing a value" + (other.empty() ? "" : ": " + other), "");
  }

  const Lookup& lookup_;
};

void collect(std::string_view text, int depth, std::vector<VariableUse>& uses) {
  check_nesting(depth);
  for (size_t dollar = text.find('$'); dollar != std::string_view::npos; dollar = text.find('$')) {
    text.remove_prefix(dollar + 1);
    const Taken taken = take_form(text);
    text.remove_prefix(taken.length);
    if (taken.form.name.empty()) continue;
    VariableUse use{taken.form.name, taken.form.operation == '?', {}, {}};
    if (taken.form.operation == '-') use.fallback = taken.form.rest;
    if (taken.form.operation == '+') use.alternative = taken.form.rest;
    uses.push_back(std::move(use));
    collect(taken.form.rest, depth + 1, uses);
  }
}

}  // namespace

Substitution substitute(std::string_view text, const Lookup& lookup) {
  Substituter substituter(lookup);
  substituter.result.text = substituter.run(text, 0);
  return std::move(substituter.result);
}

std::vector<VariableUse> variable_uses(std::string_view text) {
  std::vector<VariableUse> uses;
  collect(text, 0, uses);
  return uses;
}

}  // namespace parser
