#include "engine/image/reference.h"

#include <string_view>

#include "engine/error.h"
#include "oci/reference.h"

namespace engine {

namespace {
constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kOfficial = "library/";
}  // namespace

std::string Reference::to_string() const {
  std::string text = registry + '/' + repository;
  if (!tag.empty()) text += ':' + tag;
  if (!digest.empty()) text += '@' + digest;
  return text;
}

std::string Reference::familiar_repository() const {
  if (registry != kDefaultRegistry) return registry + '/' + repository;
  const bool official = repository.compare(0, kOfficial.size(), kOfficial) == 0 &&
                        repository.find('/', kOfficial.size()) == std::string::npos;
  return official ? repository.substr(kOfficial.size()) : repository;
}

std::string Reference::familiar() const {
  std::string text = familiar_repository();
  if (!tag.empty()) text += ':' + tag;
  if (!digest.empty()) text += '@' + digest;
  return text;
}

Reference parse_reference(const std::string& text) {
  try {
    oci::Reference reference = oci::parse_reference(text);
    return {std::move(reference.registry), std::move(reference.repository), std::move(reference.tag),
            std::move(reference.digest)};
  } catch (const oci::ReferenceError& error) {
    const std::string name = text.empty() ? "" : " \"" + text + "\"";
    throw Error(Error::Kind::kInvalid, "image reference" + name + ": " + error.what());
  }
}

}  // namespace engine
