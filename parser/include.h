#pragma once
// `include`: other projects whose services, networks, volumes, configs, secrets and models become part of
// this one. Each is loaded as a project of its own, with its folder for relative paths and its .env below the
// variables of the project that includes it. What both define merges, the including document on top, with a
// warning. Source: Compose Specification, "Include".
#include <vector>

#include "parser/documents.h"

namespace parser {

// Takes `include` out of a prepared document and puts what it brings under the rest. `ancestors`: the files
// that led here, this document's own last.
void apply_includes(Node& document, const Scope& scope, const std::vector<InputFile>& ancestors,
                    Documents& documents);

}  // namespace parser
