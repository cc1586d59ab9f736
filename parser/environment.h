#pragma once
// What variables a service's container gets: its env files in order, then `environment`, bare names from the
// tool's environment. And the labels that stand in files.
#include "parser/draft.h"
#include "parser/report.h"

namespace parser {

// What becomes of an env or label file that is not there: an error (unless it is `required: false`), or it is
// passed over.
enum class Missing { kError, kPassedOver };

// Reads the env files of an active service.
void resolve_environment(ServiceDraft& draft, const StringMap& tool_environment, Missing missing,
                         Report& report);

// The same without touching files, for services that are left out.
void resolve_environment_without_files(ServiceDraft& draft, const StringMap& tool_environment);

// The environment as it is written: no files, no values from outside.
void keep_environment(ServiceDraft& draft);

// The label files of an active service, read the way env files are; later ones win, `labels` wins over all.
void resolve_labels(ServiceDraft& draft, Missing missing, Report& report);

}  // namespace parser
