#pragma once
// An item of `security_opt`.
#include <optional>
#include <string>

namespace parser {

// Where the file's name begins in "seccomp=FILE" and "seccomp:FILE"; nothing for "seccomp=unconfined" and
// "seccomp=builtin", which name none, and for every other option.
std::optional<size_t> seccomp_file_at(const std::string& option);

}  // namespace parser
