#pragma once
// Named build contexts: what FROM and COPY --from mean by a name, before stages and images are looked for.
// Source: Docker's documentation, "Build context", "Named contexts"; Compose Build Specification,
// `additional_contexts`.
#include <map>
#include <string>

namespace engine {

struct NamedContext {
  enum class Kind {
    kFolder,  // `value` is an absolute path, read as the build context is, by its own .dockerignore
    kImage,   // `value` is a reference or an image's id
  };
  Kind kind = Kind::kFolder;
  std::string value;
};

using NamedContexts = std::map<std::string, NamedContext>;

namespace build {

// The one that FROM or --from mean by `name`, or null: names are compared without regard to case, and those
// of images also without the tag "latest" and the default registry.
const NamedContext* find_context(const NamedContexts& contexts, const std::string& name);

}  // namespace build
}  // namespace engine
