#pragma once
// Where `-o PATH` writes to.
#include <string>

namespace compose::cli {

// Writes `text` to what `path` names: a file (made when missing, its mode kept), what a link leads to, a
// device, a pipe. Nothing is put in the place of these. Throws sys::Error.
void write_output(const std::string& path, const std::string& text);

}  // namespace compose::cli
