#pragma once
// Where the sources and the built programs are. Functions, not macros: a path among the compiler's arguments
// would make every test's object another one in each checkout, and no cache could serve two.
#include <string>

namespace places {

std::string source(const std::string& path);   // "tests/golden": relative to the top of the sources
std::string program(const std::string& name);  // "compose": of this build

}  // namespace places
