// `compose __man DIR`: a manual page for the program and each command (man-pages(7), groff_man(7)). The
// build calls it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compose/cli/arguments.h"
#include "compose/cli/command_tree.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "compose/plan/labels.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

// A line must not begin with a dot or an apostrophe, and a dash is to be the one that is typed.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return !out.empty() && (out[0] == '.' || out[0] == '\'') ? "\\&" + out : out;
}

std::string page_name(const Description& description) {
  std::string name = "compose";
  const std::string command = description.command();
  if (!command.empty()) name += '-' + command;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

// The first sentence, without its full stop, as the line that apropos(1) shows.
std::string in_short(const std::string& summary) {
  const size_t end = std::min({summary.find(". "), summary.find("; "), summary.find(": ")});
  std::string text = summary.substr(0, end);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text.empty() ? "commands of this kind" : text;
}

std::string flag_entry(const FlagDescription& flag) {
  std::string names;
  for (const std::string& name : flag_names(flag))
    names += (names.empty() ? "" : ", ") + ("\\fB" + escaped(name) + "\\fR");
  if (!flag.value.empty()) names += " \\fI" + escaped(flag.value) + "\\fR";
  return ".TP\n" + names + '\n' + escaped(flag.help) +
         (flag.repeatable && flag.help.find("repeatable") == std::string::npos ? " (repeatable)" : "") + '\n';
}

std::string page(const Description& description) {
  const std::string name = page_name(description);
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
  std::string text = fmt::format(".TH \"{}\" 1 \"\" \"compose {}\" \"compose manual\"\n", upper, kVersion);
  text += ".SH NAME\n" + escaped(name) + " \\- " + escaped(in_short(description.summary)) + '\n';
  text += ".SH SYNOPSIS\n\\fBcompose\\fR " + escaped(description.usage) + '\n';
  if (!description.summary.empty()) text += ".SH DESCRIPTION\n" + escaped(description.summary) + '\n';
  if (!description.flags.empty()) {
    text += ".SH OPTIONS\n";
    for (const FlagDescription& flag : description.flags)
      if (!flag.refused) text += flag_entry(flag);
  }
  if (!description.commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const CommandEntry& entry : description.commands)
      text += ".TP\n\\fB" + escaped(entry.name) + "\\fR\n" + escaped(entry.summary) + '\n';
  }
  text += ".SH SEE ALSO\n";
  text += description.usage.starts_with("[OPTIONS]")
              ? "\\fBcompose\\-up\\fR(1), \\fBcompose\\-config\\fR(1)\n"
              : "\\fBcompose\\fR(1)\n";
  return text;
}

}  // namespace

int man_command(Context& context, const Words& args) {
  Arguments arguments("__man DIR", "Write the manual pages into a folder.");
  arguments.positionals(1, 1, "DIR");
  const std::filesystem::path folder = arguments.parse(args).front();
  std::filesystem::create_directories(folder);
  for (const Description& description : describe_all(context))
    sys::write_file_atomic((folder / (page_name(description) + ".1")).string(), page(description));
  return kExitOk;
}

}  // namespace compose::cli
