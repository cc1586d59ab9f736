#include "compose/ui/template.h"

#include <algorithm>
#include <set>

#include "compose/ui/template_program.h"

namespace compose::ui {

using tmpl::Json;
using tmpl::Value;

struct Template::Program {
  tmpl::Nodes nodes;
};

namespace {

constexpr size_t kLargestOutput = 64 << 20;

// The members that are maps in docker's own structures: any key may be asked for.
bool is_map_name(const std::string& name) {
  static const std::set<std::string> kMaps{"Labels",     "Options", "DriverOpts", "Data",
                                           "Networks",   "Ports",   "Volumes",    "ExposedPorts",
                                           "Containers", "Sysctls", "Annotations"};
  return kMaps.contains(name);
}

class Renderer {
 public:
  explicit Renderer(const Json& data) {
    variables_.push_back({"", {data, false}});
    dot_ = variables_.front().value;
  }

  std::string run(const tmpl::Nodes& nodes) {
    render(nodes);
    return std::move(output_);
  }

 private:
  struct Variable {
    std::string name;  // "" is $
    Value value;
  };

  void render(const tmpl::Nodes& nodes) {
    for (const tmpl::Node& node : nodes) {
      switch (node.kind) {
        case tmpl::Node::Kind::kText:
          write(node.text, 1);
          break;
        case tmpl::Node::Kind::kAction:
          act(node);
          break;
        case tmpl::Node::Kind::kRange:
          range(node);
          break;
        default:
          branch(node);
      }
    }
  }

  void write(const std::string& text, size_t column) {
    if (output_.size() + text.size() > kLargestOutput) tmpl::refuse(column, "the output is too large");
    output_ += text;
  }

  void act(const tmpl::Node& node) {
    const Value value = evaluate(node.pipeline);
    if (node.pipeline.declared.empty()) return write(tmpl::to_text(value.data), node.pipeline.column);
    set(node.pipeline, value);
  }

  void set(const tmpl::Pipeline& pipeline, const Value& value) {
    const std::string& name = pipeline.declared.back();
    if (!pipeline.assigns) {
      variables_.push_back({name, value});
      return;
    }
    find_variable(name, pipeline.column).value = value;
  }

  Variable& find_variable(const std::string& name, size_t column) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const Variable& variable) { return variable.name == name; });
    if (found == variables_.rend()) tmpl::refuse(column, "there is no variable $" + name);
    return *found;
  }

  // {{if}} and {{with}}: what is set in them ends with them.
  void branch(const tmpl::Node& node) {
    const size_t known = variables_.size();
    const Value value = evaluate(node.pipeline);
    if (!node.pipeline.declared.empty()) set(node.pipeline, value);
    const Value before = dot_;
    if (!tmpl::is_true(value.data)) {
      render(node.otherwise);
    } else {
      if (node.kind == tmpl::Node::Kind::kWith) dot_ = value;
      render(node.body);
    }
    dot_ = before;
    variables_.resize(known);
  }

  void range(const tmpl::Node& node) {
    const Value all = evaluate(node.pipeline);
    if (!all.data.is_structured() && !all.data.is_null()) {
      tmpl::refuse(node.pipeline.column,
                   "{{range}} needs a list or a map, not '" + tmpl::to_text(all.data) + "'");
    }
    if (all.data.empty()) return render(node.otherwise);
    std::vector<std::pair<Json, const Json*>> elements;
    for (const auto& item : all.data.items())
      elements.emplace_back(all.data.is_array() ? Json(elements.size()) : Json(item.key()), &item.value());
    if (all.data.is_object()) {
      std::sort(elements.begin(), elements.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    const Value before = dot_;
    const size_t known = variables_.size();
    const std::vector<std::string>& names = node.pipeline.declared;
    for (const auto& [key, element] : elements) {
      dot_ = {*element, false};
      if (names.size() == 2) variables_.push_back({names[0], {key, false}});
      if (!names.empty()) variables_.push_back({names.back(), dot_});
      render(node.body);
      variables_.resize(known);
    }
    dot_ = before;
  }

  Value evaluate(const tmpl::Pipeline& pipeline) {
    Value value;
    for (size_t i = 0; i < pipeline.commands.size(); ++i) {
      const tmpl::Command& command = pipeline.commands[i];
      const tmpl::Operand& head = command.words.front();
      if (head.kind != tmpl::Operand::Kind::kFunction) {
        if (i > 0) tmpl::refuse(head.column, "only a function can stand after '|'");
        value = operand(head);
        continue;
      }
      std::vector<Value> arguments;
      for (size_t word = 1; word < command.words.size(); ++word)
        arguments.push_back(operand(command.words[word]));
      if (i > 0) arguments.push_back(value);
      value = tmpl::call(head.name, arguments, head.column);
    }
    return value;
  }

  Value operand(const tmpl::Operand& operand) {
    Value value;
    switch (operand.kind) {
      case tmpl::Operand::Kind::kDot:
        value = dot_;
        break;
      case tmpl::Operand::Kind::kVariable:
        value = find_variable(operand.name, operand.column).value;
        break;
      case tmpl::Operand::Kind::kLiteral:
        value.data = operand.literal;
        break;
      case tmpl::Operand::Kind::kGroup:
        value = evaluate(*operand.group);
        break;
      case tmpl::Operand::Kind::kFunction:  // as an argument: called without any
        value = tmpl::call(operand.name, {}, operand.column);
        break;
    }
    for (const std::string& field : operand.fields) value = member(value, field, operand.column);
    return value;
  }

  static Value member(const Value& value, const std::string& field, size_t column) {
    if (value.data.is_null() && value.is_map) return value;
    if (!value.data.is_object()) {
      tmpl::refuse(column, "there is no field ." + field + " in '" + tmpl::to_text(value.data).substr(0, 60) +
                               "', which is no object");
    }
    const auto found = value.data.find(field);
    if (found != value.data.end()) return {*found, is_map_name(field)};
    if (value.is_map) return {nullptr, true};
    std::string known;
    for (const auto& item : value.data.items()) known += (known.empty() ? "." : ", .") + item.key();
    tmpl::refuse(column, "there is no field ." + field + (known.empty() ? "" : "; there are " + known));
  }

  std::vector<Variable> variables_;
  Value dot_;
  std::string output_;
};

}  // namespace

Template::Template(const std::string& text)
    : program_(std::make_unique<const Program>(Program{tmpl::parse(text)})) {}

Template::~Template() = default;
Template::Template(Template&&) noexcept = default;

std::string Template::render(const nlohmann::ordered_json& data) const {
  return Renderer(data).run(program_->nodes);
}

}  // namespace compose::ui
