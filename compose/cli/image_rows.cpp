#include "compose/cli/image_rows.h"

#include <sys/utsname.h>

#include "engine/error.h"
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
  utsname name{};
  ::uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return "linux/amd64";
  if (machine == "aarch64") return "linux/arm64";
  return "linux/" + machine;
}

}  // namespace compose::cli
