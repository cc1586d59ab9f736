#pragma once
// Short forms to long ones, on the tree, so that merging and reading know one form of each attribute:
// environment, labels and the like become maps, `ports` and `volumes` items maps, `build: dir` a map,
// `depends_on` and `networks` lists maps, port ranges one entry a target. A table over path patterns
// (canonical.cpp) says which form applies where; the forms are in canonical_forms.cpp. Needs a tree that went
// through check_schema.
#include "parser/node.h"
#include "parser/path.h"
#include "parser/report.h"

namespace parser {

void make_canonical(Node& document, Report& report);

// The forms. Each keeps the tag (!override) and the place of what it rewrites, and reports what it cannot
// read.
void pairs_to_map(Node& node, const Path& path, Report& report);        // K=V list -> map; bare K: null
void labels_to_map(Node& node, const Path& path, Report& report);       // the same; bare K: empty text
void string_to_list(Node& node, const Path& path, Report& report);      // x -> [x]
void names_to_map(Node& node, const Path& path, Report& report);        // [a] -> {a: {}}
void build_to_map(Node& node, const Path& path, Report& report);        // dir -> {context: dir}
void env_files_to_maps(Node& node, const Path& path, Report& report);   // file -> [{path: file}]
void hosts_to_list(Node& node, const Path& path, Report& report);       // {h: ip} or "h:ip" -> "h=ip"
void ports_to_maps(Node& node, const Path& path, Report& report);       // "8080:80" -> {...}
void mounts_to_maps(Node& node, const Path& path, Report& report);      // "data:/data" -> {...}
void devices_to_maps(Node& node, const Path& path, Report& report);     // "/dev/a:/dev/b:rw" -> {...}
void numbers_to_strings(Node& node, const Path& path, Report& report);  // [80] -> ["80"]
void grants_to_maps(Node& node, const Path& path, Report& report);      // [x] -> [{source: x}]
void gpus_to_list(Node& node, const Path& path, Report& report);        // all -> [{count: all}]
void old_external(Node& node, const Path& path, Report& report);  // external: {name: x} -> external, name

}  // namespace parser
