#pragma once
// What variables a service's container gets: its env files in order, then `environment`, bare names from the
// tool's environment. And the labels that stand in files.
#include "parser/draft.h"
#include "parser/report.h"

namespace parser {

// Reads the env files of an active service; missing ones are errors unless `required: false`.
void resolve_environment(ServiceDraft& draft, const StringMap& tool_environment, Report& report);

// The same without touching files, for services that are left out.
void resolve_environment_without_files(ServiceDraft& draft, const StringMap& tool_environment);

// The environment as it is written: no files, no values from outside.
void keep_environment(ServiceDraft& draft);

// The label files of an active service, read the way env files are; later ones win, `labels` wins over all.
void resolve_labels(ServiceDraft& draft, Report& report);

}  // namespace parser
