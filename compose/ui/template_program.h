#pragma once
// A parsed template (template.h): what the parser makes and the renderer walks. Internal to this room.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compose/ui/template.h"

namespace compose::ui::tmpl {

using Json = nlohmann::ordered_json;

struct Pipeline;

// One argument: where its value comes from, then the fields taken of it.
struct Operand {
  enum class Kind { kDot, kVariable, kLiteral, kGroup, kFunction };
  Kind kind = Kind::kDot;
  std::string name;                 // kVariable: "" is $; kFunction
  Json literal;                     // kLiteral
  std::shared_ptr<Pipeline> group;  // kGroup
  std::vector<std::string> fields;
  size_t column = 1;
};

// A function with arguments, or one operand alone.
struct Command {
  std::vector<Operand> words;
};

struct Pipeline {
  std::vector<std::string> declared;  // variables before := or =
  bool assigns = false;               // =
  std::vector<Command> commands;
  size_t column = 1;
};

struct Node;
using Nodes = std::vector<Node>;

struct Node {
  enum class Kind { kText, kAction, kIf, kWith, kRange };
  Kind kind = Kind::kText;
  std::string text;
  Pipeline pipeline;
  Nodes body, otherwise;
};

[[noreturn]] void refuse(size_t column, const std::string& why);

Nodes parse(const std::string& text);

struct Value {
  Json data;
  bool is_map = false;  // a field that is not there is no mistake
};
// The functions; `column` is for errors. Throws TemplateError, for an unknown function too.
bool is_function(const std::string& name);
Value call(const std::string& name, const std::vector<Value>& arguments, size_t column);

bool is_true(const Json& value);
std::string to_text(const Json& value);

}  // namespace compose::ui::tmpl
