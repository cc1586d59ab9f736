#include "compose/cli/commands.h"

int main(int argc, char** argv) {
  return compose::cli::main({argv + 1, argv + argc});
}
