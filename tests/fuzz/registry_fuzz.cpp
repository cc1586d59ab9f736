// What a registry says, of any bytes: a manifest or index is read or refused, and of a manifest that was read
// the bytes that we would push read the same; a configuration, a challenge and an entry's platform are read
// or refused.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/error.h"
#include "engine/image/config.h"
#include "engine/image/manifest.h"
#include "engine/registry/backoff.h"
#include "engine/registry/challenge.h"

namespace {

using namespace engine;
using namespace engine::registry;

void check_pushed(const Manifest& manifest) {
  const std::string bytes = manifest_json(manifest, is_docker_type(manifest.config.media_type));
  const Manifest again = parse_manifest(bytes, "", "fuzz").manifest;
  if (again.layers.size() != manifest.layers.size() || again.config.digest != manifest.config.digest)
    std::abort();
}

void try_manifest(const std::string& text) {
  try {
    const ParsedManifest parsed = parse_manifest(text, media::kOciManifest, "fuzz");
    if (parsed.is_index) {
      choose(parsed.entries, parse_platform("linux/arm/v7"), "fuzz");
    } else {
      check_pushed(parsed.manifest);
    }
  } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): refused
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_manifest(text);
  try {
    engine::image_config_from_json(text);
  } catch (const engine::Error&) {  // NOLINT(bugprone-empty-catch): refused
  }
  for (const Challenge& challenge : parse_challenges(text))
    if (challenge.scheme.empty()) std::abort();
  retry_after_s(text, 0);
  return 0;
}
