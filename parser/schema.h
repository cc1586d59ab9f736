#pragma once
// Checks a document against the Compose Specification (schemas/compose-spec.json): names, types, fixed words.
// A schema library says whether the document is as it should be (schema_judge.h); if so, that was all. If
// not, a walk over the same schema says what is wrong, all of it in one pass, and mends the tree so that
// later stages find no error twice: a misspelled name becomes the name that was meant, what is wrong is taken
// out and its parent marked `damaged`.
//
// It runs on each document before merging: a wrong type is an error even if a later file replaces it, and
// the merge rules can rely on the types. Whether something is missing is known after merging only
// (check_no_empty_values). Whether the engine honours an attribute is no question here.
#include <vector>

#include "parser/node.h"
#include "parser/report.h"

namespace parser {

void check_schema(Node& document, Report& report);

// The walk by itself, over a document that is a map. False: it found nothing wrong.
bool explain_and_mend(Node& document, Report& report);

// On the merged tree: attributes without a value ("ports:" with nothing below).
void check_no_empty_values(Node& document, Report& report);

// What in a document lies outside the file format version 3.x (schemas/compose-v3.json), which docker-compose
// 1.x and `docker stack deploy` read: attributes it has not, and forms that it did not know. A warning each,
// in the order of the file; what lies below is not looked at. The document is one that check_schema has
// passed.
std::vector<Diagnostic> check_version_3(const Node& document);

}  // namespace parser
