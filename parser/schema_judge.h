#pragma once
// Whether a document keeps to schemas/compose-spec.json, decided by a schema library (valijson). It says yes
// or no; what is wrong in the user's words, and the mending, is SchemaCheck's part (schema.cpp).
//
// The library's constraints are made from specification() and not by the library's reader of JSON Schemas,
// which alone takes longer than a whole command may take to start; a test shows that both come to the same.
// Two things differ from the file, as a document is checked before it is merged: null is allowed everywhere
// (see node_adapter.h), and a name that begins with "x-" is recognised without a regular expression.
#include <string>

#include "parser/node.h"
#include "parser/path.h"

namespace parser {

bool schema_accepts(const Node& document);

// Of a document that is not accepted: the library's own words, and the innermost place that they are about.
struct Refusal {
  const Node* node = nullptr;
  Path path;
  std::string message;
};
Refusal explain_refusal(const Node& document);

}  // namespace parser
