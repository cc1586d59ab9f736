#pragma once
// Names of images. Source: the reference grammar of the distribution project; OCI distribution-spec, "Pulling
// manifests", for repository names and tags. Pure.
#include <stdexcept>
#include <string>
#include <string_view>

namespace oci {

struct Reference {
  std::string registry;    // docker.io
  std::string repository;  // library/busybox
  std::string tag;         // latest (default when neither tag nor digest is given)
  std::string digest;      // sha256:...; empty when not pinned
};

// what() is the rule that is broken, without the text itself: "the repository name must be lower case".
class ReferenceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Applies the default registry (docker.io), `library/` and the default tag. Throws ReferenceError; for an
// image id too, which is no reference.
Reference parse_reference(const std::string& text);

// The reference that was most likely meant by a text that is none: lower case, without "https://", without
// blanks and separators at its ends. Empty when none is near.
std::string nearest_reference(std::string_view text);

// 64 hex digits, also after "sha256:": an image by its id.
bool is_image_id(std::string_view text);

}  // namespace oci
