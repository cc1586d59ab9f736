#include "parser/switches.h"

#include "parser/units.h"

namespace parser {

bool is_switched_on(const StringMap& environment, const char* variable) {
  const auto found = environment.find(variable);
  if (found == environment.end()) return false;
  return found->second == "1" || read_boolean(found->second).value_or(false);
}

}  // namespace parser
