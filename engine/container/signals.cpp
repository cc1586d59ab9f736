#include "engine/container/runtime.h"
#include "engine/error.h"
#include "sys/signal_name.h"

namespace engine {

int signal_number(const std::string& name) {
  const std::optional<int> number = sys::signal_number(name);
  if (!number) throw Error(Error::Kind::kInvalid, "unknown signal " + name);
  return *number;
}

}  // namespace engine
