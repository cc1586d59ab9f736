#include "engine/build/named_context.h"

#include "engine/error.h"
#include "engine/image/reference.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

// One spelling for all that mean the same image; the text itself where it is no reference.
std::string normal(const std::string& name) {
  const std::string text = lower_case(name);
  try {
    return parse_reference(text).to_string();
  } catch (const Error&) {
    return text;
  }
}

}  // namespace

const NamedContext* find_context(const NamedContexts& contexts, const std::string& name) {
  if (contexts.empty()) return nullptr;
  const std::string wanted = normal(name);
  for (const auto& [key, context] : contexts) {
    if (normal(key) == wanted) return &context;
  }
  return nullptr;
}

}  // namespace engine::build
