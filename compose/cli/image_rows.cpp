#include "compose/cli/image_rows.h"

#include "compose/cli/failure.h"
#include "engine/error.h"
#include "engine/image/platform.h"
#include "engine/image/reference.h"

namespace compose::cli {

std::pair<std::string, std::string> repository_and_tag(const std::string& reference) {
  if (reference.empty()) return {"<none>", "<none>"};
  try {
    const engine::Reference parsed = engine::parse_reference(reference);
    return {parsed.familiar_repository(), parsed.tag.empty() ? "<none>" : parsed.tag};
  } catch (const engine::Error&) {
    return {"<none>", "<none>"};  // an id, or a name that is no reference
  }
}

void check_own_platform(const std::string& platform) {
  if (platform.empty()) return;
  const engine::Platform host = engine::host_platform();
  if (engine::fitness(host, engine::parse_platform(platform)) > 0) return;
  throw CommandError("platform " + platform + " is not supported: the store has images for " +
                     host.to_string() + " only");
}

}  // namespace compose::cli
