#include "compose/cli/output_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/failure.h"
#include "compose/plan/labels.h"
#include "compose/ui/table.h"
#include "compose/ui/template.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kTitledPrefix = "table ";

// A shell passes \t and \n as two characters.
std::string unescaped(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == 'n')) {
      result += text[++i] == 't' ? '\t' : '\n';
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t tab = line.find('\t', start);
    parts.push_back(line.substr(start, tab - start));
    if (tab == std::string::npos) return parts;
    start = tab + 1;
  }
}

// As docker: of "com.example.cpu-set" it is "cpu set".
std::string label_title(std::string label) {
  label.erase(0, label.rfind('.') + 1);
  std::replace_if(
      label.begin(), label.end(), [](char c) { return c == '-' || c == '_'; }, ' ');
  return label;
}

ordered_json label_titles(const std::vector<ordered_json>& rows) {
  auto titles = ordered_json::object();
  for (const ordered_json& row : rows) {
    if (!row.contains("Label")) continue;
    for (const auto& [label, value] : row["Label"].items()) titles[label] = label_title(label);
  }
  return titles;
}

ui::Template compiled(const std::string& text) {
  try {
    return ui::Template(text);
  } catch (const ui::TemplateError& error) {
    throw CommandError(std::string("--format: ") + error.what());
  }
}

}  // namespace

void check_format(const std::string& format) {
  if (format.empty() || format == "table" || format == "json") return;
  throw CommandError("--format " + format + " is not supported yet: use table or json");
}

OutputFormat::OutputFormat(const std::string& text) {
  if (text.empty() || text == "table") return;
  if (text == "json") {
    kind_ = Kind::kJson;
    return;
  }
  const bool titled = text.starts_with(kTitledPrefix);
  if (text.find("{{") == std::string::npos)
    throw CommandError("--format " + text +
                       " is not known: it is table, json or a template such as '{{.ID}}'");
  kind_ = titled ? Kind::kTitledTemplate : Kind::kTemplate;
  template_ = unescaped(titled ? text.substr(kTitledPrefix.size()) : text);
  compiled(template_);
}

std::string OutputFormat::render(const std::vector<ordered_json>& rows, const Titles& titles) const {
  const ui::Template compiled_template = compiled(template_);
  try {
    std::string text;
    if (kind_ == Kind::kTemplate) {
      for (const ordered_json& row : rows) text += compiled_template.render(row) + '\n';
      return text;
    }
    ordered_json head(titles);
    head["Label"] = label_titles(rows);
    ui::Table table(cells(compiled_template.render(head)));
    for (const ordered_json& row : rows) table.add(cells(compiled_template.render(row)));
    return table.to_string();
  } catch (const ui::TemplateError& error) {
    throw CommandError(std::string("--format: ") + error.what());
  }
}

std::string json_lines(const std::vector<ordered_json>& rows) {
  std::string text;
  for (const ordered_json& row : rows)
    text += row.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  return text;
}

engine::Labels shown_labels(engine::Labels labels) {
  labels.erase(label::kConfig);
  return labels;
}

std::string labels_text(const engine::Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ",") + key + '=' + value;
  return text;
}

}  // namespace compose::cli
