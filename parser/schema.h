#pragma once
// Checks a document against the table of the Compose Specification: names, types, fixed words. All errors are
// found in one pass and the tree is mended so that later stages find no error twice: a misspelled name
// becomes the name that was meant, what is wrong is taken out and its parent marked `damaged`.
//
// It runs on each document before merging: a wrong type is an error even if a later file replaces it, and
// the merge rules can rely on the types. Whether something is missing is known after merging only
// (check_no_empty_values).
#include "parser/node.h"
#include "parser/report.h"

namespace parser {

void check_schema(Node& document, Report& report);

// On the merged tree: attributes without a value ("ports:" with nothing below).
void check_no_empty_values(Node& document, Report& report);

}  // namespace parser
