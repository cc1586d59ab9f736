#pragma once
// --format of the listing commands.
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "engine/model.h"

namespace compose::cli {

// For listings that know no templates: "" and "table" are the table, "json" is JSON; anything else throws
// CommandError.
void check_format(const std::string& format);

// Field of a row -> its title in a table.
using Titles = std::map<std::string, std::string>;

// For listings that do.
class OutputFormat {
 public:
  // "" or "table", "json", or a Go template (ui/template.h), with "table " before it for columns (\t between
  // them) under titles. "\t" and "\n" may be written as such. Throws CommandError for anything else.
  explicit OutputFormat(const std::string& text);

  bool is_json() const { return kind_ == Kind::kJson; }
  bool is_template() const { return kind_ == Kind::kTemplate || kind_ == Kind::kTitledTemplate; }
  // The rows through the template, a line each. Throws CommandError.
  std::string render(const std::vector<nlohmann::ordered_json>& rows, const Titles& titles) const;

 private:
  enum class Kind { kTable, kJson, kTemplate, kTitledTemplate };
  Kind kind_ = Kind::kTable;
  std::string template_;
};

// A line of JSON for each row. Bytes that are no UTF-8 become the replacement character.
std::string json_lines(const std::vector<nlohmann::ordered_json>& rows);

// The labels that listings show: all but the description that the object was made from, which holds the
// environment with whatever secrets are in it.
engine::Labels shown_labels(engine::Labels labels);
// "a=1,b=2", as docker lists them.
std::string labels_text(const engine::Labels& labels);

}  // namespace compose::cli
