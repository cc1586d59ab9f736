#pragma once
// The short form of a mount: [source:]target[:options]. A source that starts with '.', '/' or '~' is a bind
// mount, any other the name of a volume. Source: Compose Specification, "volumes, short syntax".
#include <string>

#include "parser/node.h"

namespace parser {

// The long form of the short form in `item`, for the tree. Throws ValueError.
Node parse_mount(const Node& item);

// Throws ValueError unless `word` is a mount propagation of mount(2): private, rprivate, shared, ...
// bind.x-idmap as VolumeMount::idmap. Throws ValueError.
std::string parse_id_map(const Node& value);
void check_propagation(const std::string& word);
// Throws ValueError unless cached, delegated, consistent or default: hints to Docker Desktop that mean
// nothing on Linux.
void check_consistency(const std::string& word);

}  // namespace parser
