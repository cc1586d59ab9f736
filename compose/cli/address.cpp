// `compose-full __address SERVER`: what engine/volume/server_address.h asks for.
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/session.h"
#include "engine/error.h"
#include "engine/volume/server_address.h"

namespace compose::cli {

int address_command(Context&, const Words& args) {
  if (args.size() != 1) throw UsageError("__address takes the name of a server");
  try {
    print(engine::server_address(args.front()) + '\n');
    return kExitOk;
  } catch (const engine::Error& error) {
    print(std::string(error.what()) + '\n');
    return kExitError;
  }
}

}  // namespace compose::cli
