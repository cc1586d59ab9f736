#pragma once
// Lays one tree over another by the rules of merge_rules.h; !reset takes a value away, !override replaces it
// without merging. Both trees are canonical (make_canonical). Source: Compose Specification, "Merge and
// override".
#include "parser/node.h"
#include "parser/path.h"
#include "parser/report.h"

namespace parser {

// A document over those before it. `base` starts as an empty map: the first document goes through the same
// rules (a list is unique there too). No tag is left.
void merge_document(Node& base, Node over, Report& report);

// The map at `path` by itself: what is reset is gone, and so are the tags.
Node without_tags(Node node, const Path& path, Report& report);

// Puts `base`, which has no tags, below the map `over` that stands at `path` of a document. The tags of
// `over` have their effect on `base` and stay, to have it on earlier documents as well.
void lay_under(Node& over, Node base, const Path& path, Report& report);

}  // namespace parser
