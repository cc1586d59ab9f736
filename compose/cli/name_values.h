#pragma once
// Flags that give NAME=VALUE.
#include <map>
#include <string>
#include <vector>

namespace compose::cli {

// Of a name given twice the last counts; NAME alone has an empty value. Throws CommandError, naming `flag`,
// for what is none, and for NAME alone with `need_value`.
std::map<std::string, std::string> name_values(const std::string& flag, const std::vector<std::string>& given,
                                               bool need_value);

}  // namespace compose::cli
