#pragma once
// What variables a service's container gets: its env files in order, then `environment`, bare names from the
// tool's environment; what stays unset is dropped.
#include "parser/draft.h"
#include "parser/report.h"

namespace parser {

// Reads the env files of an active service; missing ones are errors unless `required: false`.
void resolve_environment(ServiceDraft& draft, const StringMap& tool_environment, Report& report);

// The same without touching files, for services that are left out.
void resolve_environment_without_files(ServiceDraft& draft);

}  // namespace parser
