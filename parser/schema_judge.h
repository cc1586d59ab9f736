#pragma once
// Whether a document keeps to schemas/compose-spec.json, decided by a schema library (valijson). It says yes or
// no; what is wrong in the user's words, and the mending, is SchemaCheck's part (schema.cpp).
//
// The schema is read once, when first asked. Two things are different from the file: null is allowed
// everywhere (see node_adapter.h), and patternProperties is not there: that a name begins with "x-" is
// known to the view of its value, which costs no regular expression.
#include <optional>
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
