#pragma once
// Variable substitution in one string: $V ${V} ${V:-d} ${V-d} ${V:?m} ${V?m} ${V:+r} ${V+r}, nested in d, m
// and r;
// $$ is a literal $. Source: Compose Specification, "Interpolation". Pure.
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

using Lookup = std::function<std::optional<std::string>(const std::string&)>;

// A template that cannot be substituted: bad form, or a required variable without a value.
class TemplateError : public std::runtime_error {
 public:
  TemplateError(const std::string& message, std::string hint)
      : std::runtime_error(message), hint_(std::move(hint)) {}
  const std::string& hint() const noexcept { return hint_; }

 private:
  std::string hint_;
};

struct Substitution {
  std::string text;
  bool substituted = false;        // at least one variable form was in it
  std::vector<std::string> unset;  // variables without value and default: empty text was taken
};

// Throws TemplateError.
Substitution substitute(std::string_view text, const Lookup& lookup);

// A variable as a text uses it.
struct VariableUse {
  std::string name;
  bool required = false;                   // ${V:?m}, ${V?m}
  std::optional<std::string> fallback;     // ${V:-d}, ${V-d}: d as written
  std::optional<std::string> alternative;  // ${V:+r}, ${V+r}: r as written
};

// Every use, those inside of defaults and replacements too, in the order of the text. Throws TemplateError.
std::vector<VariableUse> variable_uses(std::string_view text);

}  // namespace parser
