#pragma once
// What a build context names besides a folder of this machine: a Git repository or tarball by URL, an image
// (docker-image://), an OCI layout (oci-layout://), another service's image (service:x).
// Source: Compose Build Specification, `context` and `additional_contexts`.
#include <optional>
#include <string>

namespace parser {

// True for all that is no path of this machine.
bool is_remote_context(const std::string& context);

// The x of "service:x".
std::optional<std::string> service_of_context(const std::string& context);

}  // namespace parser
