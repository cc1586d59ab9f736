#include <malloc.h>

#include <string>
#include <thread>

#include "compose/cli/commands.h"
#include "compose/cli/lean.h"
#include "engine/state/at_exit.h"
#include "sys/prefault.h"

int main(int argc, char** argv) {
#ifdef COMPOSE_LEAN
  compose::cli::lean::begin(argv);
#endif
  // A thread for each step of a plan, and by default eight pools of memory for each processor: each new one
  // has to be given its pages by the kernel, which takes longer than to wait for one that is in use.
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::thread::hardware_concurrency()));
  // For a thousand services it is asked for 25 MB.
  ::mallopt(M_TOP_PAD, 1 << 20);
  sys::prefault(256 << 10, 40 << 10);
  engine::leave_databases_to_exit();
  const std::string called = argc > 0 ? argv[0] : "";
  return compose::cli::main(called.substr(called.rfind('/') + 1), {argv + (argc > 0 ? 1 : 0), argv + argc});
}
