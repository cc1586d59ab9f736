// The JSON documents of images, of any bytes: each is read or refused with an engine::Error; a configuration
// that was read is written in a form that reads back to the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/error.h"
#include "engine/image/archive_documents.h"
#include "engine/image/config.h"
#include "engine/image/manifest.h"

namespace {

template <typename F>
void read_or_refuse(F read) {
  try {
    read();
  } catch (const engine::Error& error) {
    if (error.kind() != engine::Error::Kind::kInvalid) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_or_refuse([&] {
    const std::string once = engine::to_json(engine::image_config_from_json(text));
    if (engine::to_json(engine::image_config_from_json(once)) != once) std::abort();
  });
  read_or_refuse([&] {
    const engine::ParsedManifest parsed = engine::parse_manifest(text, engine::media::kOciManifest, "fuzz");
    if (parsed.is_index) return;
    const std::string once = engine::manifest_json(parsed.manifest, false);
    if (engine::manifest_json(engine::parse_manifest(once, "", "fuzz").manifest, false) != once) std::abort();
  });
  read_or_refuse([&] { engine::parse_docker_manifest(text, "fuzz"); });
  read_or_refuse([&] { engine::check_layout(text, "fuzz"); });
  return 0;
}
