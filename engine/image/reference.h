#pragma once
// Names of images. Source: distribution reference grammar.
#include <string>

namespace engine {

struct Reference {
  std::string registry;    // docker.io
  std::string repository;  // library/busybox
  std::string tag;         // latest (default when neither tag nor digest is given)
  std::string digest;      // sha256:...; empty when not pinned

  std::string to_string() const;            // docker.io/library/busybox:latest
  std::string familiar() const;             // busybox:latest
  std::string familiar_repository() const;  // busybox
};

// Applies the default registry (docker.io), `library/` and the default tag. Throws engine::Error(kInvalid)
// with the rule that is broken (upper case, bad characters, ...).
Reference parse_reference(const std::string& text);

}  // namespace engine
