// Interpolation of any text ends in a text or in a TemplateError; and what it takes for variables is the same
// with and without substituting.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parser/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const parser::Lookup lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name.size() % 3 == 0) return std::nullopt;
    return name.size() % 3 == 1 ? "" : "value";
  };
  size_t uses = 0;
  try {
    uses = parser::variable_uses(text).size();
  } catch (const parser::TemplateError&) {
    // A form that is not looked at when substituting may be wrong too.
  }
  try {
    const parser::Substitution done = parser::substitute(text, lookup);
    if (done.unset.size() > uses && uses != 0) std::abort();
    if (!done.substituted && text.find('$') == std::string_view::npos && done.text != text) std::abort();
  } catch (const parser::TemplateError&) {
  }
  return 0;
}
