#pragma once
// Short forms to long ones, on the tree, so that merging and reading know one form of each attribute:
//
//   environment, build.args, build.ssh, labels, annotations, sysctls, ... are maps; what has no value is null
//     (environment, args, ssh) or empty text
//   env_file {path}, configs and secrets {source}, devices {source, target, permissions}, ports, volumes,
//     build {context}, extends {service}, include {path: [...]} are maps or lists of maps
//   depends_on {condition, required}, networks, models are maps by name
//   extra_hosts is a list of name=address
//   dns, dns_search, tmpfs, label_file, gpus, watch.ignore are lists
//   options of drivers are strings
//
// A value of `ulimits` stays a number or a map, command and entrypoint a string or a list. A table over path
// patterns (canonical.cpp) says which form applies where; the forms are in canonical_forms.cpp and
// canonical_items.cpp. Needs a tree that went through check_schema. A short form that holds a variable
// (Node::templated) and cannot be read before that is known stays as it is.
#include "parser/node.h"
#include "parser/path.h"
#include "parser/report.h"

namespace parser {

void make_canonical(Node& document, Report& report);

// The forms. Each keeps the tag (!override) and the place of what it rewrites, and reports what it cannot
// read.
using Form = void(Node& node, const Path& path, Report& report);
Form pairs_to_map;         // K=V list -> map; bare K: null
Form labels_to_map;        // the same; bare K: empty text
Form string_to_list;       // x -> [x]
Form names_to_map;         // [a] -> {a: {}}
Form dependencies_to_map;  // [a] -> {a: {condition: service_started, required: true}}
Form names_to_sources;     // [a] -> [{source: a}]
Form extends_to_map;       // a -> {service: a}
Form build_to_map;         // dir -> {context: dir}
Form env_files_to_maps;    // file -> [{path: file}]
Form includes_to_maps;     // [file] -> [{path: [file]}], env_file a list
Form hosts_to_list;        // {h: ip} or "h:ip" -> "h=ip", one entry an address, IPv6 without brackets
Form ports_to_maps;        // "8080:80" -> {...}, port ranges one entry a target
Form mounts_to_maps;       // "data:/data" -> {...}
Form devices_to_maps;      // "/dev/a:/dev/b:rw" -> {source, target, permissions}
Form gpus_to_list;         // all -> [{count: all}]
Form numbers_to_strings;   // 80 -> "80", in a list or map
Form old_external;         // external: {name: x} -> external, name

// The node that takes the place of `node`: as a whole it still is what the file says there.
Node in_place_of(const Node& node, Node::Kind kind);

}  // namespace parser
