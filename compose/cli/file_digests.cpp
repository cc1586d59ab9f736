#include "compose/cli/file_digests.h"

#include "compose/cli/failure.h"
#include "engine/image/digest.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

void note(parser::FileObject& object, const std::string& kind, bool needed) {
  if (object.file.empty() || !object.digest.empty()) return;
  try {
    object.digest = engine::sha256_hex(sys::read_file(object.file));
  } catch (const sys::Error& error) {
    if (needed)
      throw CommandError(kind + " \"" + object.key + "\": its file cannot be read: " + error.what());
  }
}

}  // namespace

void note_file_digests(parser::Project& project, const std::set<std::string>& needed) {
  for (const auto& [name, service] : project.services) {
    const bool wanted = needed.count(name) != 0;
    const auto each = [&](const auto& grants, auto& objects, const char* kind) {
      for (const parser::FileGrant& grant : grants) {
        const auto object = objects.find(grant.source);
        if (object != objects.end()) note(object->second, kind, wanted);
      }
    };
    each(service.configs, project.configs, "config");
    each(service.secrets, project.secrets, "secret");
  }
}

}  // namespace compose::cli
