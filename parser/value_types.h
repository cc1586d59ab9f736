#pragma once
// What the parts of a Project are made of.
#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace parser {

using Duration = std::chrono::nanoseconds;
using StringMap = std::map<std::string, std::string>;
// A name without a value is taken from the environment, or stands for "unset" where that has nothing.
using OptionalMap = std::map<std::string, std::optional<std::string>>;
// The x-* attributes of a map: name -> value as JSON text. They mean nothing here and are kept for `config`.
using Extensions = std::map<std::string, std::string>;

}  // namespace parser
