// Any text is a Dockerfile or an engine::Error that names file and line, and so are its words with any
// variables.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/build/checks.h"
#include "engine/build/dockerfile.h"
#include "engine/build/expand.h"
#include "engine/build/glob.h"
#include "engine/build/ignore.h"
#include "engine/build/mode_change.h"
#include "engine/error.h"

namespace {

using namespace engine::build;

void require_place(const engine::Error& error) {
  if (!std::string(error.what()).starts_with("f:")) std::abort();
}

void expand_all(const Instruction& instruction, char escape) {
  const Expander expand(
      [](const std::string& name) -> std::optional<std::string> {
        if (name.size() % 3 == 0) return std::nullopt;
        return name.size() % 3 == 1 ? "" : "a value/with*all";
      },
      escape);
  try {
    if (const auto* copy = std::get_if<Copy>(&instruction.node)) {
      expand.word(copy->destination, instruction.place);
      source_kind(copy->destination);
      ModeChange::parse(copy->chmod);
      for (const Heredoc& file : copy->files) expand.content(file.content, instruction.place);
    } else if (const auto* env = std::get_if<Env>(&instruction.node)) {
      for (const auto& [key, value] : env->pairs) expand.word(value, instruction.place);
    } else if (const auto* expose = std::get_if<Expose>(&instruction.node)) {
      for (const std::string& port : expose->ports) expand.words(port, instruction.place);
    }
  } catch (const engine::Error& error) {
    require_place(error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const Dockerfile file = parse_dockerfile(text, "f");
    if (file.stages.empty()) std::abort();
    check_dockerfile(file, {}, {}, [](const std::string&) { return std::optional(engine::ImageConfig()); });
    for (const Stage& stage : file.stages) {
      for (const Instruction& instruction : stage.instructions) expand_all(instruction, file.escape);
    }
  } catch (const engine::Error& error) {
    require_place(error);
  }
  try {
    const IgnoreRules rules(text, "f");
    if (rules.excluded("a/b/c") && !rules.excluded("a/b/c/d") && text.find('!') == std::string::npos)
      std::abort();
  } catch (const engine::Error& error) {
    require_place(error);
  }
  return 0;
}
