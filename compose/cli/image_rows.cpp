#include "compose/cli/image_rows.h"

#include "compose/cli/failure.h"
#include "engine/error.h"
#include "engine/image/oci_documents.h"
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

std::string host_platform() {
  return engine::host_platform().to_string();
}

void check_own_platform(const std::string& platform) {
  if (platform.empty() || platform == host_platform()) return;
  throw CommandError("platform " + platform + " is not supported: the store has images for " +
                     host_platform() + " only");
}

}  // namespace compose::cli
