#include <string>

#include "compose/cli/commands.h"

int main(int argc, char** argv) {
  const std::string called = argc > 0 ? argv[0] : "";
  return compose::cli::main(called.substr(called.rfind('/') + 1), {argv + (argc > 0 ? 1 : 0), argv + argc});
}
