#include "compose/ui/table.h"

#include "compose/ui/text.h"

namespace compose::ui {
namespace {

constexpr size_t kGap = 3;

void append_line(std::string& out, const std::vector<std::string>& row, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
    line += pad(one_line(row[i]), widths[i] + kGap);
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

}  // namespace

std::string Table::to_string() const {
  std::vector<size_t> widths;
  widths.reserve(header_.size());
  for (const std::string& title : header_) widths.push_back(display_width(title));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(one_line(row[i])));
  }
  std::string out;
  append_line(out, header_, widths);
  for (const auto& row : rows_) append_line(out, row, widths);
  return out;
}

}  // namespace compose::ui
