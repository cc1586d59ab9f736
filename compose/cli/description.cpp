#include "compose/cli/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace compose::cli {
namespace {

constexpr size_t kHelpColumn = 32;  // where what a flag is for begins
constexpr size_t kWidth = 100;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Argument names are written in capitals, with signs around them; commands and subcommands are not.
bool is_argument(const std::string& word) {
  const auto letter = std::find_if(word.begin(), word.end(),
                                   [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  return letter == word.end() || std::isupper(static_cast<unsigned char>(*letter));
}

// `text` in lines that end before kWidth; all but the first begin at `column`.
std::string wrapped(const std::string& text, size_t column) {
  std::string out;
  size_t at = column;
  for (const std::string& word : words_of(text)) {
    if (at > column && at + 1 + word.size() > kWidth) {
      out += '\n' + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  return out;
}

std::string entry_line(const std::string& left, const std::string& right) {
  std::string line = left;
  if (right.empty()) return line + '\n';
  if (line.size() + 2 > kHelpColumn) line += '\n' + std::string(kHelpColumn, ' ');
  line.resize(std::max(line.size(), kHelpColumn), ' ');
  return line + wrapped(right, kHelpColumn) + '\n';
}

std::string flag_line(const FlagDescription& flag) {
  const std::vector<std::string> names = flag_names(flag);
  const bool is_short = names.front().size() == 2;
  std::string left = is_short ? "  " : "      ";
  left += fmt::format("{}", fmt::join(names, ", "));
  if (!flag.value.empty()) left += ' ' + flag.value;
  return entry_line(left, flag.help);
}

}  // namespace

std::vector<std::string> flag_names(const FlagDescription& flag) {
  std::vector<std::string> names;
  each_name(flag.names, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

std::string Description::command() const {
  std::string name;
  for (const std::string& word : words_of(usage)) {
    if (is_argument(word)) break;
    name += (name.empty() ? "" : " ") + word;
  }
  return name;
}

std::vector<std::string> Description::arguments() const {
  std::vector<std::string> found;
  for (const std::string& word : words_of(usage)) {
    if (!is_argument(word)) continue;
    std::string bare;
    std::copy_if(word.begin(), word.end(), std::back_inserter(bare),
                 [](char c) { return c != '[' && c != ']'; });
    if (bare != "OPTIONS") found.push_back(bare);
  }
  return found;
}

std::string help_text(const Description& description) {
  std::string text = "Usage: compose " + description.usage + '\n';
  if (!description.summary.empty()) text += '\n' + wrapped(description.summary, 0) + '\n';
  if (!description.flags.empty()) {
    text += "\nOptions:\n";
    for (const FlagDescription& flag : description.flags)
      if (!flag.refused) text += flag_line(flag);
  }
  if (!description.commands.empty()) {
    text += "\nCommands:\n";
    size_t widest = 0;
    for (const CommandEntry& entry : description.commands) widest = std::max(widest, entry.name.size());
    for (const CommandEntry& entry : description.commands) {
      text += fmt::format("  {:<{}}  {}\n", entry.name, widest, wrapped(entry.summary, widest + 4));
    }
  }
  return text;
}

}  // namespace compose::cli
