#pragma once
// Tables as docker prints them: left-aligned columns, three spaces between, no trailing space on a line.
#include <string>
#include <vector>

namespace compose::ui {

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  // A row shorter than the header leaves the last columns empty.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // Header and rows, a line each.
  std::string to_string() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace compose::ui
