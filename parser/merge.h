#pragma once
// Lays one document over another, by rules keyed on path patterns (merge.cpp): maps merge by key, lists
// append and become unique by what identifies an item, some attributes are replaced whole; !reset takes a
// value away, !override replaces it without merging. Both trees are canonical (make_canonical). Source:
// Compose Specification, "Merge and override".
#include "parser/node.h"
#include "parser/report.h"

namespace parser {

// `base` starts as an empty map: the first document goes through the same rules (a list is unique there too).
void merge_document(Node& base, Node over, Report& report);

}  // namespace parser
