#pragma once
// Paths of the host in a document: which attributes hold one, and what they become. Relative ones go by the
// folder the document's scope names (the project directory, an included file's own, an extended file's own),
// `~` is $HOME; URLs, git references and image references stay, and so does what is relative to something
// else, as build.dockerfile is to the context. Runs on each canonical document before merging, since
// afterwards nobody knows which file a path came from.
#include <string>
#include <string_view>

#include "parser/node.h"
#include "parser/project.h"
#include "parser/report.h"

namespace parser {

// `environment` gives HOME. `folder` is absolute. A text that starts with a variable is left alone.
void resolve_paths(Node& document, const std::string& folder, const StringMap& environment, Report& report);

// One path: absolute, `~` expanded; what is wrong with it is reported at `node`.
std::string resolve_path(const Node& node, const std::string& where, const std::string& folder,
                         const StringMap& environment, Report& report);

// Lexically absolute and normal: base joined with path, "." and ".." resolved, no slash at the end.
std::string absolute_path(const std::string& path, const std::string& base);

// The folder a file is in.
std::string folder_of(const std::string& path);

// URLs and git references: https://..., oci://..., git@host:..., github.com/...
bool is_remote(std::string_view text);
// Of these, what a registry keeps: oci://...
bool is_oci(std::string_view text);

}  // namespace parser
