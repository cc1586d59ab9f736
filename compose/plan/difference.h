#pragma once
// How two canonical descriptions (describe.h) differ, for reasons that people read.
#include <string>
#include <vector>

namespace compose {

// One entry an attribute: "environment.DEBUG '0' -> '1'", "user added: '1000'", "environment.TOKEN changed".
// What is or may be a secret is told without its value: reasons end up in logs of build machines. Empty when
// they are equal, or one of them is no description.
std::vector<std::string> differences(const std::string& before_json, const std::string& after_json);

}  // namespace compose
