#pragma once
// Splits a command written as one string into words as a shell does, without any shell: blanks separate,
// single quotes keep everything, double quotes keep all but \" \\ \$ \` and backslash-newline, a backslash
// elsewhere keeps the next character. Variables and operators mean nothing. Source: POSIX.1-2017, Shell, 2.2
// Quoting.
#include <string>
#include <vector>

namespace parser {

// Throws ValueError for a quote that is not closed or a backslash at the end.
std::vector<std::string> split_shell_words(const std::string& text);

}  // namespace parser
